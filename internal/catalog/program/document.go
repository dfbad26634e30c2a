package program

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/goccy/go-yaml"

	"hubmend/internal/aws/readonly"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/engine/naming"
)

// document is the input of a document's template.
type document struct {
	Name, Description, Parameters, Step, Payload string
	Script                                       string
	CanUndo                                      bool
}

// Repair returns the repair's document and the calls that its script may make. Names in it are those in the repository.
func (p Program) Repair(runtime string) (string, []runbook.Call) {
	about := p.Header.Repair + "\n" + calls(p.Derived.Repair)
	if p.Derived.Undo != nil {
		about += "\n`" + naming.Mark + naming.UndoRunbook(p.Name) + "` undoes it."
	}
	payload := map[string]string{}
	for name := range p.Header.Parameters {
		payload[name] = "{{ " + name + " }}"
	}
	last := handler("run_repair(repair", p.Derived.Repair)
	return write(document{
		Name: p.Name, Description: about, Parameters: parameters(p.Header.Parameters), Payload: flow(payload),
		Step: "Read the resource, decide, change it and verify the change.", Script: p.script(runtime, last),
		CanUndo: p.Derived.Undo != nil,
	}), p.Derived.Repair.made()
}

// Planning returns the document for a plan, whose script must not change anything.
func Planning(doc *runbook.Document) *runbook.Document {
	planning, step := *doc, doc.MainSteps[0]
	payload, _ := step.Inputs["InputPayload"].(map[string]any)
	step.Inputs, payload = maps.Clone(step.Inputs), maps.Clone(payload)
	payload["Planning"], step.Inputs["InputPayload"] = true, payload
	planning.MainSteps = []runbook.Step{step}
	return &planning
}

// executionID is the only parameter of an undo besides the role.
const executionID = "ExecutionId"

// Undo returns the undo's document and the calls that its script may make.
func (p Program) Undo(runtime string) (string, []runbook.Call) {
	repair := naming.Mark + p.Name
	given := map[string]runbook.Parameter{executionID: {
		Type: "String", Description: "The id of the repair, an execution of " + repair + " in this account and Region.",
		AllowedPattern: `^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`,
	}}
	last := handler(fmt.Sprintf("run_undo(undo, %q", repair), *p.Derived.Undo)
	return write(document{
		Name: naming.UndoRunbook(p.Name), Description: p.Header.Undo + "\n" + calls(*p.Derived.Undo),
		Parameters: parameters(given),
		Payload:    flow(map[string]string{executionID: "{{ " + executionID + " }}"}), CanUndo: true,
		Step:   "Read the repair, compare the resource with what it left, restore the previous state and verify.",
		Script: p.script(runtime, last),
	}), p.Derived.Undo.made()
}

// own matches the lines with which a program or the engine of settings imports the runtime.
var own = regexp.MustCompile(`(?m)^from (hubmend_runtime|__future__) import [^\n]*\n\n?`)

// WithoutRuntime returns Python source as it follows the runtime in a document.
func WithoutRuntime(source string) string { return own.ReplaceAllString(source, "") }

func (p Program) script(runtime, last string) string {
	return Indented(runtime) + Indented("\n\n"+WithoutRuntime(p.Source)+"\n\n"+last)
}

// handler is the function that Systems Manager calls. Its lines are short, because a traceback shows them before the
// program's message, and long messages may be truncated.
func handler(run string, f Function) string {
	return "CALLS = " + table(f) + "\n\n\ndef handler(events, context):\n    return " + run +
		", CALLS, events, context)\n"
}

// margin is the indentation of a document's script.
const margin = "        "

// Indented returns Python source with the indentation of a document. A template has the runtime only once, in this
// form.
func Indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			b.WriteString(margin)
		}
		b.WriteString(line)
	}
	return b.String()
}

// calls lists the calls of the script in the document's description.
func calls(f Function) string {
	var reads, writes []string
	for _, call := range slices.Sorted(maps.Keys(f.Calls)) {
		if kind(call) == "read" {
			reads = append(reads, call)
		} else {
			writes = append(writes, call)
		}
	}
	return "It reads with " + strings.Join(reads, ", ") + ".\nIt changes something with " + strings.Join(writes, ", ") +
		", and nothing else."
}

func kind(call string) string {
	if service, api, _ := strings.Cut(call, ":"); readonly.Call(service, api) {
		return "read"
	}
	return "write"
}

// table returns the calls as a Python literal for the runtime.
func table(f Function) string {
	kinds := map[string]string{}
	for call := range f.Calls {
		kinds[call] = kind(call)
	}
	return flow(kinds)
}

// flow writes a map in a form that is valid JSON, YAML and Python.
func flow(m map[string]string) string {
	var b strings.Builder
	for i, key := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q: %q", key, m[key])
	}
	return "{" + b.String() + "}"
}

func parameters(all map[string]runbook.Parameter) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text, err := yaml.MarshalWithOptions(map[string]runbook.Parameter{name: all[name]}, yaml.OmitEmpty())
		if err != nil {
			panic(err) // a parameter is made of texts and numbers
		}
		b.WriteString(indent("  ", string(text)))
	}
	return b.String()
}

func indent(by, text string) string {
	return regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(text, by+"$1")
}

var layout = template.Must(template.New("").Parse(`description: |
{{ .Description }}
schemaVersion: "0.3"
assumeRole: "{{ "{{ AutomationAssumeRole }}" }}"
parameters:
  AutomationAssumeRole:
    type: String
    description: The ARN of the role that the script runs under.
    allowedPattern: ^arn:aws[a-z-]*:iam::[0-9]{12}:role/hubmend-{{ .Name }}$
{{ .Parameters }}outputs:
  - run.Change
  - run.Before
{{ if .CanUndo }}  - run.After
{{ end }}  - run.Calls
mainSteps:
  - name: run
    action: aws:executeScript
    description: {{ .Step }}
    timeoutSeconds: 600
    isEnd: true
    outputs:
      - {Name: Change, Selector: $.Payload.Change, Type: String}
      - {Name: Before, Selector: $.Payload.Before, Type: StringList}
      - {Name: After, Selector: $.Payload.After, Type: StringList}
      - {Name: Calls, Selector: $.Payload.Calls, Type: StringList}
    inputs:
      Runtime: python3.11
      Handler: handler
      InputPayload: {{ .Payload }}
      Script: |
{{ .Script }}`))

func write(d document) string {
	d.Description = strings.TrimRight(indent("  ", d.Description), "\n")
	var b strings.Builder
	if err := layout.Execute(&b, d); err != nil {
		panic(err) // the template takes texts
	}
	return b.String()
}
