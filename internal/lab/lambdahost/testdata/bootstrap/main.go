// The function that the tests run: its payload says what it does, and the variable START
// what goes wrong before it asks for its first invocation.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type request struct {
	Do   string
	Text string
}

var invocations int

func main() {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime"
	switch os.Getenv("START") {
	case "exit":
		fmt.Print("no end of line")
		os.Exit(3)
	case "sleep":
		time.Sleep(time.Hour)
	case "error":
		resp, err := http.Post(base+"/init/error", "application/json",
			strings.NewReader(`{"errorType":"Config","errorMessage":"no table"}`))
		if err != nil {
			panic(err)
		}
		fmt.Println(resp.Status)
		os.Exit(1)
	case "rogue":
		rogue(base)
	}
	lambda.Start(handle)
}

func handle(ctx context.Context, r request) (any, error) {
	invocations++
	switch r.Do {
	case "echo":
		fmt.Println("out", r.Text)
		fmt.Fprintln(os.Stderr, "err", r.Text)
		return r.Text, nil
	case "error":
		return nil, errors.New(r.Text)
	case "panic":
		panic(r.Text)
	case "exit":
		os.Exit(1)
	case "end":
		os.Exit(0)
	case "sleep":
		fmt.Println("asleep")
		time.Sleep(time.Hour)
	case "nap":
		time.Sleep(20 * time.Millisecond)
		return os.Getpid(), nil
	case "environ":
		return os.Environ(), nil
	case "large":
		return strings.Repeat("x", 7<<20), nil
	case "context":
		lc, _ := lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		return map[string]any{
			"id": lc.AwsRequestID, "arn": lc.InvokedFunctionArn, "left": time.Until(deadline).Seconds(),
			"trace": ctx.Value("x-amzn-trace-id"), "name": lambdacontext.FunctionName, "count": invocations,
		}, nil
	}
	return nil, fmt.Errorf("unknown order %q", r.Do)
}

// rogue breaks the protocol in each way, and answers with the status codes that it got.
func rogue(base string) {
	var got []string
	post := func(path string) {
		resp, err := http.Post(base+path, "application/json", strings.NewReader(fmt.Sprintf("%q", got)))
		if err != nil {
			panic(err)
		}
		got = append(got, fmt.Sprint(path[strings.LastIndex(path, "/")+1:], " ", resp.StatusCode))
	}
	next := func() string {
		resp, err := http.Get(base + "/invocation/next")
		if err != nil {
			os.Exit(0)
		}
		got = append(got, fmt.Sprint("next ", resp.StatusCode))
		return resp.Header.Get("Lambda-Runtime-Aws-Request-Id")
	}
	post("/invocation/early/response")
	id := next()
	post("/init/error")
	post("/invocation/wrong/response")
	next()
	post("/invocation/" + id + "/response")
	post("/invocation/" + id + "/error")
	fmt.Println(strings.Join(got, ", "))
	next()
}
