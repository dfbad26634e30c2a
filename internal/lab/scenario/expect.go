package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"hubmend/internal/lab"
)

func (r *runner) expect(ctx context.Context, e Expectation, checked map[string]string) (Verdict, error) {
	e, err := r.filled(e)
	v := Verdict{Text: e.describe()}
	switch {
	case err != nil:
	case e.Call != nil:
		v.Passed, v.Got, err = r.expectCall(ctx, e)
	case e.Finding != "":
		v.Passed = true
		if !e.isOnlyV2() {
			v.Passed, v.Got = r.expectFinding(e, checked)
		}
		if v.Passed && e.V2Status+e.V2Comment != "" {
			v.Passed, v.Got = r.expectV2(e)
		}
		if v.Passed && e.Parked+e.Rule+e.Proposal != "" {
			v.Passed, v.Got, err = r.expectParked(ctx, e)
		}
	case e.Executions != nil:
		n := len(r.lab.Executions())
		v.Passed, v.Got = n == *e.Executions, fmt.Sprint(n)
	case e.Notifications != nil:
		var subjects []string
		for _, n := range r.lab.Notices() {
			subjects = append(subjects, n.Subject)
		}
		v.Passed, v.Got = match(*e.Notifications, subjects), show(subjects)
	case e.Notification != nil:
		v.Passed, v.Got = r.expectNotification(*e.Notification)
	case e.Announced != nil:
		v.Passed, v.Got = r.expectAnnounced(*e.Announced)
	case e.Problems != nil:
		var problems []string
		for _, entry := range r.lab.Story() {
			if entry.Kind == lab.KindProblem {
				problems = append(problems, entry.Text)
			}
		}
		v.Passed, v.Got = match(*e.Problems, problems), show(problems)
	case e.Alarms != nil:
		var names []string
		names, err = r.lab.Alarms(ctx)
		v.Passed, v.Got = slices.Equal(slices.Sorted(slices.Values(*e.Alarms)), names), show(names)
	}
	if v.Passed {
		v.Got = ""
	}
	return v, err
}

// filled replaces what stands for a part of a call's result in the texts of an expectation.
func (r *runner) filled(e Expectation) (Expectation, error) {
	for _, text := range []*string{&e.Note, &e.V2Comment} {
		if err := r.fillText(text); err != nil {
			return e, err
		}
	}
	for _, list := range []**[]string{&e.Notifications, &e.Problems} {
		if *list == nil {
			continue
		}
		texts := slices.Clone(**list)
		for i := range texts {
			if err := r.fillText(&texts[i]); err != nil {
				return e, err
			}
		}
		*list = &texts
	}
	return r.filledTold(e)
}

func (r *runner) fillText(text *string) error {
	value, err := r.values.fill(*text)
	if err == nil {
		*text = fmt.Sprint(value)
	}
	return err
}

func (r *runner) expectCall(ctx context.Context, e Expectation) (passed bool, got string, err error) {
	answer, err := r.call(ctx, *e.Call)
	var refused smithy.APIError
	if errors.As(err, &refused) {
		return e.Error == refused.ErrorCode(), err.Error(), nil
	}
	if err != nil || e.Error != "" {
		return false, "an answer without an error", err
	}
	filled := e.Check
	for _, field := range []*any{&filled.Equals, &filled.Contains, &filled.Lacks} {
		if *field, err = r.values.fill(*field); err != nil {
			return false, "", err
		}
	}
	return filled.check(map[string]any(answer), e.Path)
}

func (r *runner) expectFinding(e Expectation, checked map[string]string) (passed bool, got string) {
	f, ok := r.lab.Finding(r.ids[e.Finding])
	if !ok {
		return false, "the finding was not found in Security Hub"
	}
	workflow, _ := f["Workflow"].(map[string]any)
	note, _ := f["Note"].(map[string]any)
	text, _ := note["Text"].(string)
	passed = (e.Workflow == "" || workflow["Status"] == e.Workflow) && strings.Contains(text, e.Note) &&
		(e.Before == "" || e.Before == r.before[e.Finding]) && (e.After == "" || e.After == checked[e.Finding])
	return passed, fmt.Sprintf("%v (check before: %s, after: %s): %s", workflow["Status"], r.before[e.Finding],
		checked[e.Finding], text)
}

// match reports whether there is a text for every wanted part and a part for every text, in any
// order: what happens to different targets at once has none.
func match(parts, texts []string) bool {
	left := slices.Clone(texts)
	for _, part := range parts {
		i := slices.IndexFunc(left, func(text string) bool { return strings.Contains(text, part) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return len(left) == 0
}
