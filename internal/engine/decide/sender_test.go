package decide_test

import (
	"strings"
	"testing"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
)

// The sender stays with the attempt, also when a person's request takes it over and when it is retried.
func TestSenderStays(t *testing.T) {
	t.Parallel()
	sent := func(r *decide.Request) { byHand(r); r.Trigger, r.By, r.Sender = finding.CommandLine, ann, bob }
	byService := ask("f1", "e1")
	byService.Sender = "AIDAJXNJGGKNS7OSV23OI"
	for name, tc := range map[string]struct {
		rec      decide.Record
		requests []decide.Request
		want     string
	}{
		"automatic": {record(), []decide.Request{byService}, "attempt 1, automatic)"},
		"a person": {record(), []decide.Request{ask("f1", "e1", sent)},
			"attempt 1, " + ann + ", sent by " + bob + ")"},
		"taken over": {record(), []decide.Request{byService, ask("f2", "e2", sent)},
			"attempt 1, " + ann + ", sent by " + bob + ")"},
	} {
		d := onFindings(t, tc.rec, tc.requests...)
		if a := last(t, d); a.Sender != tc.requests[len(tc.requests)-1].Sender {
			t.Errorf("%s: sent by %q", name, a.Sender)
		}
		if note := d.Announce[0].Note; !strings.Contains(note, tc.want) {
			t.Errorf("%s: %s", name, note)
		}
		failed := decide.OnStartRefused(d.Record, 1, decide.Throttling, "busy", noon, settings)
		if a := last(t, failed); a.Number != 2 || a.Sender != last(t, d).Sender {
			t.Errorf("%s: attempt %d is sent by %q", name, a.Number, a.Sender)
		}
	}
}
