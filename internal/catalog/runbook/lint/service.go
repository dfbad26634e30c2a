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

// Service returns what Systems Manager would refuse in any document, at creation or when a step runs. It does not check
// this project's rules, nor actions that the lab does not run.
func Service(doc *runbook.Document, text []byte, models *apimodel.Models) []Problem {
	s := &service{linter: &linter{doc: doc, models: models, outputs: map[string]string{}}, steps: map[string]bool{}}
	if len(text) > maxDocumentBytes {
		s.add("", "the document has %d bytes; Systems Manager takes %d", len(text), maxDocumentBytes)
	}
	for _, r := range doc.Refusals() {
		s.add(r.Step, "%s", r.Text)
	}
	s.declarations()
	runbook.Walk(doc.MainSteps, func(step runbook.Step) { s.steps[step.Name] = true })
	s.references("", doc.AssumeRole)
	runbook.Walk(doc.MainSteps, s.step)
	for _, o := range doc.Outputs {
		if step, _, _ := strings.Cut(o, "."); !s.steps[step] {
			s.add("", "outputs: there is no step for %q", o)
		}
	}
	return s.problems
}

// service adds Systems Manager's own rules to the checks that it shares with the project.
type service struct {
	*linter
	steps map[string]bool
}

func (s *service) declarations() {
	for _, name := range slices.Sorted(maps.Keys(s.doc.Parameters)) {
		if kind := s.doc.Parameters[name].Kind(); !slices.Contains(outputTypes, kind) {
			s.add("", "parameter %s: type %q does not exist", name, kind)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.doc.Variables)) {
		if kind := s.doc.Variables[name].Type; !slices.Contains(outputTypes, kind) {
			s.add("", "variable %s: type %q does not exist", name, kind)
		}
	}
}

func (s *service) step(step runbook.Step) {
	inputs := maps.Clone(step.Inputs)
	if step.Action == "aws:loop" {
		delete(inputs, "Steps") // which are steps of their own
	}
	delete(inputs, "Script")
	s.references(step.Name, inputs)
	s.inputs(step)
	for _, o := range step.Outputs {
		s.output(step, o, jsonpath.CompileSelector)
	}
}

func (s *service) inputs(step runbook.Step) {
	switch step.Action {
	case "aws:executeAwsApi":
		s.call(step, "Service", "Api")
	case "aws:assertAwsResourceProperty", "aws:waitForAwsResourceProperty":
		s.call(step, "Service", "Api", "PropertySelector", "DesiredValues")
		if _, err := jsonpath.CompileSelector(fmt.Sprint(step.Inputs["PropertySelector"])); err != nil {
			s.add(step.Name, "PropertySelector: %v", err)
		}
		s.desired(step)
	case "aws:executeScript":
		s.script(step)
	case "aws:loop":
		s.passes(step)
		if condition, ok := step.Inputs["LoopCondition"]; ok {
			s.condition(step, condition)
		}
	case "aws:branch":
		s.branch(step)
	case "aws:sleep":
		if _, until := step.Inputs["Timestamp"]; !until {
			s.sleep(step)
		}
	case "aws:updateVariable":
		s.updateVariable(step)
	}
}

// call checks the API of a step, also in boto3's spelling, and its parameters.
func (s *service) call(step runbook.Step, own ...string) {
	service, api := fmt.Sprint(step.Inputs["Service"]), fmt.Sprint(step.Inputs["Api"])
	if len(runbook.References(service+api)) > 0 {
		return // known only when it runs
	}
	op, err := s.models.Operation(service, s.models.Spelled(service, api))
	if err != nil {
		s.add(step.Name, "%v", err)
		return
	}
	s.input(step, op, own)
}

// scriptReference matches what Systems Manager would replace in a script. It does not replace other double braces.
var scriptReference = regexp.MustCompile(`\{\{\s*[A-Za-z_][\w.:-]*\s*\}\}`)

func (s *service) script(step runbook.Step) {
	text, _ := step.Inputs["Script"].(string)
	handler, _ := step.Inputs["Handler"].(string)
	if m := scriptReference.FindString(text); m != "" {
		s.add(step.Name, "Script contains %s, which Systems Manager would replace; pass values in InputPayload", m)
	}
	_, attached := step.Inputs["Attachment"]
	python := strings.HasPrefix(fmt.Sprint(step.Inputs["Runtime"]), "python")
	if python && !attached &&
		(handler == "" || !regexp.MustCompile(`(?m)^(?:async )?(?:def `+regexp.QuoteMeta(handler)+`\b|`+
			regexp.QuoteMeta(handler)+` *=)`).MatchString(text)) {
		s.add(step.Name, "Script defines no function %q, which is the Handler", handler)
	}
}

// serviceReference matches what Systems Manager treats as a reference. It leaves other text between braces unchanged.
var serviceReference = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_:./-]+)\s*\}\}`)

// references checks that names are defined. An output without a value is not a problem here, because the reference is
// then left as text.
func (s *service) references(step string, value any) {
	for _, text := range texts(value) {
		for _, m := range serviceReference.FindAllStringSubmatch(text, -1) {
			if problem := s.meaningless(m[1]); problem != "" {
				s.add(step, "{{ %s }} %s", m[1], problem)
			}
		}
	}
}

// meaningless returns why a name is not defined, or "".
func (s *service) meaningless(name string) string {
	if strings.HasPrefix(name, "ssm:") {
		return "may stand only in the default of a parameter"
	}
	owner, _, dotted := strings.Cut(name, ".")
	_, parameter := s.doc.Parameters[name]
	if parameter || slices.Contains(system, name) || s.isVariable(name) || dotted && s.steps[owner] {
		return ""
	}
	return "is no parameter, no variable and no output of a step"
}
