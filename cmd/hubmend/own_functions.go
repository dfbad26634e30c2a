package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"hubmend/internal/engine/lambdas/customaction"
	"hubmend/internal/engine/lambdas/dispatch"
	"hubmend/internal/engine/lambdas/settle"
	"hubmend/internal/engine/lambdas/sweep"
	"hubmend/internal/engine/naming"
)

// lambdas are the Lambda functions, by their folders. A lab outside a checkout has no Go to compile them, so this
// program is each of them, too.
var lambdas = map[string]func(){
	"custom-action": customaction.Start, "dispatch": dispatch.Start, "settle": settle.Start, "sweep": sweep.Start,
}

// asLambda gives the function that this process is to be, by the variables that Lambda sets, or nil.
func asLambda() func() {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		return nil
	}
	return lambdas[strings.TrimPrefix(os.Getenv("AWS_LAMBDA_FUNCTION_NAME"), naming.Prefix)]
}

// ownFunctions gives this program for every function.
func ownFunctions() (func(ctx context.Context, name string) (string, error), error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	return func(_ context.Context, name string) (string, error) {
		if lambdas[name] == nil {
			return "", fmt.Errorf("hubmend has no function %q", name)
		}
		return self, nil
	}, nil
}
