package lambda

import (
	"fmt"
	"maps"
	"slices"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/story"
)

// asyncAttempts is how often Lambda tries an asynchronous invocation, if nobody says
// otherwise. The lab does not wait in between; Lambda waits one minute, then two.
const asyncAttempts = 3

// InvokeAsync does what an asynchronous invocation by a service does: it asks whether the
// service may, and tries.
func (f *Functions) InvokeAsync(at apicall.Place, name string, who policy.Request, payload []byte) error {
	if err := f.mayInvoke(at, name, who); err != nil {
		return err
	}
	return f.Try(at, name, payload)
}

// Try invokes a function, and again when it fails.
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

// mayInvoke demands what an AWS::Lambda::Permission gives.
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
