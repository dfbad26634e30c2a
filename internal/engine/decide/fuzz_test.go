package decide_test

import (
	"fmt"
	"testing"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
)

// FuzzHistory lets anything happen to a target in any order, one thing for each two bytes,
// and demands of every decision what must hold for all.
func FuzzHistory(f *testing.F) {
	f.Add([]byte("\x00\x01\x05\x00\x06\x01")) // a finding, started, succeeded
	// throttled, and woken for the retry
	f.Add([]byte("\x00\x01\x05\x00\x07\x02\x04\x09"))
	// undone, requested automatically and by hand
	f.Add([]byte("\x00\x01\x05\x00\x06\x01\x0a\x01\x05\x00\x06\x01\x00\x01\x01\x02"))
	f.Add([]byte("\x00\x01\x08\x00\x04\x30\x05\x00\x07\x01\x00\x31\x01\x32\x02\x33"))
	f.Fuzz(func(t *testing.T, history []byte) {
		h := &chronicle{t: t, now: noon, rec: record()}
		h.rec.Unknown = "of a newer version"
		for i := 0; i+1 < len(history) && i < 400; i += 2 {
			h.happen(history[i], history[i+1])
		}
	})
}

// chronicle is a target, as a ledger would keep it between decisions.
type chronicle struct {
	t      *testing.T
	now    time.Time
	rec    decide.Record
	starts []time.Time // of automatic attempts that may have been started
}

func (h *chronicle) happen(what, detail byte) {
	h.now = h.now.Add(time.Duration(detail) * 7 * time.Second)
	last := decide.Attempt{Number: 1}
	if a := h.rec.Last(); a != nil {
		last = *a
	}
	exec := fmt.Sprint("exec-", last.Number)
	classes := []decide.Class{decide.Verification, decide.Throttling, decide.Internal, decide.Permission,
		decide.TimedOut, decide.Cancelled, ""}
	switch what % 11 {
	case 0, 1, 2:
		h.findings(what, detail)
	case 3:
		h.keep(decide.OnWake(h.rec, nil, decide.Gate{Slot: h.now.Add(time.Duration(detail) * time.Second)}, h.now,
			settings))
	case 4:
		h.keep(decide.OnWake(h.rec, nil, decide.Gate{Paused: detail%2 == 0, Slot: h.now}, h.now, settings))
	case 5:
		if !last.ClaimedAt.IsZero() {
			h.keep(decide.OnStarted(h.rec, last.Number-int(detail%2), exec))
		}
	case 6:
		h.keep(decide.OnOutcome(h.rec, decide.Outcome{ExecutionID: exec, Succeeded: true}, nil, h.now, settings))
	case 7:
		h.keep(decide.OnOutcome(h.rec, decide.Outcome{ExecutionID: exec, Class: classes[int(detail)%len(classes)]}, nil,
			h.now, settings))
	case 8:
		mayRun := detail%2 == 0
		d := decide.OnStartDeferred(h.rec, last.Number, "Rate exceeded.", mayRun, h.now, settings)
		if d.Save && !d.Record.Last().MayRun && last.Trigger == finding.Automatic && len(h.starts) > 0 {
			h.starts = h.starts[:len(h.starts)-1] // it was none
		}
		h.keep(d)
	case 9:
		h.keep(decide.OnChecks(h.rec, map[string]decide.Seen{
			"f1": {Workflow: finding.Resolved, Compliance: finding.Failed, RecordState: finding.Active,
				ObservedAt: h.now.Add(-time.Duration(detail) * time.Minute)},
		}, h.now, settings))
	case 10:
		r := decide.UndoRequest{ID: fmt.Sprint("r", detail), ExecutionID: h.rec.Undoable().ExecutionID, By: ann,
			At: h.now.Add(-time.Duration(detail) * time.Minute)}
		h.keep(decide.OnUndo(h.rec, r,
			decide.Gate{Paused: detail%5 == 0, Slot: h.now.Add(time.Duration(detail%9) * time.Second)}, h.now,
			settings))
	}
}

func (h *chronicle) findings(what, detail byte) {
	r := ask(fmt.Sprint("f", detail%5), fmt.Sprint("e", detail), asOf(h.now.Add(-time.Duration(detail%7)*time.Minute)),
		sentAt(h.now))
	if what%3 == 1 {
		byHand(&r)
	}
	if what%3 == 2 {
		r.Parameters = ports("3389")
	}
	h.keep(decide.OnFindings(h.rec, []decide.Request{r}, nil, decide.Gate{Slot: h.now}, h.now, settings))
}

// keep is what carrying a decision out does to the ledger.
func (h *chronicle) keep(d decide.Decision) {
	if d.NeedsSlot {
		return
	}
	checkDecision(h.t, d)
	if d.Record.Unknown != h.rec.Unknown {
		h.t.Fatal("what a newer version stored is lost")
	}
	if n := len(d.Record.Attempts); n > 2*(settings.MaxAttempts+2) {
		h.t.Fatalf("a record has %d attempts", n)
	}
	if len(d.Record.Unconfirmed) > 0 && d.Record.LastSuccess().Number == 0 {
		h.t.Fatal("findings are RESOLVED, and the record knows no repair")
	}
	if h.rec.Held() && d.Start && d.Record.Last().Trigger == finding.Automatic {
		h.t.Fatal("what was undone is repaired automatically")
	}
	if h.rec.Undoable().ExecutionID != "" && d.Start && d.Record.Last().Undo != "" &&
		d.Record.Last().Undo != h.rec.Undoable().ExecutionID {
		h.t.Fatalf("%s is undone, which is not the latest", d.Record.Last().Undo)
	}
	if a := d.Record.Last(); d.Start && a.Trigger == finding.Automatic && !a.MayRun {
		h.start()
	}
	if d.Save {
		d.Record.Version++
		h.rec = d.Record
	}
}

// start counts an automatic attempt. One that is started again, because it is unknown whether it
// was, is the same attempt: it has the same client token.
func (h *chronicle) start() {
	recent := 0
	for _, at := range h.starts {
		if h.now.Sub(at) < settings.Window {
			recent++
		}
	}
	if recent >= settings.MaxAttempts {
		h.t.Fatalf("automatic attempt %d within the window", recent+1)
	}
	h.starts = append(h.starts, h.now)
}
