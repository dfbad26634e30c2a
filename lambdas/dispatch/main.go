// Command dispatch starts repairs for the findings that the findings queue brings.
package main

import "hubmend/internal/engine/lambdas/dispatch"

func main() { dispatch.Start() }
