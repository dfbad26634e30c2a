package catalog_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/program"
	"hubmend/internal/engine/finding"
)

const (
	goodControl = `id: X.1
title: Things should be closed
repair: The thing is closed.
runbook: CloseThing
scope: regional
resource: {type: AwsThing, id: "arn:{partition}:x:{region}:{account}:thing/{Name}"}
parameters: {Name: "{Name}", Ports: ["22"]}
frameworks: {some-standard/v/1.0.0: "4.1"}
risk: low
riskReason: None to speak of.
reversible: true
`
	goodHeader = `repair: Closes a thing.
undo: Opens a thing.
parameters:
  Name: {type: String}
  Ports: {type: StringList, allowedPattern: "^(22|3389)$"}
  Retries: {type: Integer, default: 3}
`
	goodRole        = `{name: delivery, description: d, service: x.amazonaws.com, permissions: [{actions: ["x:Put"], resources: ["arn:${AWS::Partition}:x:*:${AWS::AccountId}:thing/*"]}]}`
	goodPermissions = `x:CloseThing: {actions: ["x:CloseThing"], resources: ["arn:${AWS::Partition}:x:*:${AWS::AccountId}:thing/*"]}
`
	goodPlaybook = `id: standard-1
name: A standard
version: 1.0.0
description: Repairs.
framework: some-standard/v/1.0.0
customAction: {id: S1, name: Standard 1}
groups:
  - {id: S41, title: S 4.1, description: Closes things., controls: [X.1]}
`
)

// files is a small catalog that loads, with some files replaced, added, or (nil) removed.
func files(edits map[string]string) (documents, playbooks fstest.MapFS) {
	documents = fstest.MapFS{}
	playbooks = fstest.MapFS{}
	all := map[string]string{
		"controls/X.1.yaml": goodControl, "programs/CloseThing.yaml": goodHeader, "programs/CloseThing.py": "close",
		"permissions/x.yaml":         goodPermissions,
		"runtime/hubmend_runtime.py": "runtime",
		"roles/delivery.yaml":        goodRole,
		"playbooks/standard-1.yaml":  goodPlaybook,
	}
	for name, text := range edits {
		all[name] = text
	}
	for name, text := range all {
		if text == removed {
			continue
		}
		if book, ok := strings.CutPrefix(name, "playbooks/"); ok {
			playbooks[book] = &fstest.MapFile{Data: []byte(text)}
			continue
		}
		documents[name] = &fstest.MapFile{Data: []byte(text)}
	}
	documents["programs/calls.json"] = &fstest.MapFile{Data: derived(documents)}
	return documents, playbooks
}

// derived is what the linter would keep of the programs: each calls x:CloseThing, and has an undo when its
// header says so.
func derived(documents fstest.MapFS) []byte {
	all := map[string]program.Derived{}
	for name, file := range documents {
		stem, is := strings.CutSuffix(strings.TrimPrefix(name, "programs/"), ".py")
		if !is || !strings.HasPrefix(name, "programs/") {
			continue
		}
		d := program.Derived{Sum: program.Sum("runtime", string(file.Data)), Repair: program.Function{
			Parameters: map[string]string{"Name": "String", "Ports": "StringList", "Retries": "Integer"},
			Calls:      map[string][]string{"x:CloseThing": {"Name"}},
		}}
		if header := documents["programs/"+stem+".yaml"]; header != nil &&
			strings.Contains(string(header.Data), "undo: ") {
			d.Undo = &program.Function{Parameters: map[string]string{"Name": "String"},
				Calls: map[string][]string{"ssm:GetAutomationExecution": {"AutomationExecutionId"}}}
		}
		all[stem] = d
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // maps of texts can be written
	}
	return text
}

const removed = "\x00"

// with replaces one part of a text and fails the test when the part is not there.
func with(t *testing.T, text, old, new string) string {
	t.Helper()
	if strings.Count(text, old) != 1 {
		t.Fatalf("%q is in the text %d times", old, strings.Count(text, old))
	}
	return strings.Replace(text, old, new, 1)
}

func TestLoad(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load(files(map[string]string{
		"controls/A.2.yaml": strings.NewReplacer("X.1", "A.2", "4.1", "4.2").Replace(goodControl),
		"README.md":         "not data",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Controls) != 2 || c.Controls[0].ID != "A.2" || c.Controls[1].ID != "X.1" {
		t.Errorf("controls = %+v", c.Controls)
	}
	if got, ok := c.Control(finding.Finding{Standard: "some-standard/v/1.0.0", Rule: "4.2"}); !ok || got.ID != "A.2" {
		t.Errorf("rule 4.2 is %q", got.ID)
	}
	if g, ok := c.Playbooks[0].Group("s41"); !ok || g.Parameter() != "S41AutoRemediation" {
		t.Errorf("group = %+v", g)
	}
	if r, ok := c.Runbook("CloseThing"); !ok || !strings.Contains(string(r.Text), "Closes a thing.") ||
		r.File() != "programs/CloseThing.py" {
		t.Errorf("runbook = %q", r.Text)
	}
}

// A control that only a person can repair has a guide and no runbook.
func TestLoadGuide(t *testing.T) {
	t.Parallel()
	const guide = "id: A.3\ntitle: t\nguide: Ask the owner.\nframeworks: {some-standard/v/1.0.0: \"4.3\"}\n"
	c, err := catalog.Load(files(map[string]string{"controls/A.3.yaml": guide}))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Controls) != 1 || len(c.Guides) != 1 {
		t.Errorf("controls %+v, guides %+v", c.Controls, c.Guides)
	}
	if got, ok := c.Control(finding.Finding{ControlID: "a.3"}); !ok || got.Guide != "Ask the owner." {
		t.Errorf("A.3 is %+v", got)
	}
	refused(t, map[string]string{"controls/A.3.yaml": with(t, guide, "Ask the owner.", "Ask them")},
		"controls/A.3.yaml", "guide must be sentences")
}

// Some standards give one number to two controls. It then identifies neither, but each of their other numbers does.
func TestNumberOfTwoControls(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load(files(map[string]string{
		"controls/A.2.yaml": strings.NewReplacer("X.1", "A.2", "4.1", "4.2, 4.1").Replace(goodControl),
	}))
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[string]string{"4.1": "", "4.2": "A.2"} {
		if got, ok := c.ByRule("some-standard/v/1.0.0", number); got.ID != want || ok != (want != "") {
			t.Errorf("%s is %q", number, got.ID)
		}
	}
}

func TestLoadRefusesControls(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ old, new, want string }{
		"unknown key":          {"risk: low", "risk: low\nrisks: low", "unknown field"},
		"key twice":            {"risk: low", "risk: low\nrisk: low", "already defined"},
		"not YAML":             {"risk: low", "risk: [", ""},
		"id of another form":   {"id: X.1", "id: X-1", "<Service>.<number>"},
		"id differs from file": {"id: X.1", "id: X.2", "differs from the file's name"},
		"no title":             {"title: Things should be closed", "title: ''", "title is missing"},
		"repair no sentence":   {"The thing is closed.", "closed", "repair must be a sentence"},
		"scope":                {"scope: regional", "scope: national", "scope"},
		"no resource type":     {"type: AwsThing, ", "", "type and an id"},
		"no frameworks":        {`{some-standard/v/1.0.0: "4.1"}`, "{}", "frameworks is empty"},
		"framework name":       {"some-standard/v/1.0.0", "Some Standard", "framework"},
		"framework rule":       {`"4.1"`, `"4 1"`, "framework"},
		"approval no sentence": {"risk: low", "approval: yes it is\nrisk: low", "approval must be a sentence"},
		"a guide and a runbook": {"risk: low", "guide: Do it yourself.\nrisk: low",
			"a control with a guide has only an id"},
		"risk": {"risk: low", "risk: none", "risk"},
		"a negative evidenceLag": {"risk: low", "evidenceLag: -1h\nrisk: low",
			"evidenceLag -1h0m0s is not from 0 to 24h0m0s"},
		"evidenceLag of days":     {"risk: low", "evidenceLag: 25h\nrisk: low", "evidenceLag 25h0m0s is not from 0"},
		"evidenceLag of no unit":  {"risk: low", "evidenceLag: 4\nrisk: low", ""},
		"no riskReason":           {"riskReason: None to speak of.", "", "riskReason"},
		"irreversible, no reason": {"reversible: true", "reversible: false", "irreversible"},
		"reversible and not":      {"reversible: true", "reversible: true\nirreversible: It is gone.", "irreversible"},
		"no such runbook":         {"runbook: CloseThing", "runbook: OpenThing", "programs/OpenThing.py not found"},
		"unknown parameter":       {`{Name: "{Name}"`, `{Name: "{Name}", Nmae: x`, "no parameter Nmae"},
		"the role": {`{Name: "{Name}"`, `{Name: "{Name}", AutomationAssumeRole: x`,
			"no parameter AutomationAssumeRole"},
		"missing parameter":      {`Name: "{Name}", `, "", "needs the parameter Name"},
		"list for a text":        {`Name: "{Name}"`, `Name: ["{Name}"]`, "must be a list if, and only if"},
		"text for a list":        {`["22"]`, `"22"`, "must be a list if, and only if"},
		"value not allowed":      {`["22"]`, `["22", "23"]`, `has "23", which the runbook's allowedPattern`},
		"not captured":           {`Name: "{Name}"`, `Name: "{Id}"`, "{Id}"},
		"not captured in a list": {`["22"]`, `["{Port}"]`, "{Port}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, map[string]string{"controls/X.1.yaml": with(t, goodControl, tc.old, tc.new)},
				"controls/X.1.yaml", tc.want)
		})
	}
}

// Two controls of one runbook can share an execution only if they agree on which parameters are bounds.
func TestLoadRefusesBoundsThatDiffer(t *testing.T) {
	t.Parallel()
	first := with(t, goodControl, `{Name: "{Name}"`, `{Name: "{Name}", Retries: {atMost: 3}`)
	second := strings.NewReplacer("X.1", "A.2", "4.1", "4.2", "atMost: 3", "atLeast: 2").Replace(first)
	refused(t, map[string]string{"controls/X.1.yaml": first, "controls/A.2.yaml": second}, "controls/X.1.yaml",
		"parameter Retries is atMost here and atLeast in controls/A.2.yaml")
}

// A playbook lists groups only to put several controls into one. Each other control of its standard has a group.
func TestGroupsOfSingleControls(t *testing.T) {
	t.Parallel()
	const short = "id: standard-1\nname: A standard\nversion: 1.0.0\ndescription: Repairs.\n" +
		"framework: some-standard/v/1.0.0\ncustomAction: {id: S1, name: Standard 1}\n"
	c, err := catalog.Load(files(map[string]string{
		"playbooks/standard-1.yaml": short,
		"controls/A.2.yaml":         strings.NewReplacer("X.1", "A.2", "4.1", "4.10").Replace(goodControl),
		"controls/A.3.yaml":         "id: A.3\ntitle: t\nguide: Ask.\nframeworks: {some-standard/v/1.0.0: \"4.3\"}\n",
		"controls/A.4.yaml":         strings.NewReplacer("X.1", "A.4", "some-", "other-").Replace(goodControl),
	}))
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	p := c.Playbooks[0]
	for _, g := range p.Groups {
		titles = append(titles, g.ID+" "+g.Title)
	}
	if diff := cmp.Diff([]string{"X1 4.1 X.1", "A2 4.10 A.2"}, titles); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	actions := p.CustomActions()
	if len(actions) != 1 || !slices.Equal(actions[0].Controls, []string{"X.1", "A.2", "A.3"}) {
		t.Errorf("custom actions %+v", actions)
	}
	refused(t, map[string]string{"playbooks/standard-1.yaml": strings.Replace(short, "some-", "no-", 1)},
		"standard-1.yaml", "0 groups, must be 1 to 150")
}

// Each of these would go wrong only when a finding arrives.
func TestLoadRefusesControlsThatCannotBind(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ old, new, want string }{
		"captured twice":      {"thing/{Name}", "thing/{Name}/{Name}", "{Name}"},
		"a brace left open":   {"thing/{Name}", "thing/{Name}/{Id", "{"},
		"a part with a digit": {"thing/{Name}", "thing/{Name}/{Id2}", "{Id2}"},
		"parameter is null":   {`Name: "{Name}"`, `Name: null`, "Name"},
		"parameter is a map":  {`Name: "{Name}"`, `Name: {a: b}`, "Name"},
		"a bound of no number": {`Name: "{Name}"`, `Name: {atMost: x}`,
			"parameter Name has the bound x, which is not a whole number"},
		"two bounds":          {`Name: "{Name}"`, `Name: {atMost: 2, atLeast: 1}`, "Name"},
		"a bound in a list":   {`["22"]`, `[{atMost: 22}]`, "Ports"},
		"list is empty":       {`["22"]`, `[]`, "Ports"},
		"list in a list":      {`["22"]`, `[["22"]]`, "Ports"},
		"a brace in a value":  {`Name: "{Name}"`, `Name: "{Name"`, "parameter Name is invalid"},
		"a brace in a list":   {`["22"]`, `["22}"]`, "parameter Ports is invalid"},
		"own part twice":      {"thing/{Name}", "{account}/{Name}", "captures {account} twice"},
		"a number with a dot": {`["22"]`, `[2.2]`, "parameter Ports has 2.2"},
		"a second document":   {"reversible: true\n", "reversible: true\n---\nid: X.1\n", "more than one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, map[string]string{"controls/X.1.yaml": with(t, goodControl, tc.old, tc.new)},
				"controls/X.1.yaml", tc.want)
		})
	}
}

func TestLoadRefusesPlaybooks(t *testing.T) {
	t.Parallel()
	const long = "A23456789012345678901"
	for name, tc := range map[string]struct{ old, new, want string }{
		"unknown key":            {"version: 1.0.0", "version: 1.0.0\nverion: x", "unknown field"},
		"id differs from file":   {"id: standard-1", "id: standard-2", "differs from the file's name"},
		"no name":                {"name: A standard", "name: ''", "name and description"},
		"version":                {"version: 1.0.0", "version: '1.0'", "version"},
		"framework":              {"framework: some-standard/v/1.0.0", "framework: some standard", "framework"},
		"custom action too long": {"name: Standard 1", "name: " + long, "1 to 20"},
		"no custom action":       {"{id: S1, name: Standard 1}", "{}", "letters and digits"},
		"custom action of a group": {"controls: [X.1]}", "controls: [X.1], separate: true}\n  - " +
			"{id: s41, title: S 4.2, description: Again., controls: [X.1]}", "group s41: X.1 is in group S41 already"},
		"group id":          {"id: S41", "id: S-41", "letters and digits"},
		"group id too long": {"id: S41", "id: " + long, "1 to 20"},
		"title too long":    {"title: S 4.1", "title: " + long, "1 to 20"},
		"no title":          {"title: S 4.1", "title: ''", "1 to 20"},
		"no description":    {"description: Closes things.", "description: ''", "description is missing"},
		"no controls":       {"[X.1]", "[]", "controls is empty"},
		"control twice":     {"[X.1]", "[X.1, X.1]", "X.1 is in group S41 already"},
		"control in two": {"controls: [X.1]}",
			"controls: [X.1]}\n  - {id: S42, title: S 4.2, description: Again., controls: [X.1]}",
			"group S42: X.1 is in group S41 already"},
		"a second document": {"version: 1.0.0", "version: 1.0.0\n---\nid: standard-1", "more than one"},
		"no such control":   {"[X.1]", "[X.1, X.9]", "controls/X.9.yaml not found"},
		"not in the framework": {"framework: some-standard/v/1.0.0", "framework: other/v/1.0.0",
			"no number in other/v/1.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, map[string]string{"playbooks/standard-1.yaml": with(t, goodPlaybook, tc.old, tc.new)},
				"standard-1.yaml", tc.want)
		})
	}
}

func TestLoadRefusesFiles(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		edits map[string]string
		file  string
		want  string
	}{
		"no controls": {map[string]string{"controls/X.1.yaml": removed}, "controls/*.yaml", "no file"},
		"no programs": {map[string]string{"programs/CloseThing.py": removed}, "controls/X.1.yaml",
			"programs/CloseThing.py not found"},
		"no header": {map[string]string{"programs/CloseThing.yaml": removed}, "programs/CloseThing.py",
			"read the header"},
		"no runtime": {map[string]string{"runtime/hubmend_runtime.py": removed}, "runtime",
			"read the runtime of programs"},
		"no playbooks":   {map[string]string{"playbooks/standard-1.yaml": removed}, "*.yaml", "no file"},
		"no permissions": {map[string]string{"permissions/x.yaml": removed}, "permissions/*.yaml", "no file"},
		"permissions too wide": {
			map[string]string{"permissions/x.yaml": `x:CloseThing: {actions: ["x:*"], resources: ["*"], reason: r}`},
			"permissions/x.yaml", "x:*"},
		"control empty": {map[string]string{"controls/X.1.yaml": ""}, "controls/X.1.yaml", "the file is empty"},
		"header of another key": {map[string]string{"programs/CloseThing.yaml": goodHeader + "x: y\n"},
			"programs/CloseThing.py", "unknown field"},
		"program nobody uses": {map[string]string{"programs/Other.py": "other", "programs/Other.yaml": goodHeader},
			"programs/Other.py", "no control uses it"},
		"group of two playbooks": {
			map[string]string{"playbooks/standard-2.yaml": strings.Replace(goodPlaybook, "standard-1", "standard-2",
				1)}, "standard-2.yaml", "custom action S1 already exists",
		},
		"everything at once": {
			map[string]string{"controls/X.1.yaml": "x: 1", "programs/CloseThing.yaml": "x: 1",
				"playbooks/standard-1.yaml": "x: 1"}, "programs/CloseThing.py", "standard-1.yaml",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, tc.edits, tc.file, tc.want)
		})
	}
}

// An undo exists exactly when a control that uses the program is reversible.
func TestLoadRefusesUndos(t *testing.T) {
	t.Parallel()
	const header = "programs/CloseThing.yaml"
	for name, tc := range map[string]struct{ file, text, in, want string }{
		"none": {header, with(t, goodHeader, "undo: Opens a thing.\n", ""), "controls/X.1.yaml",
			"the control is reversible, but programs/CloseThing.py has no undo"},
		"of an irreversible": {"controls/X.1.yaml",
			with(t, goodControl, "reversible: true", "irreversible: It is gone."), "programs/CloseThing.py",
			"no control uses it: no control that uses CloseThing is reversible"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, map[string]string{tc.file: tc.text}, tc.in, tc.want)
		})
	}
	documents, playbooks := files(map[string]string{header: with(t, goodHeader, "undo: Opens a thing.\n", ""),
		"controls/X.1.yaml": with(t, goodControl, "reversible: true", "irreversible: It is gone.")})
	if _, err := catalog.Load(documents, playbooks); err != nil {
		t.Errorf("neither reversible nor an undo: %v", err)
	}
}

// Of two controls with one repair, one may be reversible alone.
func TestUndoOfAControl(t *testing.T) {
	t.Parallel()
	irreversible := strings.NewReplacer("X.1", "A.2", "4.1", "4.2", "reversible: true",
		"irreversible: It is gone.").Replace(goodControl)
	c, err := catalog.Load(files(map[string]string{"controls/A.2.yaml": irreversible}))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"X.1": "UndoCloseThing", "A.2": ""} {
		control, _ := c.ByID(id)
		if r, ok := c.Undo(control); ok != (want != "") || r.Name != want {
			t.Errorf("the undo of %s is %q, %t; want %q", id, r.Name, ok, want)
		}
	}
}

func refused(t *testing.T, edits map[string]string, file, want string) {
	t.Helper()
	c, err := catalog.Load(files(edits))
	if err == nil || c != nil {
		t.Fatalf("Load gave a catalog: %t, and the error %v; want an error that says %q", c != nil, err, want)
	}
	if text := err.Error(); !strings.Contains(text, file) || !strings.Contains(text, want) {
		t.Errorf("Load error = %q, want it to name %s and to say %q", text, file, want)
	}
}

func TestPolicyOfACallWithoutPermission(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load(
		files(map[string]string{"permissions/x.yaml": `y:Other: {actions: ["y:Other"], resources: ["*"], reason: r}`}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Policy(c.Runbooks[0]); err == nil || !strings.Contains(err.Error(), "programs/CloseThing.py") ||
		!strings.Contains(err.Error(), "x:CloseThing") {
		t.Errorf("Policy error = %v", err)
	}
}
