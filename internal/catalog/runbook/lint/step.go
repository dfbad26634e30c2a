package lint

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"hubmend/internal/aws/apimodel"
	"hubmend/internal/aws/jsonpath"
	"hubmend/internal/catalog/runbook"
)

// action checks the parts that are specific to a step's action. Actions that are not listed here are not used in this
// project.
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
		l.loop(s, loops)
	case "aws:branch":
		l.branch(s)
	case "aws:sleep":
		l.sleep(s)
	case "aws:updateVariable":
		l.updateVariable(s)
	default:
		l.add(s.Name, "action %q is not one that runbooks here may use", s.Action)
	}
}

// api checks the call of a step. own lists the inputs that are not API parameters.
func (l *linter) api(s runbook.Step, own ...string) {
	op, err := l.models.Operation(fmt.Sprint(s.Inputs["Service"]), fmt.Sprint(s.Inputs["Api"]))
	if err != nil {
		l.add(s.Name, "%v", err)
		return
	}
	l.input(s, op, own)
	l.owner(s, op)
	for _, o := range s.Outputs {
		if !op.HasOutput(o.Selector) {
			l.add(s.Name, "the response of %s has nothing at %s", s.Inputs["Api"], o.Selector)
		}
	}
	if s.TimeoutSeconds == 0 {
		l.add(s.Name, "timeoutSeconds is missing; the default is an hour or more")
	}
}

// input checks the parameters of the step's API call.
func (l *linter) input(s runbook.Step, op apimodel.Operation, own []string) {
	parameters := maps.Clone(s.Inputs)
	for _, name := range own {
		delete(parameters, name)
	}
	for _, problem := range op.CheckInput(parameters) {
		l.add(s.Name, "%s", problem)
	}
}

// expectedOwner is the parameter with which S3 refuses a bucket of another account. A finding has only the bucket's
// name, which does not identify its account.
const (
	expectedOwner = "ExpectedBucketOwner"
	ownAccount    = "{{ global:ACCOUNT_ID }}"
)

func (l *linter) owner(s runbook.Step, op apimodel.Operation) {
	if op.Takes(expectedOwner) && s.Inputs[expectedOwner] != ownAccount {
		l.add(s.Name, "%s must be %q, or the call may be about a bucket of another account", expectedOwner, ownAccount)
	}
}

func (l *linter) property(s runbook.Step) {
	selector := fmt.Sprint(s.Inputs["PropertySelector"])
	if _, err := jsonpath.Compile(selector); err != nil {
		l.add(s.Name, "PropertySelector: %v", err)
	}
	if op, err := l.models.Operation(fmt.Sprint(s.Inputs["Service"]), fmt.Sprint(s.Inputs["Api"])); err == nil &&
		!op.HasOutput(selector) {
		l.add(s.Name, "the response of %s has nothing at %s", s.Inputs["Api"], selector)
	}
	l.desired(s)
}

func (l *linter) desired(s runbook.Step) {
	if values, ok := s.Inputs["DesiredValues"].([]any); !ok || len(values) == 0 {
		l.add(s.Name, "DesiredValues must be a list")
	}
}

// duration is the part of ISO 8601 with a fixed length in seconds.
var duration = regexp.MustCompile(`^P(\d{1,6}D)?(T(\d{1,6}H)?(\d{1,6}M)?(\d{1,6}S)?)?$`)

func (l *linter) sleep(s runbook.Step) {
	text, _ := s.Inputs["Duration"].(string)
	if len(runbook.References(text)) > 0 {
		return
	}
	if !duration.MatchString(text) || strings.HasSuffix(text, "P") || strings.HasSuffix(text, "T") {
		l.add(s.Name, "Duration %q is not an ISO 8601 duration such as PT10M", text)
	}
}

// output checks the outputs of a step. Systems Manager accepts more forms of selectors than this project uses, so
// compile is a parameter.
func (l *linter) output(s runbook.Step, o runbook.Output, compile func(string) (*jsonpath.Path, error)) {
	name := s.Name + "." + o.Name
	if _, ok := l.outputs[name]; ok {
		l.add(s.Name, "output %s is given twice", o.Name)
	}
	if !slices.Contains(outputTypes, o.Type) {
		l.add(s.Name, "output %s: type %q does not exist", o.Name, o.Type)
	}
	if _, err := compile(o.Selector); err != nil {
		l.add(s.Name, "output %s: %v", o.Name, err)
	}
	l.outputs[name] = o.Type
}
