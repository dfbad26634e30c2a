// Package postcondition says of a resource whether a control passes, as Security Hub
// would: written from the control's definition, and knowing nothing of runbooks.
//
// It is what keeps the lab honest. A runbook that verifies the wrong thing ends with
// Success; a scenario in which its finding is RESOLVED then fails here.
package postcondition

import (
	"context"
	"strings"

	"hubmend/internal/lab"
	"hubmend/internal/lab/scenario"
)

// The verdicts of Security Hub.
const (
	Passed = "PASSED"
	Failed = "FAILED"
)

// reader reads the resource of one finding with the lab's own credentials.
type reader struct {
	ctx             context.Context
	lab             *lab.Lab
	account, region string
	resource        string // the finding's Resources[0].Id
}

// controls are the checks by control.
var controls = map[string]func(reader) (bool, error){}

// Check implements scenario.Checker.
func Check(ctx context.Context, l *lab.Lab, control string, at scenario.Finding) (string, error) {
	check := controls[control]
	if check == nil {
		return "", nil
	}
	ok, err := check(reader{ctx: ctx, lab: l, account: at.Account, region: at.Region, resource: at.Resource})
	if err != nil {
		return "", nil //nolint:nilerr // a resource that cannot be read neither passes nor fails, as in Security Hub
	}
	if ok {
		return Passed, nil
	}
	return Failed, nil
}

// call makes a call in the finding's account and Region.
func (r reader) call(service, api string, input map[string]any) (map[string]any, error) {
	return r.lab.Call(r.ctx, lab.Call{Account: r.account, Region: r.region, Service: service, API: api, Input: input})
}

// name is the last part of the resource's id.
func (r reader) name() string { return r.resource[strings.LastIndexAny(r.resource, "/:")+1:] }

// list returns a list in a decoded answer, empty when it is absent.
func list(answer map[string]any, name string) []map[string]any {
	items, _ := answer[name].([]any)
	var all []map[string]any
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}
