package catalog

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"hubmend/internal/engine/control"
)

// These types are in package control, because Lambda functions import it and must not import this package.
type (
	Control  = control.Control
	Scope    = control.Scope
	Resource = control.Resource
)

// The two scopes.
const (
	Regional    = control.Regional
	GlobalScope = control.Global
)

// ErrMismatch is returned for a finding whose resource does not match its control.
var ErrMismatch = control.ErrMismatch

var (
	controlID     = regexp.MustCompile(`^[A-Za-z0-9]+\.\d+$`)
	frameworkName = regexp.MustCompile(`^[a-z0-9-]+/v/[0-9.]+$`)
	frameworkRule = regexp.MustCompile(`^[A-Za-z0-9.-]+(, [A-Za-z0-9.-]+)*$`)
)

// longestLag is the interval at which Security Hub also checks unchanged resources. With older data, there would be no
// check to wait for.
const longestLag = 24 * time.Hour

// checkControl checks a control on its own, without the rest of the catalog.
func checkControl(c Control, stem string) error {
	var errs []error
	demand := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	demand(controlID.MatchString(c.ID), "id %q is not <Service>.<number>", c.ID)
	demand(c.ID == stem, "id %q differs from the file's name", c.ID)
	demand(c.Title != "", "title is missing")
	demand(len(c.Frameworks) > 0, "frameworks is empty")
	for standard, numbers := range c.Frameworks {
		demand(frameworkName.MatchString(standard) && frameworkRule.MatchString(numbers),
			"framework %q: %q is not <standard>/v/<version>: <number>", standard, numbers)
	}
	if c.Guide != "" {
		demand(strings.HasSuffix(c.Guide, "."), "guide must be sentences that say what a person does")
		rest := c
		rest.ID, rest.Title, rest.Frameworks, rest.Guide = "", "", nil, ""
		demand(reflect.ValueOf(rest).IsZero(),
			"a control with a guide has only an id, a title and frameworks beside it")
		return errors.Join(errs...)
	}
	demand(c.Approval == "" || strings.HasSuffix(c.Approval, "."),
		"approval must be a sentence that says why a person decides about each repair")
	demand(strings.HasSuffix(c.Repair, "."), "repair must be a sentence that says what is true afterwards")
	demand(c.Scope == Regional || c.Scope == GlobalScope, "scope %q is neither regional nor global", c.Scope)
	demand(c.Resource.Type != "" && c.Resource.ID != "", "resource needs a type and an id")
	demand(c.EvidenceLag >= 0 && c.EvidenceLag <= longestLag,
		"evidenceLag %s is not from 0 to %s, which is how often every control is checked", c.EvidenceLag, longestLag)
	demand(slices.Contains(risks, c.Risk), "risk %q is not low, medium or high", c.Risk)
	demand(c.RiskReason != "", "riskReason is missing")
	demand(c.Reversible == (c.Irreversible == ""), "a control is reversible, or says in irreversible why not")
	return errors.Join(errs...)
}
