package simulation_test

import (
	"testing"
	"time"

	"hubmend/test/simulation"
)

// An organization of 1,000 accounts and 20 Regions has 40,000 open records on a bad day. A sweep sees to all of them
// long before the next one comes.
func TestSweepOfALargeOrganization(t *testing.T) {
	t.Parallel()
	b := simulation.Sweep(1000, 20, 40_000, false, simulation.Slow)
	t.Logf("%+v", b)
	if b.Took > time.Minute {
		t.Errorf("it took %s", b.Took)
	}
	if b.Woken != 13_334 || b.Looked != 13_333 {
		t.Errorf("%d were woken and %d looked at, of 13,334 and 13,333", b.Woken, b.Looked)
	}
	if b.Left > 0 || b.Checked < 1000 {
		t.Errorf("%d were checked, and %d left", b.Checked, b.Left)
	}
	for _, v := range b.Violations {
		t.Error(v)
	}
}

// If there was no sweep for long, everything is due at once. Security Hub allows a few thousand checks, the other
// duties of the sweep go on, and it ends before the function is cut off. The next sweep handles the rest.
func TestSweepAfterAnOutage(t *testing.T) {
	t.Parallel()
	b := simulation.Sweep(1000, 20, 60_000, true, simulation.Slow)
	t.Logf("%+v", b)
	if b.Took > 250*time.Second {
		t.Errorf("it took %s", b.Took)
	}
	if b.Woken != 20_000 || b.Looked != 20_000 {
		t.Errorf("%d were woken and %d looked at, of 20,000 each", b.Woken, b.Looked)
	}
	if b.Checked == 0 || b.Left == 0 || b.Checked+b.Left != 20_000 {
		t.Errorf("%d were checked, and %d left", b.Checked, b.Left)
	}
}
