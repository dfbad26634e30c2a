// Command custom-action is the provider of Security Hub custom actions for
// CloudFormation stacks.
package main

import "hubmend/internal/engine/lambdas/customaction"

func main() { customaction.Start() }
