// Command sweep finds what was left undone, every few minutes.
package main

import "hubmend/internal/engine/lambdas/sweep"

func main() { sweep.Start() }
