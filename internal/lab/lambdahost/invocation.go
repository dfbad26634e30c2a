package lambdahost

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// unhandled is the only FunctionError that Lambda reports for a custom runtime.
const unhandled = "Unhandled"

// invocation is one request to the function.
type invocation struct {
	id       string
	trace    string
	payload  []byte
	deadline time.Time
}

func newInvocation(payload []byte) *invocation {
	trace := strings.ReplaceAll(uuid.NewString(), "-", "")
	return &invocation{
		id:      uuid.NewString(),
		trace:   fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", time.Now().Unix(), trace[:24], trace[16:]),
		payload: payload,
	}
}

// answer is the outcome of an invocation.
type answer struct {
	payload       []byte
	functionError string
}

// failed describes an error as Lambda does.
func failed(code, message string) *answer {
	description := struct {
		Type    string `json:"errorType,omitempty"`
		Message string `json:"errorMessage"`
	}{code, message}
	payload, _ := json.Marshal(description) // two strings always encode
	return &answer{payload: payload, functionError: unhandled}
}

// crash describes a process that ended before it answered.
func crash(inv *invocation, err error) *answer {
	if err == nil {
		return failed("Runtime.ExitError",
			fmt.Sprintf("RequestId: %s Error: Runtime exited without providing a reason", inv.id))
	}
	return failed("Runtime.ExitError", fmt.Sprintf("RequestId: %s Error: Runtime exited with error: %v", inv.id, err))
}

// timeout describes a process that did not answer in time.
func timeout(inv *invocation, limit time.Duration, now time.Time) *answer {
	when := now.UTC().Format("2006-01-02T15:04:05.000Z")
	return failed("", fmt.Sprintf("%s %s Task timed out after %.2f seconds", when, inv.id, limit.Seconds()))
}
