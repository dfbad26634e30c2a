package lambda

import (
	"fmt"
	"maps"
	"slices"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/story"
)

// asyncAttempts is the default number of attempts of an asynchronous invocation. Lambda waits one minute before the
// second and two before the third; the lab does not wait.
const asyncAttempts = 3

// InvokeAsync invokes a function asynchronously for a service, if the policy of the function allows it.
func (f *Functions) InvokeAsync(at apicall.Place, name string, who policy.Request, payload []byte) error {
	if err := f.mayInvoke(at, name, who); err != nil {
		return err
	}
	return f.Try(at, name, payload)
}

// Try invokes a function, and retries when it fails.
func (f *Functions) Try(at apicall.Place, name string, payload []byte) error {
	f.mu.Lock()
	attempts, limited := f.attempts[functionID{at, name}]
	f.mu.Unlock()
	if !limited {
		attempts = asyncAttempts
	}
	var err error
	for attempt := range attempts {
		if attempt > 0 {
			f.lab.Story.Tell(story.KindFunction, at.Account, at.Region, "%s failed and is invoked again", name)
		}
		if _, err = f.invoke(f.lab.Context, at, name, payload); err == nil || f.lab.Context.Err() != nil {
			return nil
		}
	}
	return err
}

// mayInvoke checks the permissions of the function.
func (f *Functions) mayInvoke(at apicall.Place, name string, who policy.Request) error {
	f.mu.Lock()
	permissions := slices.Collect(maps.Values(f.permissions[functionID{at, name}]))
	f.mu.Unlock()
	for _, p := range permissions {
		if ok, err := p.Allows(who); err != nil || ok {
			return err
		}
	}
	return fmt.Errorf("no permission of function %s allows %s from %s", name, who.Service, who.Context["aws:SourceArn"])
}
