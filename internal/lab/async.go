package lab

import (
	"fmt"
	"maps"
	"slices"

	"hubmend/internal/aws/policy"
)

// asyncAttempts is how often Lambda tries an asynchronous invocation, if nobody says
// otherwise. The lab does not wait in between; Lambda waits one minute, then two.
const asyncAttempts = 3

// invokeAsync does what an asynchronous invocation by a service does: it asks whether the
// service may, and tries.
func (f *functions) invokeAsync(at place, name string, who policy.Request, payload []byte) error {
	if err := f.mayInvoke(at, name, who); err != nil {
		return err
	}
	return f.try(at, name, payload)
}

// try invokes a function, and again when it fails.
func (f *functions) try(at place, name string, payload []byte) error {
	f.mu.Lock()
	attempts, limited := f.attempts[functionID{at, name}]
	f.mu.Unlock()
	if !limited {
		attempts = asyncAttempts
	}
	var err error
	for attempt := range attempts {
		if attempt > 0 {
			f.lab.story.tell(KindFunction, at.account, at.region, "%s failed and is invoked again", name)
		}
		if _, err = f.invoke(f.lab.ctx, at, name, payload); err == nil || f.lab.ctx.Err() != nil {
			return nil
		}
	}
	return err
}

// mayInvoke demands what an AWS::Lambda::Permission gives.
func (f *functions) mayInvoke(at place, name string, who policy.Request) error {
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
