package decide_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
)

var inAnHour = noon.Add(settings.DigestEvery)

func TestCommonCause(t *testing.T) {
	t.Parallel()
	a := decide.Attempt{Control: "X.22", Class: decide.Permission}
	for want, n := range map[string]decide.Notification{
		"failed/X.22/permission": {Kind: decide.NotRepaired, Attempt: a},
		"suspended/X.22/":        {Kind: decide.Exhausted, Attempt: a},
		"contradicted/X.22/":     {Kind: decide.Contradicted, Attempt: a},
		"not confirmed/X.22/":    {Kind: decide.NotConfirmed, Attempt: a},
		"not ready//account":     {Kind: decide.AccountNotReady, Attempt: a, Scope: failure.Account},
		"none of an undo":        {Kind: decide.NotUndone, Attempt: a},
		"none of a breaker":      {Kind: decide.ControlPaused},
		"none of a digest":       {Kind: decide.Digested},
	} {
		c, common := n.CommonCause()
		if got := c.Key(); common && got != want || !common && want[:4] != "none" {
			t.Errorf("%s: %q, %t", want, got, common)
		}
	}
}

func TestDigestOnNotification(t *testing.T) {
	t.Parallel()
	open := decide.Digest{Version: 4, Window: 2, Opener: "a", Until: noon.Add(time.Minute)}
	follows := decide.Digest{Version: 4, Window: 3, Until: noon.Add(time.Minute)}
	sending := decide.Digest{Version: 4, Window: 2, Ended: 2, TakenAt: noon}
	late := decide.Digest{Version: 4, Window: 2, Opener: "a", Until: noon.Add(-time.Hour)}
	for name, tc := range map[string]struct {
		d    decide.Digest
		want decide.Delivery
		is   decide.Digest
	}{
		"the first of all": {decide.Digest{}, decide.Opens,
			decide.Digest{Window: 1, Opener: "b", Until: inAnHour}},
		"the first for a while": {decide.Digest{Version: 4, Window: 2}, decide.Opens,
			decide.Digest{Version: 4, Window: 3, Opener: "b", Until: inAnHour}},
		"a window is open":              {open, decide.Collects, open},
		"a window that follows another": {follows, decide.Collects, follows},
		"its own window, when it comes again": {decide.Digest{Window: 2, Opener: "b", Until: inAnHour}, decide.Alone,
			decide.Digest{Window: 2, Opener: "b", Until: inAnHour}},
		"while the digest goes out": {sending, decide.Opens,
			decide.Digest{Version: 4, Window: 3, Opener: "b", Until: inAnHour, Ended: 2, TakenAt: noon}},
		"the sweep is late": {late, decide.Collects, late},
	} {
		got, is := tc.d.OnNotification("b", noon, settings)
		if diff := cmp.Diff(tc.is, is); got != tc.want || diff != "" {
			t.Errorf("%s: %q, want %q; digest (-want +got):\n%s", name, got, tc.want, diff)
		}
	}
}

// A notification that is collected while the window is open is in the window's digest.
func TestDigestHas(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		d    decide.Digest
		want bool
	}{
		"open":           {decide.Digest{Window: 2, Until: noon}, true},
		"ended":          {decide.Digest{Window: 2, Ended: 2, TakenAt: noon}, false},
		"sent":           {decide.Digest{Window: 2}, false},
		"another opened": {decide.Digest{Window: 3, Until: noon}, false},
		"gone":           {decide.Digest{}, false},
	} {
		if got := tc.d.Has(2); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestDigestOnSweep(t *testing.T) {
	t.Parallel()
	before := noon.Add(-decide.SweepEvery)
	for name, tc := range map[string]struct {
		d, want decide.Digest
		due     bool
	}{
		"idle": {decide.Digest{Window: 2}, decide.Digest{Window: 2}, false},
		"open": {decide.Digest{Window: 2, Until: inAnHour},
			decide.Digest{Window: 2, Until: inAnHour}, false},
		"over": {decide.Digest{Window: 2, Opener: "a", Until: noon},
			decide.Digest{Window: 2, Ended: 2, TakenAt: noon}, true},
		"another sweep sends it": {decide.Digest{Window: 2, Ended: 2, TakenAt: before.Add(1)},
			decide.Digest{Window: 2, Ended: 2, TakenAt: before.Add(1)}, false},
		"another sweep has left it": {decide.Digest{Window: 2, Ended: 2, TakenAt: before},
			decide.Digest{Window: 2, Ended: 2, TakenAt: noon}, true},
		"the next is over before the last": {decide.Digest{Window: 3, Opener: "b", Until: noon, Ended: 2,
			TakenAt: before}, decide.Digest{Window: 3, Opener: "b", Until: noon, Ended: 2, TakenAt: noon}, true},
	} {
		got, due := tc.d.OnSweep(noon)
		if diff := cmp.Diff(tc.want, got); due != tc.due || diff != "" {
			t.Errorf("%s: due %t; digest (-want +got):\n%s", name, due, diff)
		}
	}
}

func TestDigestOnSent(t *testing.T) {
	t.Parallel()
	ended := decide.Digest{Window: 2, Ended: 2, TakenAt: noon}
	opened := decide.Digest{Window: 3, Opener: "b", Until: inAnHour, Ended: 2, TakenAt: noon}
	for name, tc := range map[string]struct {
		d         decide.Digest
		collected int
		want      decide.Digest
		is        bool
	}{
		"something, so another follows": {ended, 3, decide.Digest{Window: 3, Until: inAnHour}, true},
		"nothing":                       {ended, 0, decide.Digest{Window: 2}, true},
		"somebody has opened another":   {opened, 3, decide.Digest{Window: 3, Opener: "b", Until: inAnHour}, true},
		"somebody else has noted it": {decide.Digest{Window: 3, Until: inAnHour}, 3,
			decide.Digest{Window: 3, Until: inAnHour}, false},
	} {
		got, is := tc.d.OnSent(2, tc.collected, noon, settings)
		if diff := cmp.Diff(tc.want, got); is != tc.is || diff != "" {
			t.Errorf("%s: %t; digest (-want +got):\n%s", name, is, diff)
		}
	}
}

// The sweep has something to do exactly when the digest is due.
func TestDigestDue(t *testing.T) {
	t.Parallel()
	for _, d := range []decide.Digest{
		{}, {Window: 1}, {Window: 1, Until: noon}, {Window: 1, Ended: 1, TakenAt: noon},
		{Window: 2, Ended: 1, TakenAt: noon, Until: noon},
	} {
		due := d.Due()
		if due.IsZero() {
			due = noon.Add(1000 * time.Hour)
			if _, is := d.OnSweep(due); is {
				t.Errorf("%+v is never due, and the sweep has something to do", d)
			}
			continue
		}
		_, early := d.OnSweep(due.Add(-1))
		_, now := d.OnSweep(due)
		if early || !now {
			t.Errorf("%+v: a moment before it is due %t, then %t", d, early, now)
		}
	}
}

func TestCollect(t *testing.T) {
	t.Parallel()
	rec := record(attempt(3, decide.Failed))
	rec.AccountName = "workload"
	n := decide.Notification{Kind: decide.NotRepaired, Record: rec,
		Attempt: decide.Attempt{Number: 3, QueuedAt: noon, Reason: "It is still open."}}
	want := decide.Collected{
		ID: fmt.Sprint(group.Key(), "#3#", noon.Unix()), Key: group.Key(), Account: group.Account,
		AccountName: "workload", Region: group.Region, Resource: group.Resource, At: noon, Reason: "It is still open.",
	}
	if diff := cmp.Diff(want, n.Collect(noon)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	again := n
	again.Attempt.QueuedAt = noon.Add(time.Hour)
	if again.Collect(noon).ID == want.ID {
		t.Error("an attempt of a record that was deleted has the id of another")
	}
	ids := map[string]bool{}
	for _, finding := range []string{"f1", "f2", "f1"} {
		ids[decide.Notification{Kind: decide.Contradicted, Record: rec,
			Findings: []decide.Ref{ref(finding, "e1")}}.Collect(noon).ID] = true
	}
	if len(ids) != 2 {
		t.Errorf("two findings have the ids %v", ids)
	}
	n.Kind = decide.AccountNotReady
	if got := n.Collect(noon).ID; got != group.Account {
		t.Errorf("the id of an account is %s", got)
	}
}

func TestDigestSubject(t *testing.T) {
	t.Parallel()
	in := func(accounts ...int) []decide.Collected {
		var all []decide.Collected
		for _, n := range accounts {
			all = append(all, decide.Collected{Account: fmt.Sprintf("%012d", n)})
		}
		return all
	}
	for want, n := range map[string]decide.Notification{
		"Hubmend: 1 more repair failed in 1 account: EC2.13 (permission)": {
			Common:    decide.CommonCause{Kind: decide.NotRepaired, Control: "EC2.13", Class: decide.Permission},
			Collected: in(1)},
		"Hubmend: 3 more repairs failed in 2 accounts: EC2.13 (timeout)": {
			Common:    decide.CommonCause{Kind: decide.NotRepaired, Control: "EC2.13", Class: decide.TimedOut},
			Collected: in(1, 1, 2)},
		"Hubmend: 2 more repairs suspended in 2 accounts: EC2.13": {
			Common: decide.CommonCause{Kind: decide.Exhausted, Control: "EC2.13"}, Collected: in(1, 2)},
		"Hubmend: 1 more account not ready for repairs (Region)": {
			Common: decide.CommonCause{Kind: decide.AccountNotReady, Scope: failure.Region}, Collected: in(1)},
		"Hubmend: 2 more accounts not ready for repairs (account)": {
			Common: decide.CommonCause{Kind: decide.AccountNotReady, Scope: failure.Account}, Collected: in(1, 2)},
	} {
		n.Kind = decide.Digested
		if got := n.Subject(); got != want {
			t.Errorf("subject %q, want %q", got, want)
		}
	}
}
