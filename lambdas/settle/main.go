// Command settle tells findings how the executions ended that the outcomes queue reports.
package main

import "hubmend/internal/engine/lambdas/settle"

func main() { settle.Start() }
