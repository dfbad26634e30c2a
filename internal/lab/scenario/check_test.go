package scenario_test

import (
	"strings"
	"testing"

	"hubmend/internal/lab/scenario"
)

// reply is what a call answered: numbers are of whatever type the worker gave them.
func reply() any {
	return map[string]any{
		"Name": "web server", "Count": 2, "Empty": []any{}, "Null": nil,
		"Rules": []any{
			map[string]any{"Port": int64(22), "Ranges": []any{map[string]any{"Cidr": "10.0.0.0/8", "Note": "office"}}},
			map[string]any{"Port": 443.0, "Tag": map[string]any{"a": "1", "b": "2"}},
		},
	}
}

func length(n int) *int { return &n }

func TestCheck(t *testing.T) {
	t.Parallel()
	type m = map[string]any
	for name, tc := range map[string]struct {
		check  scenario.Check
		path   string
		passes bool
	}{
		"equals text":                  {check: scenario.Check{Equals: "web server"}, path: "$.Name", passes: true},
		"equals another text":          {check: scenario.Check{Equals: "web"}, path: "$.Name"},
		"equals number":                {check: scenario.Check{Equals: 2.0}, path: "$.Count", passes: true},
		"equals int64":                 {check: scenario.Check{Equals: 22}, path: "$.Rules[0].Port", passes: true},
		"a number is no text":          {check: scenario.Check{Equals: "2"}, path: "$.Count"},
		"equals list":                  {check: scenario.Check{Equals: []any{22, 443}}, path: "$..Port", passes: true},
		"equals list in another order": {check: scenario.Check{Equals: []any{443, 22}}, path: "$..Port"},
		"equals empty":                 {check: scenario.Check{Equals: []any{}}, path: "$.Empty", passes: true},
		"equals null":                  {check: scenario.Check{}, path: "$.Null", passes: true},
		"no check of something":        {check: scenario.Check{}, path: "$.Name"},
		"equals nothing there":         {check: scenario.Check{}, path: "$.Nobody"},
		"whole answer":                 {check: scenario.Check{Equals: m{"Name": "web server"}}},

		"contains text":            {check: scenario.Check{Contains: "serv"}, path: "$.Name", passes: true},
		"contains no such text":    {check: scenario.Check{Contains: "Serv"}, path: "$.Name"},
		"contains item":            {check: scenario.Check{Contains: 443}, path: "$..Port", passes: true},
		"contains part of an item": {check: scenario.Check{Contains: m{"Port": 443}}, path: "$.Rules", passes: true},
		"contains deep part": {check: scenario.Check{Contains: m{"Tag": m{"a": "1"}}}, path: "$.Rules",
			passes: true},
		"contains other value": {check: scenario.Check{Contains: m{"Port": 443, "Tag": m{"a": "2"}}},
			path: "$.Rules"},
		"contains from two items": {check: scenario.Check{Contains: m{"Port": 22, "Tag": m{"a": "1"}}},
			path: "$.Rules"},
		"a list inside is whole": {check: scenario.Check{Contains: m{"Ranges": []any{m{"Cidr": "10.0.0.0/8"}}}},
			path: "$.Rules"},
		"contains whole inner list": {
			check: scenario.Check{Contains: m{"Ranges": []any{m{"Cidr": "10.0.0.0/8", "Note": "office"}}}},
			path:  "$.Rules", passes: true},
		"contains key with null": {check: scenario.Check{Contains: m{"Port": 22, "Nobody": nil}}, path: "$.Rules",
			passes: true},
		"empty contains nothing": {check: scenario.Check{Contains: m{}}, path: "$.Empty"},
		"contains in a number":   {check: scenario.Check{Contains: 2}, path: "$.Count"},

		"lacks item":               {check: scenario.Check{Lacks: m{"Port": 80}}, path: "$.Rules", passes: true},
		"lacks what is there":      {check: scenario.Check{Lacks: m{"Port": 22}}, path: "$.Rules"},
		"lacks text":               {check: scenario.Check{Lacks: "db"}, path: "$.Name", passes: true},
		"lacks text there":         {check: scenario.Check{Lacks: "web"}, path: "$.Name"},
		"lacks in empty":           {check: scenario.Check{Lacks: 1}, path: "$.Empty", passes: true},
		"lacks at a wrong path":    {check: scenario.Check{Lacks: 1}, path: "$.Ruels"},
		"lacks in what is no list": {check: scenario.Check{Lacks: 1}, path: "$.Rules[1].Tag"},

		"length":             {check: scenario.Check{Length: length(2)}, path: "$.Rules", passes: true},
		"length zero":        {check: scenario.Check{Length: length(0)}, path: "$.Empty", passes: true},
		"another length":     {check: scenario.Check{Length: length(1)}, path: "$.Rules"},
		"length of a text":   {check: scenario.Check{Length: length(10)}, path: "$.Name"},
		"length of nothing":  {check: scenario.Check{Length: length(0)}, path: "$.Nobody"},
		"absent":             {check: scenario.Check{Absent: true}, path: "$.Nobody", passes: true},
		"absent but there":   {check: scenario.Check{Absent: true}, path: "$.Name"},
		"null is not absent": {check: scenario.Check{Absent: true}, path: "$.Null"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			passed, got, err := tc.check.Compare(reply(), tc.path)
			if err != nil {
				t.Fatal(err)
			}
			if passed != tc.passes {
				t.Errorf("passed = %v, got %s", passed, got)
			}
			if got == "" {
				t.Error("a failure would not say what was found")
			}
		})
	}
}

func TestCheckRefusesAPath(t *testing.T) {
	t.Parallel()
	if _, _, err := (scenario.Check{Equals: 1}).Compare(reply(), "Rules[0"); err == nil {
		t.Error("a path that is none gives no error")
	}
}

func TestCheckCutsWhatItShows(t *testing.T) {
	t.Parallel()
	_, got, err := scenario.Check{Equals: 1}.Compare(map[string]any{"a": strings.Repeat("x", 5000)}, "$.a")
	if err != nil || len(got) > 700 || !strings.HasSuffix(got, "...") {
		t.Errorf("it shows %d characters, %v", len(got), err)
	}
}

// A verdict is read without its file.
func TestDescribe(t *testing.T) {
	t.Parallel()
	call := &scenario.Call{Service: "ec2", API: "DescribeX"}
	none, two := []string{}, 2
	for want, e := range map[string]scenario.Expectation{
		`ec2:DescribeX $.a is {"b":1}`: {Call: call, Path: "$.a",
			Check: scenario.Check{Equals: map[string]any{"b": 1}}},
		`ec2:DescribeX $.a contains "x"`: {Call: call, Path: "$.a",
			Check: scenario.Check{Contains: "x"}},
		`ec2:DescribeX $.a lacks "x"`: {Call: call, Path: "$.a",
			Check: scenario.Check{Lacks: "x"}},
		`ec2:DescribeX $.a has 2 items`: {Call: call, Path: "$.a",
			Check: scenario.Check{Length: &two}},
		`ec2:DescribeX $.a is absent`: {Call: call, Path: "$.a",
			Check: scenario.Check{Absent: true}},
		`ec2:DescribeX fails with NotFound`:                    {Call: call, Check: scenario.Check{Error: "NotFound"}},
		`finding ssh is RESOLVED with a note that says "done"`: {Finding: "ssh", Workflow: "RESOLVED", Note: "done"},
		`finding ssh, parked: ask, rule: r, proposal: open`:    {Finding: "ssh", Parked: "ask", Rule: "r", Proposal: "open"},
		`2 executions`:     {Executions: &two},
		`notifications []`: {Notifications: &none},
		`problems []`:      {Problems: &none},
	} {
		if got := strings.Join(strings.Fields(e.Describe()), " "); got != want {
			t.Errorf("describes itself as %q, want %q", got, want)
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		parts, texts []string
		want         bool
	}{
		"nothing":            {want: true},
		"another order":      {[]string{"a", "b"}, []string{"xb", "xa"}, true},
		"a part is missing":  {[]string{"a"}, []string{"a", "b"}, false},
		"a text is missing":  {[]string{"a", "b"}, []string{"a"}, false},
		"one for two":        {[]string{"a", "b"}, []string{"ab"}, false},
		"the same twice":     {[]string{"a", "a"}, []string{"a1", "a2"}, true},
		"the same only once": {[]string{"a", "a"}, []string{"a1", "b"}, false},
	} {
		if got := scenario.Match(tc.parts, tc.texts); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
