package lambda

import (
	"fmt"
	"sync"

	"hubmend/internal/lab/apicall"
)

// executionRole is what Lambda itself does under a function's role: it writes the
// function's log, and it works off the function's queue.
type executionRole struct {
	caller   apicall.Caller
	region   string
	logGroup string
}

// executionRoles have a lock of their own, because a function that is being ended still logs.
type executionRoles struct {
	mu sync.Mutex
	of map[functionID]executionRole
}

func (r *executionRoles) set(id functionID, role executionRole) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[functionID]executionRole{}
	}
	r.of[id] = role
}

func (r *executionRoles) get(id functionID) executionRole {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of[id]
}

// permit asks whether Lambda may make a call under the role of a function.
func (f *Functions) permit(id functionID, service, api string, input map[string]any) error {
	role := f.roles.get(id)
	return f.authority.Permit(role.caller, role.region, service, api, input)
}

// mayLog says whether what a function writes gets into its log. As in AWS, nobody is told
// when it does not.
func (f *Functions) mayLog(id functionID) bool {
	stream := map[string]any{"logGroupName": f.roles.get(id).logGroup, "logStreamName": "new"}
	return f.permit(id, "logs", "CreateLogStream", stream) == nil && f.permit(id, "logs", "PutLogEvents", stream) == nil
}

// mayPoll demands what Lambda does of the role of a function that gets a queue.
func (f *Functions) mayPoll(id functionID, queueURL string) error {
	for _, api := range []string{"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"} {
		if err := f.permit(id, "sqs", api, map[string]any{"QueueUrl": queueURL}); err != nil {
			return fmt.Errorf("the function execution role does not have permissions to call %s on SQS: %w", api, err)
		}
	}
	return nil
}
