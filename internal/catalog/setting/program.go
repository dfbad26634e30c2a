package setting

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hubmend/internal/catalog/program"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/engine/control"
	"hubmend/internal/engine/naming"
)

// The calls of the engine and the runtime for a setting, with their parameters.
var (
	chosen = Call{Call: "securityhub:BatchGetSecurityControls", With: map[string]any{"SecurityControlIds": nil}}
	recall = Call{Call: "ssm:GetAutomationExecution", With: map[string]any{"AutomationExecutionId": nil}}
)

// plain matches the values that a parameter may have: names and parts of ARNs.
const plain = `^[A-Za-z0-9._+=@,/:-]{1,512}$`

// Program converts a control's setting to a program. Runtime is the text of the runtime and the engine.
func (s Setting) Program(c control.Control, runtime string) program.Program {
	p := program.Program{Name: c.Runbook, Source: s.source(c),
		Header: program.Header{Repair: s.repairs(c), Parameters: map[string]runbook.Parameter{}}}
	types := map[string]string{}
	for name := range c.Parameters {
		types[name] = "String"
		p.Header.Parameters[name] = runbook.Parameter{Type: "String", Description: described(name, c),
			AllowedPattern: plain}
	}
	reads := slices.Clone(s.Read)
	if s.Parameter != "" {
		reads = append(reads, chosen)
	}
	p.Sum = program.Sum(runtime, p.Source)
	p.Derived.Repair = program.Function{Parameters: types, Calls: calls(reads, s.Write)}
	if !c.Reversible {
		return p
	}
	undo := s.Undo
	if undo == nil {
		undo = s.Write
	}
	p.Header.Undo = fmt.Sprintf(
		"### Restore %s, as before a repair\nUndoes what `%s%s` did, unless it was changed since.", s.What, naming.Mark,
		c.Runbook)
	p.Derived.Undo = &program.Function{Parameters: types, Calls: calls(s.Read, undo, []Call{recall})}
	return p
}

func described(name string, c control.Control) string {
	if c.Parameters[name] == "{"+name+"}" {
		return "The part of the resource's id that is {" + name + "} in " + c.Resource.ID + "."
	}
	return "What the control gives, " + fmt.Sprint(c.Parameters[name]) + "."
}

// repairs returns the description of the repair's document.
func (s Setting) repairs(c control.Control) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\nFor %s, %q. Reads %s (`%s`) and sets it to `%s` unless it is so already.\n",
		strings.TrimSuffix(c.Repair, "."), c.ID, c.Title, s.What, s.Value, s.goal())
	fmt.Fprintf(&b, "Risk: %s. %s\n", c.Risk, strings.TrimSpace(c.RiskReason))
	for _, r := range s.Skip {
		fmt.Fprintf(&b, "- Nothing to change when `%s`: %s\n", r.When, r.Say)
	}
	for _, r := range s.Refuse {
		fmt.Fprintf(&b, "- Refused when `%s`: %s\n", r.When, r.Say)
	}
	return b.String()
}

// goal returns a short description of the required value.
func (s Setting) goal() string {
	var parts []string
	for _, part := range []struct {
		word  string
		value any
		given bool
	}{
		{"", s.Want, s.Want != nil}, {"at least ", s.AtLeast, s.AtLeast != nil},
		{"at most ", s.AtMost, s.AtMost != nil},
		{"have ", s.Add, len(s.Add) > 0}, {"lack ", s.Remove, len(s.Remove) > 0},
	} {
		if text, err := json.Marshal(part.value); err == nil && part.given {
			parts = append(parts, part.word+string(text))
		}
	}
	if s.Parameter != "" {
		parts = append(parts, "or Security Hub's parameter "+s.Parameter)
	}
	return strings.Join(parts, ", ")
}

// calls returns each call with all parameters that it has anywhere in the setting.
func calls(uses ...[]Call) map[string][]string {
	all := map[string][]string{}
	for _, c := range slices.Concat(uses...) {
		all[c.Call] = slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(all[c.Call], maps.Keys(c.With)))))
	}
	return all
}

// source returns the Python source of a setting: its declaration and two functions that pass it to the engine.
func (s Setting) source(c control.Control) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SETTING = %s\n", s.declaration(c.ID))
	var signature, given []string
	for _, name := range slices.Sorted(maps.Keys(c.Parameters)) {
		signature = append(signature, ", "+name+": str")
		given = append(given, fmt.Sprintf("%q: %s", name, name))
	}
	arguments := "aws, SETTING, {" + strings.Join(given, ", ") + "}"
	fmt.Fprintf(&b, "\n\ndef repair(aws: Aws%s) -> Outcome:\n    return repair_setting(%s)\n",
		strings.Join(signature, ""), arguments)
	if c.Reversible {
		fmt.Fprintf(&b, "\n\ndef undo(aws: Aws, before: State, after: State%s) -> Outcome:\n    return "+
			"undo_setting(%s, before, after)\n", strings.Join(signature, ""), arguments)
	}
	return b.String()
}

// declaration returns the engine's part of the setting as a Python literal, one line for each field.
func (s Setting) declaration(id string) string {
	fields, _ := plainly(s).(map[string]any)
	if s.Parameter != "" {
		fields["control"] = id
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		fmt.Fprintf(&b, "    %q: %s,\n", name, literal(fields[name]))
	}
	return "{\n" + b.String() + "}"
}

// plainly converts a value to the types of decoded JSON.
func plainly(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // a declaration was YAML
	}
	var plain any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&plain); err != nil {
		panic(err)
	}
	return plain
}

// literal returns a value as a Python literal.
func literal(value any) string {
	switch v := value.(type) {
	case map[string]any:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, literal(name)+": "+literal(v[name]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		var parts []string
		for _, item := range v {
			parts = append(parts, literal(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case bool:
		return map[bool]string{true: "True", false: "False"}[v]
	case nil:
		return "None"
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
