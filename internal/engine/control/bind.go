package control

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

// ErrMismatch is the error of a finding whose resource is not one that its control is about.
var ErrMismatch = errors.New("the finding's resource does not fit its control")

// Bind returns what a finding of this control asks for: the target of the repair and the
// parameters of its runbook. Its error is an ErrMismatch with the reason.
func (c Control) Bind(f finding.Finding) (target.Target, target.Parameters, error) {
	if f.ResourceType != c.Resource.Type && !slices.Contains(c.Resource.OtherTypes, f.ResourceType) {
		return target.Target{}, nil,
			fmt.Errorf("%w: %s repairs a %s, the resource is a %q", ErrMismatch, c.ID, c.Resource.Type, f.ResourceType)
	}
	parts, ok := c.Resource.match(f)
	if owner := c.Resource.owner(f.ResourceID); !ok && owner != "" && owner != f.Account {
		return target.Target{}, nil,
			fmt.Errorf("%w: %q belongs to account %s, and the finding to account %s; remediate it in account %s, "+
				"which is the management account if the resource is an organization's", ErrMismatch, f.ResourceID,
				owner,
				f.Account, owner)
	}
	if !ok {
		return target.Target{}, nil,
			fmt.Errorf("%w: %q is not of the form %s in account %s", ErrMismatch, f.ResourceID, c.Resource.ID,
				f.Account)
	}
	region := cmp.Or(parts["region"], f.Region)
	if c.Scope == Global {
		region = target.Global
	}
	t := target.Target{Account: f.Account, Region: region, Runbook: c.Runbook, Resource: f.ResourceID}
	return t, c.values(parts), nil
}

func (c Control) values(parts map[string]string) target.Parameters {
	fill := func(text string) string { return Fill(text, func(name string) string { return parts[name] }) }
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
		if value, bound, ok := Bounded(v); ok {
			values[name] = target.Parameter{Values: []string{fmt.Sprint(value)}, Bound: bound}
			continue
		}
		values[name] = target.Parameter{Values: []string{fill(fmt.Sprint(v))}}
	}
	return values
}

// Bounded returns the number of a bound such as {atMost: 45}.
func Bounded(value any) (number any, bound target.Bound, ok bool) {
	one, _ := value.(map[string]any)
	for _, bound := range []target.Bound{target.AtMost, target.AtLeast} {
		if number, ok := one[string(bound)]; ok && len(one) == 1 {
			return number, bound, true
		}
	}
	return nil, "", false
}
