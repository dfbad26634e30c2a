package lambda

import (
	"fmt"
	"sync"

	"hubmend/internal/lab/apicall"
)

// executionRole is the role under which Lambda itself writes the log of a function and polls its queue.
type executionRole struct {
	caller   apicall.Caller
	region   string
	logGroup string
}

// executionRoles have their own lock, because a function still logs while it is closed.
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

// permit checks that Lambda may make a call under the role of a function.
func (f *Functions) permit(id functionID, service, api string, input map[string]any) error {
	role := f.roles.get(id)
	return f.authority.Permit(role.caller, role.region, service, api, input)
}

// mayLog reports whether the role allows a function to log. As in AWS, missing permissions cause no error.
func (f *Functions) mayLog(id functionID) bool {
	stream := map[string]any{"logGroupName": f.roles.get(id).logGroup, "logStreamName": "new"}
	return f.permit(id, "logs", "CreateLogStream", stream) == nil && f.permit(id, "logs", "PutLogEvents", stream) == nil
}

// mayPoll checks what Lambda checks of the role of a function with a queue.
func (f *Functions) mayPoll(id functionID, queueURL string) error {
	for _, api := range []string{"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"} {
		if err := f.permit(id, "sqs", api, map[string]any{"QueueUrl": queueURL}); err != nil {
			return fmt.Errorf("the function execution role does not have permissions to call %s on SQS: %w", api, err)
		}
	}
	return nil
}
