package catalog

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"hubmend/internal/finding"
	"hubmend/internal/runbook"
	"hubmend/internal/target"
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

// Resource says which resources a control is about.
type Resource struct {
	Type string `yaml:"type"` // Resources[0].Type
	// ID is the form of Resources[0].Id. {partition}, {region} and {account} must be the
	// finding's own; any other {Name} captures what stands there, up to the next / or :.
	// {Name+} captures slashes too.
	ID string `yaml:"id"`
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
	placeholder   = regexp.MustCompile(`\{([A-Za-z]+)(\+?)\}`)
	frameworkName = regexp.MustCompile(`^[a-z0-9-]+/v/[0-9.]+$`)
	frameworkRule = regexp.MustCompile(`^[A-Za-z0-9.-]+$`)
)

// Mismatch is the error of a finding whose resource is not one that its control is about.
var ErrMismatch = errors.New("the finding's resource does not fit its control")

// Bind says what a finding of this control asks for: the target of the repair and the
// parameters of its runbook. Its error is an ErrMismatch with the reason.
func (c Control) Bind(f finding.Finding) (target.Target, target.Parameters, error) {
	if f.ResourceType != c.Resource.Type {
		return target.Target{}, nil, fmt.Errorf("%w: %s repairs a %s, the resource is a %q", ErrMismatch, c.ID, c.Resource.Type, f.ResourceType)
	}
	parts, ok := c.Resource.match(f)
	if !ok {
		return target.Target{}, nil, fmt.Errorf("%w: %q is not of the form %s in account %s and Region %s", ErrMismatch, f.ResourceID, c.Resource.ID, f.Account, f.Region)
	}
	region := f.Region
	if c.Scope == GlobalScope {
		region = target.Global
	}
	t := target.Target{Account: f.Account, Region: region, Runbook: c.Runbook, Resource: f.ResourceID}
	return t, c.values(parts), nil
}

func (c Control) values(parts map[string]string) target.Parameters {
	fill := func(text string) string {
		return placeholder.ReplaceAllStringFunc(text, func(p string) string { return parts[strings.Trim(p, "{+}")] })
	}
	values := make(target.Parameters, len(c.Parameters))
	for name, v := range c.Parameters {
		if list, ok := v.([]any); ok {
			p := target.Parameter{List: true}
			for _, item := range list {
				p.Values = append(p.Values, fill(fmt.Sprint(item)))
			}
			slices.Sort(p.Values)
			values[name] = p
			continue
		}
		values[name] = target.Parameter{Values: []string{fill(fmt.Sprint(v))}}
	}
	return values
}

// match compares a finding's resource with the form and gives the captured parts.
func (r Resource) match(f finding.Finding) (map[string]string, bool) {
	pattern := r.pattern()
	found := pattern.FindStringSubmatch(f.ResourceID)
	if found == nil {
		return nil, false
	}
	own := map[string]string{"partition": f.Partition, "region": f.Region, "account": f.Account}
	parts := map[string]string{}
	for i, name := range pattern.SubexpNames()[1:] {
		value := found[i+1]
		if want, fixed := own[name]; fixed && value != want {
			return nil, false
		}
		parts[name] = value
	}
	return parts, true
}

func (r Resource) pattern() *regexp.Regexp {
	var b strings.Builder
	last := 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(r.ID, -1) {
		b.WriteString(regexp.QuoteMeta(r.ID[last:at[0]]))
		class := `[^/:]+`
		if r.ID[at[4]:at[5]] == "+" {
			class = `[^:]+`
		}
		fmt.Fprintf(&b, `(?P<%s>%s)`, r.ID[at[2]:at[3]], class)
		last = at[1]
	}
	b.WriteString(regexp.QuoteMeta(r.ID[last:]))
	return regexp.MustCompile(`^` + b.String() + `$`)
}

func parseControl(stem string, text []byte) (Control, error) {
	var c Control
	if err := decodeStrictly(text, &c); err != nil {
		return Control{}, err
	}
	return c, c.check(stem)
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
	demand(slices.Contains([]string{"low", "medium", "high"}, c.Risk), "risk %q is not low, medium or high", c.Risk)
	demand(c.RiskReason != "", "riskReason is missing")
	demand(c.Reversible == (c.Irreversible == ""), "a control is reversible, or says in irreversible why not")
	return errors.Join(errs...)
}

// roleParameter is filled by dispatch, not by a control.
const roleParameter = "AutomationAssumeRole"

// checkParameters demands that the control gives the runbook exactly what it takes.
func (c Control) checkParameters(doc *runbook.Document) error {
	var errs []error
	captured := map[string]bool{}
	for _, m := range placeholder.FindAllStringSubmatch(c.Resource.ID, -1) {
		captured[m[1]] = true
	}
	for _, name := range slices.Sorted(maps.Keys(c.Parameters)) {
		declared, ok := doc.Parameters[name]
		if !ok || name == roleParameter {
			errs = append(errs, fmt.Errorf("runbook %s has no parameter %s for a control to give", c.Runbook, name))
			continue
		}
		_, list := c.Parameters[name].([]any)
		if list != (declared.Type == "StringList") {
			errs = append(errs, fmt.Errorf("parameter %s must be a list exactly when the runbook's is a StringList", name))
		}
		for _, m := range placeholder.FindAllStringSubmatch(fmt.Sprint(c.Parameters[name]), -1) {
			if !captured[m[1]] {
				errs = append(errs, fmt.Errorf("parameter %s uses {%s}, which resource.id does not capture", name, m[1]))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Parameters)) {
		if _, given := c.Parameters[name]; !given && name != roleParameter && doc.Parameters[name].Default == nil {
			errs = append(errs, fmt.Errorf("runbook %s needs the parameter %s", c.Runbook, name))
		}
	}
	return errors.Join(errs...)
}
