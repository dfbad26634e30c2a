package program

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"hubmend/internal/aws/readonly"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/engine/naming"
)

// Piece is a stretch of a document's text. A template contains the text of a piece with a name only once, because other
// documents have it too.
type Piece struct {
	Name string // of a shared piece
	Text string
	// Source is the Python source of a piece of the script, without the indentation that Text has.
	Source string
}

// Script returns a shared piece of scripts.
func Script(name, source string) Piece {
	return Piece{Name: name, Text: indented(source), Source: source}
}

// Repair returns the repair's document in pieces, and the calls that its script may make. Runtime is what precedes the
// program in the script. Names are those in the repository.
func (p Program) Repair(runtime []Piece) ([]Piece, []runbook.Call) {
	about, middle := p.Header.Repair+"\n"+calls(p.Derived.Repair), onlyRepair
	if p.Derived.Undo != nil {
		about += "\n`" + naming.Mark + naming.UndoRunbook(p.Name) + "` undoes it."
		middle = repair
	}
	payload := map[string]string{"Mode": "{{ Mode }}", "Expected": "{{ Expected }}"}
	for name := range p.Header.Parameters {
		payload[name] = "{{ " + name + " }}"
	}
	before := []Piece{
		{Text: description(about) + parameters(p.Header.Parameters) + role(p.Name)}, middle,
		{Text: input(flow(payload))},
	}
	return slices.Concat(before, p.script(runtime, handler("run_repair(repair", p.Derived.Repair))),
		p.Derived.Repair.made()
}

// Undo returns the undo's document in pieces, and the calls that its script may make.
func (p Program) Undo(runtime []Piece) ([]Piece, []runbook.Call) {
	name := naming.UndoRunbook(p.Name)
	about := p.Header.Undo + "\n" + calls(*p.Derived.Undo)
	last := handler(fmt.Sprintf("run_undo(undo, %q", naming.Mark+p.Name), *p.Derived.Undo)
	return slices.Concat([]Piece{{Text: description(about) + role(name)}, undo}, p.script(runtime, last)),
		p.Derived.Undo.made()
}

// script assembles the script. The program's own piece is shared by the documents of its repair and its undo.
func (p Program) script(runtime []Piece, last string) []Piece {
	return slices.Concat(runtime,
		[]Piece{Script(p.Name, "\n\n"+WithoutRuntime(p.Source)), {Text: indented("\n\n" + last)}})
}

// own matches the lines with which a program or the engine of settings imports the runtime.
var own = regexp.MustCompile(`(?m)^from (hubmend_runtime|__future__) import [^\n]*\n\n?`)

// WithoutRuntime returns Python source as it follows the runtime in a document.
func WithoutRuntime(source string) string { return own.ReplaceAllString(source, "") }

// handler is the function that Systems Manager calls. Its lines are short, because a traceback shows them before the
// program's message, and long messages may be truncated.
func handler(run string, f Function) string {
	return "CALLS = " + table(f) + "\n\n\ndef handler(events, context):\n    return " + run +
		", CALLS, events, context)\n"
}

// margin is the indentation of a document's script.
const margin = "      "

// indented returns Python source with the indentation of a document.
func indented(text string) string {
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

// description is the beginning of a document, which has at least one parameter.
func description(text string) string {
	return "description: |\n" + strings.TrimRight(indent("  ", text), "\n") + "\nparameters:\n"
}

// role is the beginning of the parameter that frames continue.
func role(name string) string {
	return "  AutomationAssumeRole:\n    allowedPattern: ^arn:aws[a-z-]*:iam::[0-9]{12}:role/" + naming.Mark + name +
		"$\n"
}

// The frames of documents: what all repairs have, those without an undo, and all undos.
var (
	repair     = Piece{Name: "repair", Text: frame(planning, repairs, "Before", "After", "Calls", "Planned", "Digest")}
	onlyRepair = Piece{Name: "onlyRepair", Text: frame(planning, repairs, "Before", "Calls", "Planned", "Digest")}
	undo       = Piece{Name: "undo",
		Text: frame(execution, undoes, "Before", "After", "Calls") + input(`{"ExecutionId": "{{ ExecutionId }}"}`)}
)

const (
	repairs = "Read the resource, decide, change it and verify the change."
	undoes  = "Read the repair, compare the resource with what it left, restore the previous state and verify."
	// planning has the parameters of every repair.
	planning = `  Mode:
    type: String
    description: With plan, nothing is changed. Planned has the calls that would change something.
    allowedValues: [repair, plan]
    default: repair
  Expected:
    type: String
    description: The Digest of a plan. The repair is refused if what it reads, or would do, has changed since.
    allowedPattern: ^([0-9a-f]{64})?$
    default: ""
`
	// execution is the only parameter of an undo besides the role.
	execution = `  ExecutionId:
    type: String
    description: The id of the repair, an execution of the runbook that this one undoes, in this account and Region.
    allowedPattern: ^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$
`
)

// input is the end of what precedes the script.
func input(payload string) string { return "    InputPayload: " + payload + "\n    Script: |\n" }

// kinds are the types of outputs that are no lists.
var kinds = map[string]string{"Change": "String", "Digest": "String"}

// frame is what precedes the input of the script: the other parameters, and the step with these outputs and Change.
func frame(parameters, step string, outputs ...string) string {
	var names, selectors string
	for _, name := range slices.Insert(outputs, 0, "Change") {
		names += "- run." + name + "\n"
		selectors += fmt.Sprintf("  - {Name: %s, Selector: $.Payload.%[1]s, Type: %s}\n", name,
			cmp.Or(kinds[name], "StringList"))
	}
	return `    type: String
    description: The ARN of the role that the script runs under.
` + parameters + `schemaVersion: "0.3"
assumeRole: "{{ AutomationAssumeRole }}"
outputs:
` + names + `mainSteps:
- name: run
  action: aws:executeScript
  description: ` + step + `
  timeoutSeconds: 600
  isEnd: true
  outputs:
` + selectors + `  inputs:
    Runtime: python3.11
    Handler: handler
`
}
