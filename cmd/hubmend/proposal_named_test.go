package main

import (
	"strings"
	"testing"
	"time"

	"hubmend/internal/engine/decide"
)

func TestProposalNamed(t *testing.T) {
	t.Parallel()
	rec := func(name string, round int, state decide.ProposalState) decide.Record {
		return decide.Record{Target: groupTarget(name), Proposal: decide.Proposal{Round: round, State: state},
			Parked: []decide.Parked{{Cause: decide.Asked, Request: decide.Request{Ref: decide.Ref{ID: "arn:" + name}}}}}
	}
	one, two, over, other := rec("sg-1", 2, decide.Open), rec("sg-2", 1, decide.Open), rec("sg-3", 1, ""),
		rec("sg-2", 1, decide.Open)
	other.Target.Runbook = "Other"
	records := []decide.Record{one, two, over, other}
	id := one.ProposalID()
	near := strings.Replace(id, id[:2], id[1:2]+id[:1], 1)
	if near == id {
		near = "x" + id[1:]
	}
	for name, want := range map[string]string{
		id: id, "sg-1": id, "arn:sg-1": id, one.Target.Key(): id, one.Target.Resource: id,
		decide.ProposalID(one.Target.Key(), 1): "is over, and " + id + " has replaced it, which may have " +
			"another plan; `hubmend approve " + id + "` shows it",
		decide.ProposalID(over.Target.Key(), 1): "is over: it was answered, has expired, or was no longer needed; `hubmend " +
			"history " + over.Target.Key() + "`",
		"sg-3": "sg-3 has no proposal now; `hubmend history " +
			over.Target.Key() + "`",
		"sg-2": "sg-2 has 2 proposals; name one: " + two.ProposalID() + ", " +
			other.ProposalID(),
		near:                                    "unknown proposal " + near + "; did you mean " + id + "?",
		"sg-99":                                 "unknown proposal sg-99; `hubmend proposals` lists all",
		decide.ProposalID(one.Target.Key(), 77): "unknown proposal ",
	} {
		got, err := proposalNamed(records, name)
		if err == nil && got.ProposalID() != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s, %v; want %s", name, got.ProposalID(), err, want)
		}
	}
}

func TestProposalState(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for want, x := range map[string]decide.Proposal{
		proposalOpen:     {State: decide.Open, Problem: "It was down.", ExpiresAt: now.Add(time.Hour)},
		proposalPlanning: {State: decide.Planning, ExpiresAt: now.Add(time.Hour)},
		proposalFailed:   {State: decide.Wanted, Problem: "It is down.", ExpiresAt: now.Add(time.Hour)},
		proposalExpired:  {State: decide.Open, ExpiresAt: now},
	} {
		if got := proposalState(x, now); got != want {
			t.Errorf("%+v is %s, want %s", x, got, want)
		}
	}
}
