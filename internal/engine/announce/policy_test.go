package announce_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/announce"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/target"
)

const (
	ann = "arn:aws:sts::111111111111:assumed-role/Admin/ann"
	bob = "arn:aws:sts::111111111111:assumed-role/Dev/bob"
)

// waits is a finding that the policy stops.
func waits(id string, cause decide.ParkCause, edits ...func(*decide.Parked)) decide.Parked {
	p := decide.Parked{Cause: cause, Rule: "the rule", Reason: "it is moving", Owner: "team-a@example.com",
		Ticket: "T-1",
		Until:  noon.Add(time.Hour), Request: decide.Request{Ref: decide.Ref{ID: id}, Control: "EC2.13",
			Trigger:    "automatic",
			Parameters: ports("22")}}
	for _, edit := range edits {
		edit(&p)
	}
	return p
}

func ports(values ...string) target.Parameters {
	return target.Parameters{"Ports": {Values: values, List: true}}
}

func ends(at time.Time) func(*decide.Parked) { return func(p *decide.Parked) { p.RuleEnds = at } }

func parked(all ...decide.Parked) decide.Record {
	return with(record(), func(r *decide.Record) { r.Parked = all })
}

// proposes is a record whose proposal is in a state.
func proposes(state decide.ProposalState, edits ...func(*decide.Record)) decide.Record {
	r := parked(waits("f1", decide.Asked))
	r.Target = group
	r.Proposal = decide.Proposal{Round: 2, State: state, Control: "EC2.13", Rule: "the rule", Reason: "it is moving",
		Parameters: ports("22"), AskedAt: noon.Add(-time.Hour), ExpiresAt: noon.Add(time.Hour),
		Plan:   "Would close TCP 22.",
		Digest: "d1"}
	for _, edit := range edits {
		edit(&r)
	}
	return r
}

// answered is a record whose proposal has ended, with what came of it.
func answered(attempts ...decide.Attempt) decide.Record {
	return with(record(attempts...), func(r *decide.Record) { r.Proposal.Round = 2 })
}

func approved(a *decide.Attempt) {
	a.Proposal, a.By, a.ApprovedBy, a.AskedBy, a.Expected = 2, ann, ann, bob, "d1"
}

// announced lists the events of a change: state, control, and how many findings, and checks each against the schema.
func announced(t *testing.T, was decide.Record, d decide.Decision) ([]string, []announce.Repair) {
	t.Helper()
	b := &bus{}
	a, _ := announcer(b)
	was.Target, d.Save = group, true
	a.Target(was, d, d.Record)
	a.Flush(t.Context())
	var got []string
	ids := map[string]bool{}
	all := b.details(t)
	for _, e := range all {
		got = append(got, fmt.Sprint(e.State, " ", e.Control.ID, " ", e.FindingCount))
		if ids[e.ID] {
			t.Errorf("two events have the id of %s", e.State)
		}
		ids[e.ID] = true
	}
	return got, all
}

func TestPolicyIsAnnounced(t *testing.T) {
	t.Parallel()
	later := noon.Add(48 * time.Hour)
	other := func(p *decide.Parked) { p.Request.Control = "EC2.14" }
	returned := func(p *decide.Parked) { p.ReturnedAt = noon }
	changed := func(a *decide.Attempt) { a.Class = failure.Changed }
	twoRounds := func(r *decide.Record) { r.Proposal.Round = 3 }
	for name, tc := range map[string]struct {
		was, is decide.Record
		end     decide.ProposalEnd
		event   decide.Event
		want    []string // state, control, how many findings
	}{
		"exempt": {is: parked(waits("f1", decide.Exempted), waits("f2", decide.Exempted)),
			want: []string{"EXEMPT EC2.13 2"}},
		"two controls": {is: parked(waits("f1", decide.Exempted), waits("f2", decide.Exempted, other)),
			want: []string{"EXEMPT EC2.13 1", "EXEMPT EC2.14 1"}},
		"still exempt": {was: parked(waits("f1", decide.Exempted)),
			is: parked(waits("f1", decide.Exempted, func(p *decide.Parked) { p.Until = later }))},
		"another joins": {was: parked(waits("f1", decide.Exempted)),
			is: parked(waits("f1", decide.Exempted), waits("f2", decide.Exempted)), want: []string{"EXEMPT EC2.13 1"}},
		"exempt for longer": {was: parked(waits("f1", decide.Exempted, ends(noon))),
			is: parked(waits("f1", decide.Exempted, ends(later))), want: []string{"EXEMPT EC2.13 1"}},
		"exempt again": {was: parked(waits("f1", decide.Exempted, returned)), is: parked(waits("f1", decide.Exempted)),
			want: []string{"EXEMPT EC2.13 1"}},
		"the exemption ends": {was: parked(waits("f1", decide.Exempted)),
			is: parked(waits("f1", decide.Exempted, returned))},
		"delayed": {is: parked(waits("f1", decide.Delayed)), want: []string{"DELAYED EC2.13 1"}},
		"delayed, then exempt": {was: parked(waits("f1", decide.Delayed)), is: parked(waits("f1", decide.Exempted)),
			want: []string{"EXEMPT EC2.13 1"}},
		"unreadable": {is: parked(waits("f1", decide.Unreadable)), want: []string{"POLICY_UNREADABLE EC2.13 1"}},
		"queued, then exempt": {was: record(attempt(1, decide.Queued)), is: parked(waits("f1", decide.Exempted)),
			want: []string{"WITHDRAWN EC2.13 1", "EXEMPT EC2.13 1"}},

		"asked, not planned yet": {is: proposes(decide.Wanted)},
		"planning":               {was: proposes(decide.Wanted), is: proposes(decide.Planning)},
		"proposed": {was: proposes(decide.Planning), is: proposes(decide.Open),
			want: []string{"PROPOSED EC2.13 1"}},
		"proposed still": {was: proposes(decide.Open), is: proposes(decide.Open)},
		"approved": {was: proposes(decide.Open), is: answered(attempt(1, decide.Claimed, approved)),
			end: decide.ProposalEnd{Result: decide.Approved, By: ann}, want: []string{"APPROVED EC2.13 1"}},
		"approved, and it waits": {was: proposes(decide.Open), is: answered(attempt(1, decide.Queued, approved)),
			end:  decide.ProposalEnd{Result: decide.Approved, By: ann},
			want: []string{"APPROVED EC2.13 1", "QUEUED EC2.13 1"}},
		"rejected": {was: proposes(decide.Open), is: answered(),
			end: decide.ProposalEnd{Result: decide.Rejected, By: ann}, want: []string{"REJECTED EC2.13 1"}},
		"rejected before it was planned": {was: proposes(decide.Planning), is: answered(),
			end: decide.ProposalEnd{Result: decide.Rejected, By: ann}, want: []string{"REJECTED EC2.13 1"}},
		"expired": {was: proposes(decide.Open), is: answered(), end: decide.ProposalEnd{Result: decide.Expired},
			want: []string{"EXPIRED EC2.13 1"}},
		"nothing left to approve": {was: proposes(decide.Open), is: answered(), want: []string{"WITHDRAWN EC2.13 1"}},
		"nothing left to plan":    {was: proposes(decide.Planning), is: answered()},
		"another round": {was: proposes(decide.Open), is: proposes(decide.Wanted, twoRounds),
			want: []string{"WITHDRAWN EC2.13 1"}},
		"approved in Security Hub, and another asks": {was: proposes(decide.Open),
			is:  proposes(decide.Wanted, twoRounds),
			end: decide.ProposalEnd{Result: decide.Approved, By: ann}, want: []string{"APPROVED EC2.13 1"}},
		"the answer is refused": {was: proposes(decide.Open), event: decide.EventAnswer,
			is:   proposes(decide.Open, func(r *decide.Record) { r.Refused = refusal("") }),
			want: []string{"ANSWER_REFUSED EC2.13 0"}},
		"it changed since": {was: answered(attempt(1, decide.Running, approved)),
			is: with(answered(attempt(1, decide.Failed, approved, changed)),
				func(r *decide.Record) {
					r.Parked, r.Proposal = proposes(decide.Wanted).Parked, proposes(decide.Wanted).Proposal
				}),
			want: []string{"RETRYING EC2.13 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.is.Target = group
			got, _ := announced(t, tc.was, decide.Decision{Event: tc.event, Record: tc.is, ProposalEnd: tc.end})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// An exemption says which rule it is by, until when, and who requested the repair all the same.
func TestExemptDetail(t *testing.T) {
	t.Parallel()
	requested := func(p *decide.Parked) { p.Request.By, p.Request.Sender = bob, "AROA:eve" }
	end := noon.AddDate(0, 1, 0)
	_, all := announced(t, record(),
		decide.Decision{Record: parked(waits("f1", decide.Exempted, ends(end), requested))})
	e := all[0]
	want := announce.Rule{Name: "the rule", Reason: "it is moving", Owner: "team-a@example.com", Ticket: "T-1"}
	if *e.Rule != want || !e.Until.Equal(end) || *e.Request != (announce.Request{AskedBy: bob, Sender: "AROA:eve"}) ||
		e.Attempt != nil || e.Proposal != nil {
		t.Errorf("the event is %+v of %+v, requested by %+v", e, e.Rule, e.Request)
	}
	_, all = announced(t, record(), decide.Decision{Record: parked(waits("f1", decide.Exempted))})
	if all[0].Until != nil || all[0].Request != nil {
		t.Errorf("an exemption without an end: %+v", all[0])
	}
}

// A delay ends at the time of the finding that may be repaired first. An unreadable policy has a reason and no rule.
func TestWaitDetail(t *testing.T) {
	t.Parallel()
	sooner := func(p *decide.Parked) { p.Until = noon.Add(time.Minute) }
	_, all := announced(t, record(),
		decide.Decision{Record: parked(waits("f1", decide.Delayed), waits("f2", decide.Delayed, sooner))})
	if e := all[0]; !e.Until.Equal(noon.Add(time.Minute)) || e.Rule.Name != "the rule" {
		t.Errorf("the event is %+v", e)
	}
	unreadable := func(p *decide.Parked) { *p = decide.Parked{Cause: p.Cause, Request: p.Request, Reason: "denied."} }
	_, all = announced(t, record(), decide.Decision{Record: parked(waits("f1", decide.Unreadable, unreadable))})
	if e := all[0]; e.Reason != "denied." || e.Rule != nil || e.Until != nil {
		t.Errorf("the event is %+v", e)
	}
}

// Each event about a proposal has all of it, so that its readers need not remember any other.
func TestProposalDetail(t *testing.T) {
	t.Parallel()
	was := proposes(decide.Open,
		func(r *decide.Record) { r.Proposal.AskedBy, r.Proposal.AskedSender = bob, "AROA:eve" })
	full := announce.Proposal{ID: was.ProposalID(), Plan: "Would close TCP 22.", Digest: "d1", AskedBy: bob,
		AskedSender: "AROA:eve"}
	by := func(edit func(*announce.Proposal)) announce.Proposal { p := full; edit(&p); return p }
	for name, tc := range map[string]struct {
		was  decide.Record
		d    decide.Decision
		want announce.Proposal
	}{
		"PROPOSED": {proposes(decide.Planning), decide.Decision{Record: was}, full},
		"APPROVED": {was, decide.Decision{Record: answered(attempt(1, decide.Claimed, approved)),
			ProposalEnd: decide.ProposalEnd{Result: decide.Approved, By: ann}},
			by(func(p *announce.Proposal) { p.ApprovedBy = ann })},
		"REJECTED": {was, decide.Decision{Record: answered(),
			ProposalEnd: decide.ProposalEnd{Result: decide.Rejected, By: ann, Sender: "AROA:mallory",
				Reason: "not now"}},
			by(func(p *announce.Proposal) { p.RejectedBy, p.Sender = ann, "AROA:mallory" })},
		"EXPIRED": {was, decide.Decision{Record: answered(),
			ProposalEnd: decide.ProposalEnd{Result: decide.Expired}}, full},
	} {
		_, all := announced(t, tc.was, tc.d)
		e := all[0]
		got := *e.Proposal
		if !got.ExpiresAt.Equal(noon.Add(time.Hour)) {
			t.Errorf("%s: it expires at %s", name, got.ExpiresAt)
		}
		got.ExpiresAt = time.Time{}
		if diff := cmp.Diff(tc.want, got); diff != "" || string(e.State) != name {
			t.Errorf("%s is %s (-want +got):\n%s", name, e.State, diff)
		}
		if e.Rule == nil || e.Rule.Owner != "team-a@example.com" || e.FindingCount != 1 {
			t.Errorf("%s: the rule is %+v, of %d findings", name, e.Rule, e.FindingCount)
		}
		if want := map[string]string{"REJECTED": "not now"}[name]; e.Reason != want {
			t.Errorf("%s: the reason is %q", name, e.Reason)
		}
	}
}

// An attempt says who asked, who approved and why it was made despite the policy.
func TestWhoAnswersForAnAttempt(t *testing.T) {
	t.Parallel()
	despite := func(a *decide.Attempt) { a.Trigger, a.By, a.Despite = "command line", bob, "the application is gone" }
	for name, tc := range map[string]struct {
		edit func(*decide.Attempt)
		want string
	}{
		"approved":           {approved, `"askedBy":"` + bob + `","approvedBy":"` + ann + `"`},
		"despite the policy": {despite, `"askedBy":"` + bob + `","despitePolicy":"the application is gone"`},
		"approved, and nobody asked": {func(a *decide.Attempt) { approved(a); a.AskedBy = "" },
			`"trigger":"automatic","approvedBy":"` + ann + `"`},
	} {
		b := &bus{}
		a, _ := announcer(b)
		is := record(attempt(1, decide.Succeeded, tc.edit))
		a.Target(record(attempt(1, decide.Running, tc.edit)), decide.Decision{Record: is}, is)
		a.Flush(t.Context())
		if b.details(t); !strings.Contains(*b.calls[0][0].Detail, tc.want) {
			t.Errorf("%s: the event is %s, want %s", name, *b.calls[0][0].Detail, tc.want)
		}
	}
}
