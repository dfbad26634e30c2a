package scenario_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/scenario"
)

// least is a scenario with nothing that need not be there.
const least = "name: x\nexpect: [{executions: 1}]\n"

func TestParseDefaults(t *testing.T) {
	t.Parallel()
	s, err := scenario.Parse([]byte(least))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"111111111111", "222222222222"}, s.Accounts); diff != "" {
		t.Errorf("Accounts (-want +got):\n%s", diff)
	}
	if s.Product != scenario.DefaultProduct || len(s.Regions) != 1 {
		t.Errorf("Product is %q, Regions are %q", s.Product, s.Regions)
	}
	if s, err = scenario.Parse([]byte(least + "product: ''\n")); err != nil || s.Product != "" {
		t.Errorf("an empty Product gives %q, %v; it must stay empty", s.Product, err)
	}
}

// The values of one file must not become the defaults of the next.
func TestParseKeepsDefaultsApart(t *testing.T) {
	if _, err := scenario.Parse([]byte(least + "accounts: ['333333333333']\nregions: [eu-west-1]\n")); err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Parse([]byte(least))
	if err != nil {
		t.Fatal(err)
	}
	if s.Accounts[0] != "111111111111" || s.Regions[0] != "us-east-1" {
		t.Errorf("the next scenario has accounts %q and Regions %q", s.Accounts, s.Regions)
	}
}

func TestParseKeepsTypes(t *testing.T) {
	t.Parallel()
	s, err := scenario.Parse([]byte(least + `seed:
  - &make {service: ec2, api: CreateX, input: {Port: 22, Id: "012345678901", On: true, Not: "yes", List: [1, "1"], None: null}}
  - {<<: *make, api: CreateY}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"Port": 22.0, "Id": "012345678901", "On": true, "Not": "yes", "List": []any{1.0, "1"},
		"None": nil}
	for i, api := range []string{"CreateX", "CreateY"} {
		if diff := cmp.Diff(want, s.Seed[i].Input); diff != "" || s.Seed[i].API != api {
			t.Errorf("call %s: Input (-want +got):\n%s", s.Seed[i].API, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text  string
		wants []string // all in the error
	}{
		"nothing":        {text: "", wants: []string{"got null, want object"}},
		"a list":         {text: "- a", wants: []string{"got array, want object"}},
		"no YAML":        {text: "name: [", wants: []string{"[1:7]"}},
		"a key twice":    {text: "name: y\n" + least, wants: []string{`"name"`, "[2:1]"}},
		"no name":        {text: "expect: [{executions: 1}]", wants: []string{"missing property 'name'"}},
		"no expectation": {text: "name: x\nexpect: []", wants: []string{"/expect", "minItems"}},
		"unknown key":    {text: least + "sede: []", wants: []string{"''", "'sede'"}},
		"in a call": {text: least + "seed: [{service: ec2, api: A}, {service: ec2, api: A, inptu: {}}]",
			wants: []string{"/seed/1", "'inptu'"}},
		"in an event": {text: least + "events: [{imprt: {name: a}}]",
			wants: []string{"/events/0", "'imprt'"}},
		"in a finding": {text: least + "events: [{import: {name: a, file: f, regoin: x}}]",
			wants: []string{"/events/0/import", "'regoin'"}},
		"in a custom action": {text: least + "events: [{customAction: {action: A, findings: [a], by: b}}]",
			wants: []string{"/events/0/customAction", "'by'"}},
		"in an error": {text: least + "interventions: [{before: 'a:B', error: {code: x, message: y, z: 1}}]",
			wants: []string{"/interventions/0/error", "'z'"}},
		"in a call of a show": {text: least +
			"show: [{title: t, path: $.a, columns: [a], call: {service: a, api: B, c: d}}]",
			wants: []string{"/show/0/call", "'c'"}},
		"in an expectation": {text: "name: x\nexpect: [{executions: 1, finding1: a}]",
			wants: []string{"/expect/0", "'finding1'"}},
		"wrong case": {text: least + "Seed: []", wants: []string{"'Seed'"}},
		"every problem": {text: "name: x\nexpect: []\nfoo: 1\nevents: [{wait: false}]",
			wants: []string{"/expect", "'foo'", "/events/0/wait"}},
		"wrong type": {text: least + "parameters: {A: true}",
			wants: []string{"/parameters/A", "got boolean, want string"}},
		"no account":           {text: least + "accounts: ['1']", wants: []string{"/accounts/0", "'1'"}},
		"two subjects":         {text: "name: x\nexpect: [{finding: a, executions: 1}]", wants: []string{"/expect/0"}},
		"no subject":           {text: "name: x\nexpect: [{equals: 1}]", wants: []string{"/expect/0"}},
		"two events in one":    {text: least + "events: [{wait: true, message: a}]", wants: []string{"/events/0"}},
		"finding from nowhere": {text: least + "events: [{import: {name: a}}]", wants: []string{"/events/0/import"}},
		"finding from two": {text: least + "events: [{import: {name: a, file: f, asff: {}}}]",
			wants: []string{"/events/0/import"}},
		"an exposure of nothing": {text: least + "events: [{import: {name: e, exposure: []}}]",
			wants: []string{"/events/0/import/exposure"}},
		"an exposure with an action": {text: least + "events: [{remediate: {action: A, exposure: e}}]",
			wants: []string{"/events/0/remediate"}},
		"unknown workflow": {text: "name: x\nexpect: [{finding: a, workflow: DONE}]",
			wants: []string{"/expect/0/workflow"}},
		"before without an API": {text: least + "interventions: [{before: ec2, times: 1}]",
			wants: []string{"/interventions/0/before"}},

		"two checks": {
			text:  "name: x\nexpect: [{call: {service: a, api: B}, equals: 1, contains: 2}]",
			wants: []string{"/expect/0"}},
		"a check of executions": {text: "name: x\nexpect: [{executions: 1, workflow: NEW, equals: 3}]",
			wants: []string{"/expect/0"}},
		"an intervention that does nothing": {text: least + "interventions: [{before: 'a:B'}]",
			wants: []string{"/interventions/0"}},
		"two moments": {text: least +
			"interventions: [{before: 'a:B', after: 'a:B', function: f, kill: true}]",
			wants: []string{"/interventions/0"}},
		"no moment": {text: least + "interventions: [{function: f, kill: true}]",
			wants: []string{"/interventions/0"}},
		"a runbook that is killed": {text: least + "interventions: [{before: 'a:B', kill: true}]",
			wants: []string{"/interventions/0", "'function'"}},
		"an error for the dead": {text: least +
			"interventions: [{before: 'a:B', function: f, kill: true, error: {code: x, message: y}}]",
			wants: []string{"/interventions/0"}},
		"times and seconds": {text: least +
			"interventions: [{before: 'a:B', function: f, times: 1, seconds: 1, kill: true}]",
			wants: []string{"/interventions/0"}},
		"a fault that nobody knows": {text: least + "faults: {loseEverything: true}",
			wants: []string{"/faults", "'loseEverything'"}},
		"a wait for nothing known": {text: "name: x\nexpect: [{finding: a, parked: lunch}]",
			wants: []string{"/expect/0/parked"}},
		"an OU by its name": {text: least + "ous: {Production: {}}", wants: []string{"'Production'"}},
		"an OU of something else": {text: least + "ous: {ou-lab1-production: {users: [a]}}",
			wants: []string{"/ous/ou-lab1-production", "'users'"}},
		"no starts at all": {text: least + "faults: {startsPerSecond: 0}",
			wants: []string{"/faults/startsPerSecond"}},
		"an admin parameter that is a list": {text: least + "admin: {A: [b]}", wants: []string{"/admin/A"}},
		"a schedule without a name": {text: least + "events: [{schedule: ''}]",
			wants: []string{"/events/0/schedule"}},
		"the check amid the events": {text: least + "events: [{expect: {finding: a, after: PASSED}}]",
			wants: []string{"/events/0/expect"}},
		"time in words": {text: least + "events: [{pass: two minutes}]",
			wants: []string{"/events/0/pass"}},
		"no time at all": {text: least + "events: [{pass: 0s}]", wants: []string{"/events/0/pass"}},
		"alarms and more": {text: "name: x\nexpect: [{alarms: [], executions: 1}]",
			wants: []string{"/expect/0"}},
		"an alarm twice": {text: "name: x\nexpect: [{alarms: [a, a]}]",
			wants: []string{"/expect/0/alarms"}},
		"another placeholder for an account": {text: least + "seed: [{service: ec2, api: A, account: '${a}'}]",
			wants: []string{"/seed/0/account"}},
		"two documents": {text: least + "---\n" + least, wants: []string{"document"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := scenario.Parse([]byte(tc.text))
			if err == nil {
				t.Fatalf("it is accepted: %+v", s)
			}
			for _, want := range tc.wants {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
		})
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing.yaml")
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("name: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{missing, wrong} {
		if _, err := scenario.Load(file); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("Load = %v, want an error that names %s", err, file)
		}
	}
}

func TestLoadTakesAByteOrderMark(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "windows.yaml")
	if err := os.WriteFile(file, []byte("\ufeffname: x\r\nexpect: [{executions: 0}]\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := scenario.Load(file); err != nil || s.Name != "x" {
		t.Errorf("Load = %+v, %v", s, err)
	}
}

func TestParseInFoldersWithAnyName(t *testing.T) { //nolint:paralleltest // it changes the working directory
	for _, name := range []string{"my hub", "hüb", "a%b", "a#b"} {
		folder := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		t.Chdir(folder)
		if _, err := scenario.Parse([]byte("name: x\nexpect: [{executions: 0}]\n")); err != nil {
			t.Errorf("in the folder %q: %v", name, err)
		}
	}
}
