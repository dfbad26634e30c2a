package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"hubmend/internal/aws/eventpattern"
)

// arrival is an event of a failed finding, and the rules that have to send it to the queue.
type arrival struct {
	text   string
	event  func(control string) map[string]any
	needed bool // a control of an ENABLED group needs a rule for it
}

// arrivals are the events that start a repair without a custom action.
func arrivals(v2 bool) []arrival {
	return []arrival{
		{"Security Hub Findings - Imported", asff, true},
		{"Findings Imported V2 (New)", func(control string) map[string]any { return ocsf(control, "New", 1) }, v2},
		{"Findings Imported V2 (In Progress)",
			func(control string) map[string]any { return ocsf(control, "In Progress", 2) }, false},
	}
}

// routing checks with an event for each control that it goes to the queue, and reports what is sent twice. That costs a
// message, and starts one repair: two playbooks may have a control ENABLED.
func (e *examination) routing(ctx context.Context, rules map[string]rule) (report, error) {
	r := report{}
	v2, err := e.v2(ctx)
	if err != nil {
		return r, err
	}
	patterns, err := enabledPatterns(rules)
	if err != nil {
		return r, err
	}
	for _, a := range arrivals(v2) {
		twice, unrouted := map[string][]string{}, []string{}
		for control, needed := range e.controls() {
			event := a.event(control)
			var by []string
			for _, name := range sorted(patterns) {
				if patterns[name].Match(event) {
					by = append(by, name)
				}
			}
			switch {
			case len(by) > 1:
				names := strings.Join(by, " and ")
				twice[names] = append(twice[names], control)
			case len(by) == 0 && needed && a.needed:
				unrouted = append(unrouted, control)
			}
		}
		for _, names := range sorted(twice) {
			slices.Sort(twice[names])
			r.add(report{found: fmt.Sprintf("rules %s both match %s of %s, which counts once", names, a.text,
				summary(twice[names]))})
		}
		if slices.Sort(unrouted); len(unrouted) > 0 {
			r.problem("hubmend playbook update --version VERSION", "no enabled rule matches %s of %s", a.text,
				summary(unrouted))
		}
	}
	return r, nil
}

// controls returns the controls of all launched playbooks, and whether they belong to an ENABLED group.
func (e *examination) controls() map[string]bool {
	all := map[string]bool{}
	for _, s := range e.launched() {
		for id, value := range s.groups() {
			for _, p := range e.Catalog.Playbooks {
				g, _ := p.Group(id)
				for _, control := range g.Controls {
					all[control] = all[control] || value == "ENABLED"
				}
			}
		}
	}
	return all
}

func enabledPatterns(rules map[string]rule) (map[string]*eventpattern.Pattern, error) {
	all := map[string]*eventpattern.Pattern{}
	for name, one := range rules {
		if one.state != "ENABLED" || one.pattern == "" {
			continue
		}
		p, err := eventpattern.Compile([]byte(one.pattern))
		if err != nil {
			return nil, err
		}
		all[name] = p
	}
	return all, nil
}

func asff(control string) map[string]any {
	return imported("Security Hub Findings - Imported", map[string]any{
		"ProductArn":  "arn:aws:securityhub:us-east-1::product/aws/securityhub",
		"RecordState": "ACTIVE", "Workflow": map[string]any{"Status": "NEW"},
		"Compliance": map[string]any{"Status": "FAILED", "SecurityControlId": control},
	})
}

func ocsf(control, status string, id float64) map[string]any {
	return imported("Findings Imported V2", map[string]any{
		"class_uid": 2003.0, "activity_id": 1.0, "activity_name": "Create", "status": status, "status_id": id,
		"metadata": map[string]any{
			"product": map[string]any{"uid": "arn:aws:securityhub:us-east-1::productv2/aws/securityhub"}},
		"compliance": map[string]any{"control": control, "status": "Fail", "status_id": 3.0},
	})
}

func imported(detailType string, finding map[string]any) map[string]any {
	return map[string]any{"source": "aws.securityhub", "detail-type": detailType,
		"detail": map[string]any{"findings": []any{finding}}}
}
