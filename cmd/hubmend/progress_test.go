package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/scenario"
)

// followed runs two findings through a progress and gives what it writes. The clock goes on by a second at each look.
func followed(inPlace bool, rows int) string {
	var out bytes.Buffer
	s := &screen{out: &out, paint: plain, inPlace: inPlace, width: 100, rows: rows}
	p := newProgress(s, demoProduct, true)
	now := time.Unix(0, 0)
	p.now = func() time.Time { now = now.Add(time.Second); return now }
	ssh, key := result("ssh", "EC2.13", group, "e1", "Closed."), result("key", "KMS.4", demoKey, "e2", "Turned on.")
	p.begin("Deploying")
	p.findings([]scenario.ControlResult{ssh, key})
	p.begin("Remediating")
	p.changed(in(key, "NOTIFIED", "", "Hubmend is repairing this."))
	p.changed(key)
	p.changed(ssh)
	p.finish([]scenario.ControlResult{ssh, key})
	p.changed(in(ssh, "NOTIFIED", "Success", "Undone."))
	s.close()
	return out.String()
}

// Output that cannot be redrawn is written once, when it is final.
func TestProgressPiped(t *testing.T) {
	t.Parallel()
	want := `Deploying
Remediating
KMS.4  2.8  30ed2a04-6d5e-408e...  FAILED -> RESOLVED  Turned on.
EC2.13 4.1  sg-0123456789abcdef0   FAILED -> RESOLVED  Closed.
`
	if diff := cmp.Diff(want, followed(false, 0)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// On a terminal with room the rows are redrawn, and stay at the end in the order of the scenario.
func TestProgressInPlace(t *testing.T) {
	t.Parallel()
	got := followed(true, 10)
	stays := "✓ Remediating  5.0 s\n" +
		"EC2.13 4.1  sg-0123456789abcdef0   FAILED -> RESOLVED  Closed.\n" +
		"KMS.4  2.8  30ed2a04-6d5e-408e...  FAILED -> RESOLVED  Turned on.\n"
	if !strings.HasSuffix(got, stays) || strings.Count(got, hideCursor) != strings.Count(got, showCursor) {
		t.Errorf("writes\n%q", got)
	}
	if !strings.Contains(got, "\x1b[KKMS.4  2.8  30ed2a04-6d5e-408e...  FAILED -> repairing\n") {
		t.Errorf("does not redraw a row:\n%q", got)
	}
}

// On a terminal with fewer rows than findings each row is written once, and one line is redrawn.
func TestProgressInAFewRows(t *testing.T) {
	t.Parallel()
	got := followed(true, 3)
	for _, want := range []string{"KMS.4  2.8", "EC2.13 4.1"} {
		if strings.Count(got, want) != 1 {
			t.Errorf("%s is not there once:\n%q", want, got)
		}
	}
	if !strings.Contains(got, "Remediating: 1 of 2 RESOLVED  ") || strings.Contains(got, "\x1b[2A") {
		t.Errorf("writes\n%q", got)
	}
}
