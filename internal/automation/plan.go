package automation

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"hubmend/internal/readonly"
	"hubmend/internal/runbook"
)

// withhold is the failure of a call that a plan does not make.
func withhold(service, api string) *failure {
	return &failure{status: Withheld, reason: fmt.Sprintf("%s:%s would change something", service, api)}
}

// notKnown is the failure of a step of a plan that cannot run.
func notKnown(reason string) *failure { return &failure{status: Unknown, reason: reason} }

// planned says whether a failure is none of the document's, but of a plan, which goes on after it.
func (f *failure) planned() bool { return f != nil && (f.status == Withheld || f.status == Unknown) }

// instead gives the answer to a call that a plan does not make although it only reads, and nothing
// for any other call.
//
// A read that was made before and after which something would have been changed looks at the change,
// so its answer is not known. Systems Manager knows nothing of a plan, so the plan answers for its
// own execution.
func (r *run) instead(service, api string, parameters map[string]any) (map[string]any, error) {
	if !r.Plan || !readonly.Call(service, api) {
		return nil, nil
	}
	if service == "ssm" && api == "GetAutomationExecution" && parameters["AutomationExecutionId"] == r.scope.system["automation:EXECUTION_ID"] {
		return r.execution.record(), nil
	}
	key := service + ":" + api + " " + text(parameters)
	if before, made := r.seen[key]; made && r.withheld > before {
		return nil, notKnown("it looks at what the repair changes")
	}
	r.seen[key] = r.withheld
	return nil, nil
}

// unresolved gives the failure of a step of a plan that needs values which are not known, and nil
// when it needs none. A call that would change something is withheld with what is known of its input.
func (r *run) unresolved(step runbook.Step, inputs map[string]any) *failure {
	missing := r.scope.unknownIn(step.Inputs)
	if step.Action == "aws:loop" {
		missing = r.scope.unknownIn(step.Inputs["Iterators"])
	}
	if len(missing) == 0 {
		return nil
	}
	service, api := text(inputs["Service"]), text(inputs["Api"])
	if step.Action == "aws:executeAwsApi" && !readonly.Call(service, api) {
		return withhold(service, api)
	}
	return notKnown("it needs " + strings.Join(missing, ", ") + ", which is known after the change only")
}

// borne turns the failure of a step that would end a plan into one that is not known, once something
// was withheld: the step may fail because of that.
func (r *run) borne(step runbook.Step, f *failure) *failure {
	if f == nil || f.planned() || r.withheld == 0 || f.inherited || f.status == Cancelled {
		return f
	}
	if !aborts(step, f) && !critical(step) {
		return f
	}
	return notKnown("it fails while nothing is changed: " + f.reason)
}

// leaveOpen notes that what a step of a plan gives is not known.
func (r *run) leaveOpen(step runbook.Step, f *failure) {
	delete(r.scope.outputs, step.Name)
	r.scope.unknown[step.Name] = true
	if f.status == Withheld {
		r.withheld++
	}
	switch step.Action {
	case "aws:updateVariable":
		r.scope.unknown[text(step.Inputs["Name"])] = true
	case "aws:loop":
		inner, err := step.Loop()
		if err == nil {
			r.mayCall(inner)
		}
	}
}

// mayCall notes the calls of steps that a plan cannot say whether they are reached.
func (r *run) mayCall(steps []runbook.Step) {
	runbook.Walk(steps, func(s runbook.Step) {
		service, api := text(s.Inputs["Service"]), text(s.Inputs["Api"])
		if s.Action == "aws:executeAwsApi" && !readonly.Call(service, api) {
			r.execution.MayCall = append(r.execution.MayCall, service+":"+api)
		}
	})
}

// onlyMay leaves of the calls that a plan may make those that it does not make for certain.
func (e *Execution) onlyMay() {
	certain := map[string]bool{}
	for _, s := range e.Steps {
		if s.Status == Withheld {
			certain[text(s.Inputs["Service"])+":"+text(s.Inputs["Api"])] = true
		}
	}
	slices.Sort(e.MayCall)
	e.MayCall = slices.DeleteFunc(slices.Compact(e.MayCall), func(call string) bool { return certain[call] })
}

// isUnknown says whether a reference is to a value that a plan does not know.
func (s *scope) isUnknown(name string) bool {
	if strings.HasPrefix(name, variablePrefix) {
		return s.unknown[name]
	}
	step, _, ok := strings.Cut(name, ".")
	return ok && s.unknown[step]
}

// unknownIn lists the references in a value whose values a plan does not know.
func (s *scope) unknownIn(value any) []string {
	if len(s.unknown) == 0 {
		return nil
	}
	found := map[string]bool{}
	for _, name := range runbook.References(value) {
		if s.isUnknown(name) {
			found[name] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
