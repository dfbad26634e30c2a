package program_test

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/program"
	"hubmend/internal/catalog/runbook"
	ssmdocuments "hubmend/ssm-documents"
)

const header = `
repair: |
  ### Close a door
  It is closed.
undo: |
  ### Open it again
parameters:
  Door: {type: String, description: The door., allowedPattern: "^d-[0-9]+$"}
  Keys: {type: StringList, allowedPattern: "^k$", minItems: 1}
`

// before is what precedes a program.
var before = []program.Piece{program.Script("runtime", runtime)}

// joined is the text of a document.
func joined(pieces []program.Piece) string {
	var text string
	for _, piece := range pieces {
		text += piece.Text
	}
	return text
}

const (
	runtime = "\"\"\"Shared.\"\"\"\n\nimport boto3\n"
	source  = "\"\"\"Doors.\"\"\"\n\nfrom hubmend_runtime import Aws, Outcome\n\n\ndef repair(aws: Aws, Door: str, " +
		"Keys: list[str]) -> Outcome:\n    return None\n"
)

// door is a program of which everything fits together, with some of it changed.
func door(t *testing.T, edit func(*program.Program)) program.Program {
	t.Helper()
	h, err := program.ParseHeader([]byte(header))
	if err != nil {
		t.Fatal(err)
	}
	p := program.Program{Name: "CloseDoor", Header: h, Source: source, Derived: program.Derived{
		Sum: program.Sum(runtime, source),
		Repair: program.Function{Parameters: map[string]string{"Door": "String", "Keys": "StringList"},
			Calls: map[string][]string{"ec2:DescribeDoors": {"Door"}, "ec2:CloseDoor": {"Door", "Key"}}},
		Undo: &program.Function{Parameters: map[string]string{"Door": "String"},
			Calls: map[string][]string{"ec2:OpenDoor": {"Door"},
				"ssm:GetAutomationExecution": {"AutomationExecutionId"}}},
	}}
	if edit != nil {
		edit(&p)
	}
	return p
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		edit func(*program.Program)
		want string
	}{
		"right":          {nil, ""},
		"another source": {func(p *program.Program) { p.Source += "\n" }, "run make generate"},
		"an undo without its text": {func(p *program.Program) { p.Header.Undo = "" },
			"must describe an undo if, and only if"},
		"text without its undo": {func(p *program.Program) { p.Derived.Undo = nil },
			"must describe an undo if, and only if"},
		"one parameter more": {
			func(p *program.Program) { p.Header.Parameters["More"] = runbook.Parameter{Type: "String"} },
			"but the header has"},
		"another type": {func(p *program.Program) { p.Derived.Repair.Parameters["Keys"] = "String" },
			"but the header has"},
		"an undo that takes more": {func(p *program.Program) { p.Derived.Undo.Parameters["Key"] = "String" },
			"undo has the parameter Key, which"},
	} {
		err := door(t, tc.edit).Check(runtime)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	if err := door(t, nil).Check(runtime + "\n"); err == nil {
		t.Error("another runtime is taken")
	}
}

func TestHeaderIsStrict(t *testing.T) {
	t.Parallel()
	for _, text := range []string{header + "more: 1\n", header + "---\nrepair: x\n", "repair: [1]"} {
		if h, err := program.ParseHeader([]byte(text)); err == nil {
			t.Errorf("%q gives %+v", text, h)
		}
	}
}

// documentOf reads a document that was put together.
func documentOf(t *testing.T, text string) *runbook.Document {
	t.Helper()
	doc, err := runbook.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return doc
}

func TestRepair(t *testing.T) {
	t.Parallel()
	pieces, calls := door(t, nil).Repair(before)
	doc := documentOf(t, joined(pieces))
	if diff := gocmp.Diff([]runbook.Call{{Name: "ec2:CloseDoor", Parameters: []string{"Door", "Key"}},
		{Name: "ec2:DescribeDoors", Parameters: []string{"Door"}}}, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	wantDescription := "### Close a door\nIt is closed.\n\nIt reads with ec2:DescribeDoors.\nIt changes something " +
		"with ec2:CloseDoor, and nothing else.\n`hubmend-UndoCloseDoor` undoes it.\n"
	if diff := gocmp.Diff(wantDescription, doc.Description); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
	if p := doc.Parameters["Door"]; p.AllowedPattern != "^d-[0-9]+$" || doc.Parameters["Keys"].MinItems != 1 ||
		!strings.HasSuffix(doc.Parameters["AutomationAssumeRole"].AllowedPattern, "role/hubmend-CloseDoor$") {
		t.Errorf("parameters %+v", doc.Parameters)
	}
	if diff := gocmp.Diff([]string{"run.Change", "run.Before", "run.After", "run.Calls", "run.Planned", "run.Digest"},
		doc.Outputs); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	step := doc.MainSteps[0]
	if diff := gocmp.Diff(map[string]any{"Door": "{{ Door }}", "Keys": "{{ Keys }}", "Mode": "{{ Mode }}",
		"Expected": "{{ Expected }}"},
		step.Inputs["InputPayload"]); diff != "" || len(doc.MainSteps) != 1 || step.Action != "aws:executeScript" {
		t.Errorf("%+v: payload (-want +got):\n%s", step, diff)
	}
	want := runtime + "\n\n\"\"\"Doors.\"\"\"\n\n\ndef repair(aws: Aws, Door: str, Keys: list[str]) -> Outcome:\n   " +
		" return None\n\n\n" +
		"CALLS = {\"ec2:CloseDoor\": \"write\", \"ec2:DescribeDoors\": \"read\"}\n\n\ndef handler(events, context):\n    return run_repair(repair, CALLS, events, context)\n"
	if diff := gocmp.Diff(want, step.Inputs["Script"]); diff != "" {
		t.Errorf("script (-want +got):\n%s", diff)
	}
}

// A template has a text once that several documents have, so only what is a document's own may be in other pieces.
func TestDocumentsShareTheirPieces(t *testing.T) {
	t.Parallel()
	named := map[string]string{}
	own := 0
	p := door(t, nil)
	repair, _ := p.Repair(before)
	undo, _ := p.Undo(before)
	for _, piece := range slices.Concat(repair, undo) {
		switch named[piece.Name] {
		case "", piece.Text:
		default:
			t.Errorf("%s has two texts", piece.Name)
		}
		if piece.Name == "" {
			own += len(piece.Text)
			continue
		}
		named[piece.Name] = piece.Text
	}
	names := slices.Sorted(maps.Keys(named))
	if diff := gocmp.Diff([]string{"CloseDoor", "repair", "runtime", "undo"}, names); diff != "" {
		t.Errorf("pieces (-want +got):\n%s", diff)
	}
	if own > 2200 {
		t.Errorf("the two documents have %d bytes of their own", own)
	}
}

func TestUndo(t *testing.T) {
	t.Parallel()
	pieces, calls := door(t, nil).Undo(before)
	doc := documentOf(t, joined(pieces))
	if len(calls) != 2 || len(doc.Parameters) != 2 || doc.Parameters["ExecutionId"].Type != "String" {
		t.Errorf("calls %v, parameters %v", calls, doc.Parameters)
	}
	script, _ := doc.MainSteps[0].Inputs["Script"].(string)
	if want := "CALLS = {\"ec2:OpenDoor\": \"write\", \"ssm:GetAutomationExecution\": \"read\"}\n\n\ndef " +
		"handler(events, context):\n    return run_undo(undo, \"hubmend-CloseDoor\", CALLS, events, context)\n"; !strings.HasSuffix(script, want) {
		t.Errorf("script ends %q", script[max(0, len(script)-200):])
	}
}

func TestARepairWithoutAnUndo(t *testing.T) {
	t.Parallel()
	pieces, _ := door(t, func(p *program.Program) { p.Derived.Undo, p.Header.Undo = nil, "" }).Repair(before)
	if doc := documentOf(t, joined(pieces)); strings.Contains(doc.Description, "undoes") ||
		strings.Contains(strings.Join(doc.Outputs, " "), "After") {
		t.Errorf("%q, %v", doc.Description, doc.Outputs)
	}
}

// A repair can be planned, and bound to a plan. An undo can be neither.
func TestOnlyARepairIsPlanned(t *testing.T) {
	t.Parallel()
	repair, _ := door(t, nil).Repair(before)
	doc := documentOf(t, joined(repair))
	if p := doc.Parameters["Mode"]; p.Default != "repair" ||
		!slices.Equal(p.AllowedValues, []string{"repair", "plan"}) {
		t.Errorf("Mode is %+v", p)
	}
	if p := doc.Parameters["Expected"]; p.Default != "" || p.AllowedPattern != "^([0-9a-f]{64})?$" {
		t.Errorf("Expected is %+v", p)
	}
	undo, _ := door(t, nil).Undo(before)
	if text := joined(undo); strings.Contains(text, "Mode:") || strings.Contains(text, "Digest, Selector") {
		t.Errorf("the undo has what plans have:\n%s", text)
	}
	pieces, _ := door(t, func(p *program.Program) {
		p.Header.Parameters["Mode"] = runbook.Parameter{Type: "String"}
	}).Repair(before)
	if _, err := runbook.Parse([]byte(joined(pieces))); err == nil {
		t.Error("a program has a Mode of its own")
	}
}

// The derived data is up to date, and the programs have no problems.
func TestDerivedIsUpToDate(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts Python")
	}
	venv := cmp.Or(os.Getenv("HUBMEND_VENV"), "../../../.venv")
	interpreter, err := filepath.Abs(filepath.Join(venv, "bin", "python"))
	if err != nil {
		t.Fatal(err)
	}
	runtime, sources, err := catalog.Sources(ssmdocuments.Files)
	if err != nil {
		t.Fatal(err)
	}
	derived, problems, err := program.Derive(t.Context(), interpreter, runtime, sources)
	if err != nil || len(problems) > 0 {
		t.Fatalf("%v, %v", problems, err)
	}
	text, err := program.WriteDerived(derived)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := ssmdocuments.Files.ReadFile("programs/calls.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(text), string(kept)); diff != "" {
		t.Errorf("run make generate (-derived +kept):\n%s", diff)
	}
	sources["CloseSecurityGroupPorts"] = strings.Replace(sources["CloseSecurityGroupPorts"],
		"AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupIngres", 1)
	_, problems, err = program.Derive(t.Context(), interpreter, runtime, sources)
	if err != nil || len(problems) != 1 ||
		!strings.HasPrefix(problems[0].String(), "programs/CloseSecurityGroupPorts.py:") ||
		!strings.HasSuffix(problems[0].Text, "the names are botocore's") {
		t.Errorf("%v, %v", problems, err)
	}
}
