package apply_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/apply"
	"hubmend/internal/engine/decide"
)

// herald hears what is announced.
type herald struct{ heard []string }

func (h *herald) Target(was decide.Record, d decide.Decision, is decide.Record) {
	h.heard = append(h.heard,
		fmt.Sprintf("%s from %d by %d to %d", is.Target.Resource, was.Version, d.Record.Version, is.Version))
}

func (h *herald) Breaker(was, is decide.Breaker) {
	h.heard = append(h.heard,
		fmt.Sprintf("%s with %d failures, then %d", is.Control, len(was.Failures), len(is.Failures)))
}

// Nothing is announced that is not stored, and what is, once.
func TestAnnounce(t *testing.T) {
	t.Parallel()
	saves := func(rec decide.Record) decide.Decision { return decide.Decision{Record: rec, Save: true} }
	keeps := func(rec decide.Record) decide.Decision { return decide.Decision{Record: rec} }
	fails := func(rec decide.Record) decide.Decision {
		return decide.Decision{Record: rec, Save: true, Ended: failed(1)}
	}
	for name, tc := range map[string]struct {
		world  *world // nil for one where nothing goes wrong
		choose func(decide.Record) decide.Decision
		err    error
		want   []string
	}{
		"saved":           {choose: saves, want: []string{"sg-1 from 0 by 0 to 1"}},
		"nothing to save": {choose: keeps},
		"somebody was first": {world: &world{conflicts: 1}, choose: saves,
			want: []string{"sg-1 from 1 by 1 to 2"}},
		"it could not be saved": {world: &world{failAt: "save 0"}, choose: saves, err: errBroken},
		"the breaker counts": {choose: fails,
			want: []string{"X.1 with 0 failures, then 1", "sg-1 from 0 by 0 to 1"}},
		"the breaker is not kept": {world: &world{failAt: "save breaker 0"}, choose: fails, err: errBroken},
		"of two for the breaker": {
			world: &world{breakerConflicts: 1}, choose: fails,
			want: []string{"X.1 with 1 failures, then 2", "sg-1 from 0 by 0 to 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &herald{}
			if tc.world == nil {
				tc.world = &world{}
			}
			e := tc.world.effects()
			e.Announcer = h
			if _, _, err := e.Transact(t.Context(), decide.Record{Target: one}, tc.choose); !errors.Is(err, tc.err) {
				t.Errorf("Transact = %v", err)
			}
			if diff := cmp.Diff(tc.want, h.heard); diff != "" {
				t.Errorf("announced (-want +got):\n%s", diff)
			}
		})
	}
}

var _ apply.Announcer = (*herald)(nil)
