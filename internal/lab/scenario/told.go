package scenario

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"hubmend/internal/engine/announce"
	"hubmend/internal/engine/announce/contract"
	"hubmend/internal/lab"
)

// filledTold is filled for notifications and events.
func (r *runner) filledTold(e Expectation) (Expectation, error) {
	if e.Notification != nil {
		m := Message{e.Notification.Subject, slices.Clone(e.Notification.Body)}
		texts := []*string{&m.Subject}
		for i := range m.Body {
			texts = append(texts, &m.Body[i])
		}
		for _, text := range texts {
			if err := r.fillText(text); err != nil {
				return e, err
			}
		}
		e.Notification = &m
	}
	if e.Announced != nil {
		details := make([]map[string]any, len(*e.Announced))
		for i, wanted := range *e.Announced {
			filled, err := r.values.fill(wanted)
			if err != nil {
				return e, err
			}
			details[i], _ = filled.(map[string]any)
		}
		e.Announced = &details
	}
	return e, nil
}

func (r *runner) expectNotification(m Message) (passed bool, got string) {
	var near []string // the texts of those whose subject fits
	for _, n := range r.lab.Notices() {
		if !strings.Contains(n.Subject, m.Subject) {
			continue
		}
		if !slices.ContainsFunc(m.Body, func(part string) bool { return !strings.Contains(n.Message, part) }) {
			return true, ""
		}
		near = append(near, n.Message)
	}
	return false, show(near)
}

func (r *runner) expectAnnounced(wanted []map[string]any) (passed bool, got string) {
	left := r.announced()
	got = show(summaries(left))
	for _, w := range wanted {
		i := slices.IndexFunc(left, func(e lab.PutEvent) bool { return includes(normal(e.Detail), normal(w)) })
		if i < 0 {
			return false, fmt.Sprintf("nothing like %s among %s", show(w), got)
		}
		left = slices.Delete(left, i, i+1)
	}
	return len(left) == 0, got
}

// announced lists the events that Hubmend has put on a bus.
func (r *runner) announced() []lab.PutEvent {
	return slices.DeleteFunc(r.lab.PutEvents(), func(e lab.PutEvent) bool { return e.Source != announce.Source })
}

// summaries are what a person needs to see what is missing.
func summaries(events []lab.PutEvent) []string {
	var all []string
	for _, e := range events {
		control, _ := e.Detail["control"].(map[string]any)
		target, _ := e.Detail["target"].(map[string]any)
		all = append(all, fmt.Sprintf("%v %v %v", e.Detail["state"], control["id"], target["resource"]))
	}
	return all
}

// undocumented lists the events that their schema does not allow. There must be none in any scenario.
func (r *runner) undocumented() []Verdict {
	var all []Verdict
	for _, e := range r.announced() {
		detail, err := json.Marshal(e.Detail)
		if err == nil {
			err = contract.Check(e.DetailType, detail)
		}
		if err != nil {
			all = append(all, Verdict{Text: fmt.Sprintf("an event %q is as docs/events.schema.json says", e.DetailType),
				Got: fmt.Sprintf("%v: %s", err, detail)})
		}
	}
	return all
}
