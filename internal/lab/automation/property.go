package automation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"hubmend/internal/aws/jsonpath"
)

// waitLimit is the documented default timeout of aws:waitForAwsResourceProperty. How often
// the service polls is not documented; pollInterval is ours.
const (
	waitLimit    = time.Hour
	pollInterval = time.Second
)

// property is what an assert or wait step looks at.
type property struct {
	selector *jsonpath.Path
	desired  []string
}

func (a attempt) property() (property, error) {
	selector, err := a.textInput("PropertySelector")
	if err != nil {
		return property{}, err
	}
	path, err := jsonpath.CompileSelector(selector)
	if err != nil {
		return property{}, err
	}
	// A Boolean is compared as "True" or "False". A bare true in the list
	// is refused, because its meaning is not documented.
	desired, err := conform("StringList", a.inputs["DesiredValues"])
	if err != nil || len(desired.([]any)) == 0 {
		return property{}, fmt.Errorf(
			`input DesiredValues must be a list of texts and must not be empty (a Boolean is "True" or "False")`)
	}
	return property{selector: path, desired: texts(desired)}, nil
}

// mismatch says in words how a response differs from what is desired; empty when it does not.
func (p property) mismatch(api string, response map[string]any) string {
	value, ok := p.selector.Select(response)
	found := "nothing"
	if ok && value != nil {
		found = propertyText(value)
		if slices.Contains(p.desired, found) {
			return ""
		}
	}
	return fmt.Sprintf("%s of %s is %s, but must be %s", p.selector, api, found, strings.Join(p.desired, " or "))
}

// propertyText is a value in the form in which it is compared. A list or a map is JSON,
// so that it equals nothing that an author would write by accident.
func propertyText(value any) string {
	switch value {
	case true:
		return "True"
	case false:
		return "False"
	}
	return text(normal(value))
}

// check makes the call once and gives how its response differs from what is desired.
func (r *run) check(ctx context.Context, a attempt, p property) (result, string, error) {
	response, err := r.call(ctx, a)
	if err != nil {
		return result{}, "", err
	}
	return result{response: response}, p.mismatch(text(a.inputs["Api"]), response), nil
}

// assertProperty runs aws:assertAwsResourceProperty: one call, which must match.
func (r *run) assertProperty(ctx context.Context, a attempt) (result, error) {
	p, err := a.property()
	if err != nil {
		return result{}, err
	}
	res, mismatch, err := r.check(ctx, a, p)
	if err == nil && mismatch != "" {
		err = &failure{status: Failed, kind: VerificationFailure, stage: executing, reason: mismatch}
	}
	return res, err
}

// waitForProperty runs aws:waitForAwsResourceProperty: it polls until the response
// matches. A call that fails ends the wait.
func (r *run) waitForProperty(ctx context.Context, a attempt) (result, error) {
	p, err := a.property()
	if err != nil {
		return result{}, err
	}
	for {
		res, mismatch, err := r.check(ctx, a, p)
		if err != nil || mismatch == "" {
			return res, err
		}
		err = r.sleep(ctx, a.until, pollInterval)
		if err == nil {
			continue
		}
		f := *asFailure(err)
		if f.status == TimedOut {
			f.kind, f.reason = VerificationFailure, f.reason+": "+mismatch
		}
		return res, &f
	}
}
