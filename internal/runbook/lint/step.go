package lint

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"hubmend/internal/jsonpath"
	"hubmend/internal/runbook"
)

// action checks what is particular to a step's action. An action that is not listed here
// is one that runbooks of this project do not use.
func (l *linter) action(s runbook.Step, loops []string) {
	switch s.Action {
	case "aws:executeAwsApi":
		l.api(s, "Service", "Api")
	case "aws:assertAwsResourceProperty", "aws:waitForAwsResourceProperty":
		l.api(s, "Service", "Api", "PropertySelector", "DesiredValues")
		l.property(s)
	case "aws:executeScript":
		l.script(s)
	case "aws:loop":
		inner, err := s.Loop()
		if err != nil || len(inner) == 0 {
			l.add(s.Name, "Steps must be a list of steps: %v", err)
		}
		l.steps(inner, append(loops, s.Name))
		l.defined(s, s.Inputs["LoopCondition"], loops)
	case "aws:branch":
		l.branch(s)
	case "aws:sleep":
	default:
		l.add(s.Name, "action %q is not one that runbooks here may use", s.Action)
	}
}

// api checks the call of a step; own are the inputs that are no parameters of the API.
func (l *linter) api(s runbook.Step, own ...string) {
	op, err := l.models.Operation(fmt.Sprint(s.Inputs["Service"]), fmt.Sprint(s.Inputs["Api"]))
	if err != nil {
		l.add(s.Name, "%v", err)
		return
	}
	parameters := maps.Clone(s.Inputs)
	for _, name := range own {
		delete(parameters, name)
	}
	for _, problem := range op.CheckInput(parameters) {
		l.add(s.Name, "%s", problem)
	}
	for _, o := range s.Outputs {
		if !op.HasOutput(o.Selector) {
			l.add(s.Name, "the response of %s has nothing at %s", s.Inputs["Api"], o.Selector)
		}
	}
	if s.TimeoutSeconds == 0 {
		l.add(s.Name, "timeoutSeconds is missing; the default is an hour or more")
	}
}

func (l *linter) property(s runbook.Step) {
	selector := fmt.Sprint(s.Inputs["PropertySelector"])
	if _, err := jsonpath.Compile(selector); err != nil {
		l.add(s.Name, "PropertySelector: %v", err)
	}
	if op, err := l.models.Operation(fmt.Sprint(s.Inputs["Service"]), fmt.Sprint(s.Inputs["Api"])); err == nil && !op.HasOutput(selector) {
		l.add(s.Name, "the response of %s has nothing at %s", s.Inputs["Api"], selector)
	}
	if values, ok := s.Inputs["DesiredValues"].([]any); !ok || len(values) == 0 {
		l.add(s.Name, "DesiredValues must be a list")
	}
}

var scriptImport = regexp.MustCompile(`(?m)^\s*(?:import|from)\s+(boto3|botocore|os|sys|subprocess|socket|urllib|http|requests)\b`)

// script keeps scripts to deciding: whatever calls an API is a step, from which the
// role's policy is derived.
func (l *linter) script(s runbook.Step) {
	text, _ := s.Inputs["Script"].(string)
	handler, _ := s.Inputs["Handler"].(string)
	if runtime := fmt.Sprint(s.Inputs["Runtime"]); !slices.Contains(runtimes, runtime) {
		l.add(s.Name, "Runtime %q is not one of %s", runtime, strings.Join(runtimes, ", "))
	}
	if handler == "" || !regexp.MustCompile(`(?m)^def `+regexp.QuoteMeta(handler)+`\(\w+, \w+\):`).MatchString(text) {
		l.add(s.Name, "Script defines no function %s with two parameters", handler)
	}
	if m := scriptImport.FindStringSubmatch(text); m != nil {
		l.add(s.Name, "a script only decides; it may not import %s", m[1])
	}
	if strings.Contains(text, "{{") {
		l.add(s.Name, "Script contains {{, which Systems Manager would replace; pass values in InputPayload")
	}
	if s.TimeoutSeconds == 0 {
		l.add(s.Name, "timeoutSeconds is missing")
	}
}

func (l *linter) branch(s runbook.Step) {
	choices, ok := s.Inputs["Choices"].([]any)
	if !ok || len(choices) == 0 {
		l.add(s.Name, "Choices must be a list")
	}
	for _, c := range choices {
		choice, ok := c.(map[string]any)
		if !ok || choice["NextStep"] == nil {
			l.add(s.Name, "a choice needs a NextStep")
			continue
		}
		l.condition(s, choice)
	}
}

var operators = []string{
	"StringEquals", "EqualsIgnoreCase", "StartsWith", "EndsWith", "Contains", "NumericEquals", "NumericGreater",
	"NumericLesser", "NumericGreaterOrEquals", "NumericLesserOrEquals", "BooleanEquals",
}

func (l *linter) condition(s runbook.Step, c map[string]any) {
	for key, value := range c {
		switch {
		case key == "NextStep" || key == "Variable" || slices.Contains(operators, key):
		case key == "Not":
			if inner, ok := value.(map[string]any); ok {
				l.condition(s, inner)
			}
		case key == "And" || key == "Or":
			inner, _ := value.([]any)
			for _, x := range inner {
				if m, ok := x.(map[string]any); ok {
					l.condition(s, m)
				}
			}
		default:
			l.add(s.Name, "operator %q does not exist", key)
		}
	}
}

func (l *linter) output(s runbook.Step, o runbook.Output) {
	if !slices.Contains(outputTypes, o.Type) {
		l.add(s.Name, "output %s: type %q does not exist", o.Name, o.Type)
	}
	if _, err := jsonpath.Compile(o.Selector); err != nil {
		l.add(s.Name, "output %s: %v", o.Name, err)
	}
	l.outputs[s.Name+"."+o.Name] = o.Type
}

var system = []string{
	"global:ACCOUNT_ID", "global:DATE", "global:DATE_TIME", "global:REGION", "global:AWS_PARTITION", "automation:EXECUTION_ID",
}

// references checks that everything between {{ and }} is defined by then.
func (l *linter) references(s runbook.Step, loops []string) {
	inputs := maps.Clone(s.Inputs)
	// The steps of a loop, and its condition on them, are checked with the loop; a script
	// may hold no reference at all.
	for _, name := range []string{"Steps", "LoopCondition", "Script"} {
		delete(inputs, name)
	}
	l.defined(s, inputs, loops)
}

func (l *linter) defined(s runbook.Step, value any, loops []string) {
	for _, name := range runbook.References(value) {
		if !l.isDefined(name, loops) {
			l.add(s.Name, "{{ %s }} is not defined by then", name)
		}
	}
}

func (l *linter) isDefined(name string, loops []string) bool {
	if _, ok := l.doc.Parameters[name]; ok {
		return true
	}
	if _, ok := l.outputs[name]; ok || slices.Contains(system, name) {
		return true
	}
	for _, loop := range loops {
		if name == loop+".CurrentIteratorValue" || name == loop+".CurrentIteration" {
			return true
		}
	}
	return false
}
