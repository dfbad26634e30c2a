package lab

import (
	"context"
	"fmt"
	"strings"

	"hubmend/internal/policy"
)

// asyncAttempts is how often Lambda tries an asynchronous invocation, if nobody says
// otherwise. The lab does not wait in between; Lambda waits one minute, then two.
const asyncAttempts = 3

// invokeAsync does what an asynchronous invocation by a service does: it asks whether the
// service may, and tries again when the function fails.
func (f *functions) invokeAsync(at place, name string, who policy.Request, payload []byte) error {
	if err := f.mayInvoke(at, name, who); err != nil {
		return err
	}
	var err error
	for attempt := range asyncAttempts {
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
	permissions := f.permissions[functionID{at, name}]
	f.mu.Unlock()
	for _, p := range permissions {
		if ok, err := p.Allows(who); err != nil || ok {
			return err
		}
	}
	return fmt.Errorf("no permission of function %s allows %s from %s", name, who.Service, who.Context["aws:SourceArn"])
}

// createPermission keeps the statement that Lambda adds to the policy of a function.
func createPermission(_ context.Context, s *stack, p properties) (created, error) {
	name := p.text("FunctionName")
	name = name[strings.LastIndex(name, ":")+1:]
	statement := map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"Service": p.text("Principal")},
		"Action": p.text("Action"), "Resource": s.arn("lambda", "function:"+name),
	}
	if source := p.text("SourceArn"); source != "" {
		statement["Condition"] = map[string]any{"ArnLike": map[string]any{"aws:SourceArn": source}}
	}
	d, err := policy.Parse(map[string]any{"Statement": []any{statement}})
	if err != nil {
		return created{}, err
	}
	id := functionID{s.at, name}
	s.lab.functions.mu.Lock()
	defer s.lab.functions.mu.Unlock()
	if s.lab.functions.byName[id] == nil {
		return created{}, fmt.Errorf("there is no function %s", name)
	}
	s.lab.functions.permissions[id] = append(s.lab.functions.permissions[id], d)
	return created{ref: p.logicalID}, nil
}
