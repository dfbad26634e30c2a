package catalog

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Control is a Security Hub control and how Hubmend repairs it.
type Control struct {
	ID     string `yaml:"id"`     // EC2.13
	Title  string `yaml:"title"`  // as Security Hub words it
	Repair string `yaml:"repair"` // what is true afterwards, one sentence

	Runbook  string   `yaml:"runbook"`
	Scope    Scope    `yaml:"scope"`
	Resource Resource `yaml:"resource"`
	// Parameters give each of the runbook's parameters but the role a value, in which
	// {Name} stands for a part of the resource's id. A list is a set: two repairs of one
	// resource that arrive together are joined into one.
	Parameters map[string]any `yaml:"parameters"`

	// Frameworks maps a standard, as findings spell it, to its number for this control.
	Frameworks map[string]string `yaml:"frameworks"`

	Risk       string `yaml:"risk"` // low, medium, high
	RiskReason string `yaml:"riskReason"`
	Reversible bool   `yaml:"reversible"`
	// Irreversible says why, for a control that is not reversible.
	Irreversible string `yaml:"irreversible"`
}

// Scope tells how often a resource exists.
type Scope string

// The two scopes.
const (
	Regional    Scope = "regional"
	GlobalScope Scope = "global" // once per account, so its findings repeat in every Region
)

var (
	controlID     = regexp.MustCompile(`^[A-Za-z0-9]+\.\d+$`)
	frameworkName = regexp.MustCompile(`^[a-z0-9-]+/v/[0-9.]+$`)
	frameworkRule = regexp.MustCompile(`^[A-Za-z0-9.-]+$`)
)

func parseControl(stem string, text []byte) (Control, error) {
	var c Control
	if err := decodeStrictly(text, &c); err != nil {
		return Control{}, err
	}
	var err error
	c.Resource.pattern, err = c.Resource.compile()
	return c, errors.Join(err, c.check(stem))
}

// check demands what one file can tell by itself.
func (c Control) check(stem string) error {
	var errs []error
	demand := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	demand(controlID.MatchString(c.ID), "id %q is not <Service>.<number>", c.ID)
	demand(c.ID == stem, "id %q differs from the file's name", c.ID)
	demand(c.Title != "", "title is missing")
	demand(strings.HasSuffix(c.Repair, "."), "repair must be a sentence that says what is true afterwards")
	demand(c.Scope == Regional || c.Scope == GlobalScope, "scope %q is neither regional nor global", c.Scope)
	demand(c.Resource.Type != "" && c.Resource.ID != "", "resource needs a type and an id")
	demand(len(c.Frameworks) > 0, "frameworks is empty")
	for standard, rule := range c.Frameworks {
		demand(frameworkName.MatchString(standard) && frameworkRule.MatchString(rule), "framework %q: %q is not <standard>/v/<version>: <number>", standard, rule)
	}
	demand(slices.Contains(risks, c.Risk), "risk %q is not low, medium or high", c.Risk)
	demand(c.RiskReason != "", "riskReason is missing")
	demand(c.Reversible == (c.Irreversible == ""), "a control is reversible, or says in irreversible why not")
	return errors.Join(errs...)
}
