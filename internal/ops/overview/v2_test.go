package overview_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/ops/overview"
)

// A person who works in the new Security Hub finds its ids of every finding that waits.
func TestV2IDsOfWaitingFindings(t *testing.T) {
	t.Parallel()
	held := func(cause decide.ParkCause, id, v2 string) decide.Parked {
		return waits(cause, id, time.Minute, func(p *decide.Parked) { p.Request.V2ID = v2 })
	}
	attemptOn := func(number int, state decide.State, v2 map[string]string, ids ...string) decide.Attempt {
		a := attempt(time.Hour, ends(state, time.Minute, "words"))
		a.Number, a.V2IDs = number, v2
		for _, id := range ids {
			a.Findings = append(a.Findings, decide.Ref{ID: id})
		}
		return a
	}
	for name, tc := range map[string]struct {
		record  decide.Record
		state   overview.State
		want    map[string]string
		lacking []string
	}{
		"exempt, some known": {
			record: decide.Record{Parked: []decide.Parked{held(decide.Exempted, "f1", "9d1b"),
				held(decide.Exempted, "f2", ""), held(decide.Exempted, "f3", "77aa")}},
			state: overview.Exempt, want: map[string]string{"f1": "9d1b", "f3": "77aa"}, lacking: []string{"f2"},
		},
		"delayed, known to an earlier attempt": {
			record: decide.Record{Parked: []decide.Parked{held(decide.Delayed, "f1", "")},
				Attempts: []decide.Attempt{attemptOn(1, decide.Failed, map[string]string{"f1": "9d1b"}, "f1")}},
			state: overview.Delayed, want: map[string]string{"f1": "9d1b"},
		},
		"pending approval": {
			record: decide.Record{Parked: []decide.Parked{held(decide.Asked, "f1", "9d1b")},
				Proposal: decide.Proposal{Round: 1, State: decide.Open}},
			state: overview.PendingApproval, want: map[string]string{"f1": "9d1b"},
		},
		"unconfirmed since an earlier repair": {
			record: decide.Record{Unconfirmed: []decide.Ref{{ID: "f1"}, {ID: "f2"}},
				Attempts: []decide.Attempt{attemptOn(1, decide.Succeeded, map[string]string{"f1": "9d1b"}, "f1"),
					attemptOn(2, decide.Succeeded, map[string]string{"f3": "0000"}, "f2", "f3")}},
			state: overview.Unconfirmed, want: map[string]string{"f1": "9d1b"}, lacking: []string{"f2"},
		},
		"held after an undo": {
			record: decide.Record{HeldAt: noon, HeldBy: "ann",
				Attempts: []decide.Attempt{attemptOn(1, decide.Succeeded, map[string]string{"f1": "9d1b"}, "f1"),
					attemptOn(2, decide.Succeeded, nil, "f1")}},
			state: overview.Held, want: map[string]string{"f1": "9d1b"},
		},
	} {
		o := summed(options, record(tc.record))
		var got []overview.Target
		for _, list := range [][]overview.Target{o.Targets, o.Exempt, o.Unconfirmed} {
			for _, one := range list {
				if one.State == tc.state {
					got = append(got, one)
				}
			}
		}
		if len(got) != 1 {
			t.Errorf("%s: %+v", name, o)
			continue
		}
		if diff := cmp.Diff(tc.want, got[0].V2IDs); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", name, diff)
		}
		lacking := overview.WithoutV2ID(got[0].V2IDs, got[0].IDs)
		if len(lacking) != len(tc.lacking) || len(lacking) > 0 && lacking[0] != tc.lacking[0] {
			t.Errorf("%s: lacks %v", name, lacking)
		}
	}
}
