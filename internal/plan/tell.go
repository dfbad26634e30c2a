package plan

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"hubmend/internal/automation"
	"hubmend/internal/runbook"
	"hubmend/internal/ssmtext"
)

// tell takes from an execution what the runbook would do.
func (p *Plan) tell(e automation.Execution, doc *runbook.Document) {
	why := descriptions(doc)
	p.Calls, p.MayCall = []Call{}, e.MayCall
	for _, s := range e.Steps {
		switch s.Status {
		case automation.Withheld:
			p.Calls = append(p.Calls, Call{Step: s.Name, Why: why[s.Name], API: apiOf(s), Input: inputOf(s)})
		case automation.Unknown:
			p.NotRun = append(p.NotRun, NotRun{Step: s.Name, Why: why[s.Name], Reason: s.Reason})
		}
	}
	p.Before, p.Note = output(e, ".Before"), ""
	if note, ok := output(e, ".Change").(string); ok {
		p.Note = note
	}
	switch {
	case e.Status != automation.Success:
		p.Verdict, p.Reason = Refusal, e.Reason()
	case len(p.Calls) > 0:
		p.Verdict = Change
	default:
		p.Verdict, p.Reason = Compliant, p.Note
	}
}

func descriptions(doc *runbook.Document) map[string]string {
	found := map[string]string{}
	runbook.Walk(doc.MainSteps, func(s runbook.Step) { found[s.Name] = strings.TrimSpace(s.Description) })
	return found
}

// apiOf names the call of a step, as service:Api.
func apiOf(s automation.StepExecution) string {
	service, _ := s.Inputs["Service"].(string)
	api, _ := s.Inputs["Api"].(string)
	return service + ":" + api
}

// inputOf gives the input of a step's call.
func inputOf(s automation.StepExecution) map[string]any {
	input := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.Inputs)) {
		if !slices.Contains([]string{"Service", "Api", "PropertySelector", "DesiredValues"}, name) {
			input[name] = whole(s.Inputs[name])
		}
	}
	return input
}

// output gives the document's output whose name ends so, and nil when it is not known. A text that
// is JSON is decoded; several make a list.
func output(e automation.Execution, suffix string) any {
	for _, name := range slices.Sorted(maps.Keys(e.Outputs)) {
		if !strings.HasSuffix(name, suffix) {
			continue
		}
		values := []any{}
		for _, text := range e.Outputs[name] {
			if text == ssmtext.NoOutput {
				return nil
			}
			values = append(values, decoded(text))
		}
		if len(values) == 1 {
			return values[0]
		}
		return values
	}
	return nil
}

func decoded(text string) any {
	var value any
	if !strings.HasPrefix(text, "{") || json.Unmarshal([]byte(text), &value) != nil {
		return text
	}
	return whole(value)
}

// whole writes numbers of JSON without a fraction where they have none.
func whole(value any) any {
	switch v := value.(type) {
	case float64:
		if v == float64(int64(v)) {
			return int64(v)
		}
	case map[string]any:
		m := make(map[string]any, len(v))
		for key, item := range v {
			m[key] = whole(item)
		}
		return m
	case []any:
		list := make([]any, 0, len(v))
		for _, item := range v {
			list = append(list, whole(item))
		}
		return list
	}
	return value
}
