package privilege

import (
	"bytes"
	_ "embed" // for the reasons
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"hubmend/internal/aws/policy"
)

//go:embed reasons.yaml
var embedded []byte

// Reason explains why a permission stays although no scenario needs it.
type Reason struct {
	Role      string // name, in which * stands for any text
	Statement string // Sid; empty: any
	Part      string // an action or a resource; empty: the whole statement
	Why       string
	ByChance  bool // a scenario may need it in one run and not in the next
}

// Reasons returns the reasons that are part of the package.
func Reasons() ([]Reason, error) { return parseReasons(embedded) }

func parseReasons(text []byte) ([]Reason, error) {
	var entries []struct {
		Role, Statement string
		Parts           []string
		Why             string
		ByChance        bool `yaml:"byChance"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&entries); err != nil {
		return nil, fmt.Errorf("read reasons: %w", err)
	}
	var all []Reason
	for _, e := range entries {
		if e.Role == "" || e.Statement == "" && len(e.Parts) == 0 || e.Why == "" {
			return nil, fmt.Errorf("read reasons: %+v needs role, statement or parts, and why", e)
		}
		for _, part := range e.Parts {
			all = append(all, Reason{e.Role, e.Statement, part, e.Why, e.ByChance})
		}
		if len(e.Parts) == 0 {
			all = append(all, Reason{Role: e.Role, Statement: e.Statement, Why: e.Why})
		}
	}
	return all, nil
}

// Justify adds the reasons to the report. It returns the problems: parts that nothing needs and no reason explains, and
// reasons without such a part.
func (r *Report) Justify(reasons []Reason) []string {
	used := make([]bool, len(reasons))
	for i, reason := range reasons {
		for _, role := range r.Roles {
			if policy.Match(reason.Role, role.Name) {
				used[i] = role.justify(reason) || used[i]
			}
		}
	}
	var problems []string
	for _, role := range r.Roles {
		for _, s := range role.Statements {
			problems = append(problems, s.problems(role.Name)...)
		}
	}
	for i, reason := range reasons {
		if !used[i] {
			problems = append(problems,
				fmt.Sprintf("the reason for %s %s%s excuses nothing any more; remove it", reason.Role, reason.Statement,
					reason.Part))
		}
	}
	return problems
}

func (r Role) justify(reason Reason) (used bool) {
	for _, s := range r.Statements {
		if reason.Statement != "" && reason.Statement != s.Sid {
			continue
		}
		if reason.Part == "" {
			if s.needed() {
				continue
			}
			s.Reason, used = reason.Why, true
		}
		for _, part := range slices.Concat(s.Actions, s.Resources) {
			if policy.Match(reason.Part, part.Text) && (part.Scenario == "" || reason.ByChance) {
				part.Scenario, part.Reason, used = "", reason.Why, true // the same report in every run
			}
		}
	}
	return used
}

// needed reports whether a scenario needs any part of the statement.
func (s Statement) needed() bool {
	return slices.ContainsFunc(s.Actions, func(p *Part) bool { return p.Scenario != "" })
}

func (s Statement) problems(role string) []string {
	if s.Reason != "" {
		return nil
	}
	if s.Effect == "Deny" {
		return []string{fmt.Sprintf("%s: statement %s denies, which no scenario can need; say why it is there", role,
			s.Sid)}
	}
	var problems []string
	for _, part := range slices.Concat(s.Actions, s.Resources) {
		switch {
		case part.Scenario != "" || part.Reason != "":
		case part.Times > 0:
			problems = append(problems,
				fmt.Sprintf("%s: statement %s: whatever %s allows is allowed by another statement too", role, s.Sid,
					part.Text))
		default:
			problems = append(problems, fmt.Sprintf("%s: statement %s: no scenario needs %s", role, s.Sid, part.Text))
		}
	}
	return problems
}
