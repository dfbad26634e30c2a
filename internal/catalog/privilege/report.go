package privilege

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"hubmend/internal/aws/authz"
	"hubmend/internal/aws/policy"
)

// Report lists which scenario needs each permission of each role.
type Report struct {
	Roles []Role `json:"roles"`
	// Calls counts the permissions that were evaluated, and Denied those that were denied.
	Calls  int `json:"calls"`
	Denied int `json:"denied"`
}

// Role is a role with its statements, in the order of its policies, or a policy that roles share.
type Role struct {
	Name       string       `json:"name"`
	Statements []*Statement `json:"statements"`
}

// Statement is one statement of a role.
type Statement struct {
	Policy     string            `json:"policy"`
	Sid        string            `json:"sid"`
	Effect     string            `json:"effect"`
	Actions    []*Part           `json:"actions"`
	Resources  []*Part           `json:"resources"`
	Conditions policy.Conditions `json:"conditions,omitempty"`
	Reason     string            `json:"reason,omitempty"` // why it stays although nothing needs it
}

// Part is an action or a resource of a statement.
type Part struct {
	Text  string `json:"text"`
	Times int    `json:"times"` // how often it allowed something, or denied it
	// Scenario is one that fails without the part, because this statement is the only one that allows a call of it.
	Scenario string `json:"scenario,omitempty"`
	Reason   string `json:"reason,omitempty"` // why it stays although nothing needs it
}

// Summarize merges runs. If several scenarios need a part, it names the first. It ignores roles without the prefix,
// which do not belong to Hubmend.
func Summarize(runs []Run, prefix string) Report {
	var report Report
	runs = separated(runs, prefix)
	found := map[string]map[string]*Statement{} // by role, then by policy and Sid
	for _, run := range slices.Concat(foreign(runs), runs) {
		for _, role := range run.Roles {
			if found[role.Name] == nil && strings.HasPrefix(role.Name, prefix) {
				one := run.role(role)
				report.Roles = append(report.Roles, one)
				found[role.Name] = one.index()
			}
		}
	}
	for _, run := range runs {
		for _, d := range run.Decisions {
			report.Calls += d.Times
			if !d.Allowed {
				report.Denied += d.Times
			}
			run.count(d, found)
		}
	}
	slices.SortFunc(report.Roles, func(a, b Role) int { return strings.Compare(a.Name, b.Name) })
	return report
}

// separated makes a role of each managed policy, which several roles may share. Its name has the prefix, unlike that of
// an inline policy.
func separated(runs []Run, prefix string) []Run {
	var all []Run
	for _, run := range runs {
		var roles []authz.Role
		for _, role := range run.Roles {
			own := role
			own.Policies = nil
			for _, p := range role.Policies {
				if strings.HasPrefix(p.Name, prefix) {
					roles = append(roles,
						authz.Role{Name: p.Name, Account: role.Account, Policies: []policy.Named{p}})
					continue
				}
				own.Policies = append(own.Policies, p)
			}
			roles = append(roles, own)
		}
		run.Roles = roles
		all = append(all, run)
	}
	return all
}

// foreign returns the roles of a run that are not in the administrator's account. A role that is in both has different
// ARNs only there.
func foreign(runs []Run) []Run {
	var all []Run
	for _, run := range runs {
		run.Roles = slices.DeleteFunc(slices.Clone(run.Roles),
			func(r authz.Role) bool { return r.Account == run.Administrator })
		all = append(all, run)
	}
	return all
}

func (r Run) role(role authz.Role) Role {
	out := Role{Name: role.Name}
	for _, p := range role.Policies {
		for _, s := range p.Document.Statement {
			one := &Statement{Policy: p.Name, Sid: s.Sid, Effect: s.Effect,
				Conditions: r.conditions(s.Condition, role.Account)}
			for _, text := range slices.Concat(s.Action, s.NotAction) {
				one.Actions = append(one.Actions, &Part{Text: text})
			}
			for _, text := range slices.Concat(s.Resource, s.NotResource) {
				one.Resources = append(one.Resources, &Part{Text: r.neutral(text, role.Account)})
			}
			out.Statements = append(out.Statements, one)
		}
	}
	return out
}

func (r Run) conditions(all policy.Conditions, account string) policy.Conditions {
	neutral := policy.Conditions{}
	for operator, keys := range all {
		neutral[operator] = map[string]policy.Texts{}
		for key, wanted := range keys {
			for _, value := range wanted {
				neutral[operator][key] = append(neutral[operator][key], r.neutral(value, account))
			}
		}
	}
	return neutral
}

func (r Role) index() map[string]*Statement {
	statements := map[string]*Statement{}
	for i, s := range r.Statements {
		statements[key(s.Policy, s.Sid, i-r.first(s.Policy))] = s
	}
	return statements
}

// first returns the index of a policy's first statement.
func (r Role) first(policy string) int {
	return slices.IndexFunc(r.Statements, func(s *Statement) bool { return s.Policy == policy })
}

// key identifies a statement by its Sid, which does not change when others are removed.
func key(policy, sid string, index int) string {
	return policy + " " + cmp.Or(sid, strconv.Itoa(index))
}

// count adds a decision to the parts that caused it.
func (r Run) count(d authz.Decision, found map[string]map[string]*Statement) {
	arn := strings.Split(d.Role, ":")
	account, name := arn[4], d.Role[strings.LastIndex(d.Role, "/")+1:]
	at := func(p policy.Place) *Statement {
		key := key(p.Policy, p.Sid, p.Statement)
		return cmp.Or(found[name][key], found[p.Policy][key])
	}
	if d.Denied != nil {
		if s := at(*d.Denied); s != nil {
			for _, part := range slices.Concat(s.Actions, s.Resources) {
				part.Times += d.Times
			}
		}
		return
	}
	for _, g := range d.Grants {
		s := at(g.Place)
		if s == nil {
			continue
		}
		for _, part := range []*Part{pick(s.Actions, g.Action), pick(s.Resources, r.neutral(g.Resource, account))} {
			part.Times += d.Times
			if part.Scenario == "" && len(d.Grants) == 1 {
				part.Scenario = r.Scenario
			}
		}
	}
}

// pick returns the part with a text, or a discarded one.
func pick(parts []*Part, text string) *Part {
	if i := slices.IndexFunc(parts, func(p *Part) bool { return p.Text == text }); i >= 0 {
		return parts[i]
	}
	return &Part{}
}

// sorted lists the keys of a map in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
