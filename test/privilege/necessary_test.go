// Package privilege_test takes permissions away from roles and looks whether anybody misses them.
package privilege_test

import (
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hubmend/internal/aws/authz"
	"hubmend/internal/catalog/privilege"
	"hubmend/internal/lab"
	"hubmend/internal/lab/python"
	"hubmend/internal/lab/scenario"
	"hubmend/test/assembly"
)

var (
	report = flag.String("permissions", "", "what `hubmend lab run --permissions` wrote")
	sample = flag.Int("sample", 0, "how many actions to try; 0: all, which takes hours")
)

// removal is an action that a scenario is said to need. A policy that roles share has its own name as that of its role.
type removal struct{ role, policy, sid, action, scenario string }

// The report says which scenario needs an action from what was allowed. Here the action is
// really gone from the template, and the scenario must miss it: the lab refuses the role that
// very action.
func TestEveryActionIsMissed(t *testing.T) {
	if *report == "" {
		t.Skip("needs -permissions; `make test-scenarios` and `make test-necessary` run it")
	}
	var r privilege.Report
	assembly.Read(t, *report, &r)
	all := removals(r)
	if len(all) < 100 {
		t.Fatalf("the report has only %d actions", len(all))
	}
	chosen := spread(all, *sample)
	scenarios := load(t)
	for i, x := range chosen {
		t.Run(x.role+" "+x.action, func(t *testing.T) {
			t.Parallel()
			s := scenarios[x.scenario]
			if s == nil {
				t.Fatalf("there is no scenario %q", x.scenario)
			}
			result, err := run(t, s, x)
			t.Logf("%d of %d: without it, %q %s", i+1, len(chosen), x.scenario, outcome(result, err))
			if !x.missed(result, err) {
				t.Errorf("nobody missed %s of %s in %q", x.action, x.role, x.scenario)
			}
		})
	}
}

// missed reports whether the lab refused the action, in the scenario or while it was deployed. A scenario may
// also break off for what was not there because of that.
func (x removal) missed(r scenario.Result, err error) bool {
	if err != nil && strings.Contains(err.Error(), "not authorized to perform: "+x.action+" ") {
		return true
	}
	return slices.ContainsFunc(r.Permissions.Decisions, func(d authz.Decision) bool {
		return !d.Allowed && d.Action == x.action && (x.role == x.policy || strings.HasSuffix(d.Role, "role/"+x.role))
	})
}

func outcome(r scenario.Result, err error) string {
	switch {
	case err != nil:
		return "breaks off: " + err.Error()
	case r.Passed:
		return "passes, but is refused something"
	}
	return "fails"
}

func removals(r privilege.Report) []removal {
	var all []removal
	for _, role := range r.Roles {
		for _, s := range role.Statements {
			for _, action := range s.Actions {
				if action.Scenario != "" && s.Sid != "" {
					all = append(all, removal{role.Name, s.Policy, s.Sid, action.Text, action.Scenario})
				}
			}
		}
	}
	return all
}

// spread takes n of all at the same distance, so that every part of the list has one.
func spread(all []removal, n int) []removal {
	if n == 0 || n >= len(all) {
		return all
	}
	var some []removal
	for i := range n {
		some = append(some, all[(2*i+1)*len(all)/(2*n)])
	}
	return some
}

func load(t *testing.T) map[string]*scenario.Scenario {
	t.Helper()
	files, err := filepath.Glob("../scenarios/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// which the same run made
	settings, err := filepath.Glob(filepath.Join(filepath.Dir(*report), "settings", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, settings...)
	all := map[string]*scenario.Scenario{}
	for _, file := range files {
		s, err := scenario.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		all[s.Name] = s
	}
	return all
}

func run(t *testing.T, s *scenario.Scenario, x removal) (scenario.Result, error) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	config := lab.Defaults
	config.Root, config.Enforce, config.Assembly = root, true, assembly.Copy(t, root)
	if config.Python, err = python.Find(root); err != nil {
		t.Fatal(err)
	}
	take(t, config.Assembly, x)
	return scenario.Run(t.Context(), s, config, scenario.Hooks{})
}

// take removes an action from a role in all templates, or from the policy that the role shares with others.
func take(t *testing.T, dir string, x removal) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, file := range files {
		assembly.Edit(t, file, func(template assembly.Object) bool {
			n := 0
			resources, _ := template["Resources"].(assembly.Object)
			for _, resource := range resources {
				properties, _ := resource.(assembly.Object)["Properties"].(assembly.Object)
				if properties["RoleName"] == x.role || properties["ManagedPolicyName"] == x.policy {
					n += without(properties, x)
				}
			}
			taken += n
			return n > 0
		})
	}
	if taken == 0 {
		t.Fatalf("no template has the statement %s of %s with %s", x.sid, x.role, x.action)
	}
}

// without removes an action from the inline policies of a role, or from a managed policy, and a statement that has no
// other. It says how often.
func without(properties assembly.Object, x removal) int {
	n := 0
	policies, _ := properties["Policies"].([]any)
	if properties["PolicyDocument"] != nil {
		policies = []any{properties}
	}
	for _, p := range policies {
		document := p.(assembly.Object)["PolicyDocument"].(assembly.Object)
		document["Statement"] = slices.DeleteFunc(document["Statement"].([]any), func(s any) bool {
			statement := s.(assembly.Object)
			if statement["Sid"] != x.sid {
				return false
			}
			if statement["Action"] == x.action {
				n++
				return true
			}
			actions, _ := statement["Action"].([]any)
			if i := slices.Index(actions, any(x.action)); i >= 0 {
				n++
				statement["Action"] = slices.Delete(actions, i, i+1)
			}
			return false
		})
	}
	return n
}
