package simulation_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// mutations are bugs that somebody could make. Each takes one place of the source, old, and makes
// it new; the schedules must find it and say what it broke.
var mutations = map[string]struct{ file, old, new, caught string }{
	"the guard never stops": {
		"internal/engine/decide/findings.go",
		"return d.Record.attemptsSince(d.now.Add(-d.settings.Window)) >= d.settings.MaxAttempts",
		"return false",
		"within the window",
	},
	"an attempt in flight is not noticed": {
		"internal/engine/decide/findings.go",
		"case a != nil && a.InFlight():",
		"case a != nil && a.State == Claimed:",
		"two executions run",
	},
	"an outcome of another execution is taken": {
		"internal/engine/decide/outcome.go",
		"return a.ExecutionID == executionID\n",
		"return true\n",
		"which began before it",
	},
	"starting again makes another execution": {
		"internal/engine/decide/record.go",
		`name := t.Key() + "/" + strconv.Itoa(a.Number)`,
		`name := t.Key() + "/" + strconv.Itoa(a.Number) + a.ClaimedAt.String()`,
		"two executions run",
	},
	"the client token has no random part": {
		"internal/engine/decide/record.go",
		`if a.Nonce != "" {`,
		`if a.Nonce == "none" {`,
		"which began before it",
	},
	"each claim makes a client token of its own": {
		"internal/engine/decide/gate.go",
		`if a.Nonce == "" && !a.MayRun {`,
		`if d.gate.Nonce != "" {`,
		"two executions run",
	},
	"nobody asks when an execution began": {
		"internal/engine/decide/outcome.go",
		"return !o.StartedAt.IsZero() && o.StartedAt.Before(a.QueuedAt.Add(-clockTolerance))",
		"return false",
		"no execution has verified",
	},
	"a failure is told as a success": {
		"internal/engine/decide/words.go",
		"return Update{Findings: refs, Workflow: finding.Notified, Note: failureNote(t, a)}",
		"return Update{Findings: refs, Workflow: finding.Resolved, Note: failureNote(t, a)}",
		"no execution has verified",
	},
	"a contradicted resolution stays": {
		"internal/engine/decide/evidence.go",
		"case counts && found.Compliance == finding.Failed:",
		"case counts && found.Compliance == finding.New:",
		"is a false green",
	},
	"a check of old data starts another repair": {
		"internal/engine/decide/findings.go",
		"case verified && d.knowsNothing(r, d.Record.Attempts[repair]):",
		"case verified && d.now.IsZero():",
		"because of a check that cannot know of that",
	},
	"a check of old data contradicts": {
		"internal/engine/decide/evidence.go",
		"counts := found.ObservedAt.After(valid) || passedSince",
		"counts := checked || passedSince",
		"is opened again because of a check that cannot know of its repair",
	},
	"a lag of the control is forgotten": {
		"internal/engine/decide/evidence.go",
		"return a.EndedAt.Add(max(a.EvidenceLag, s.EvidenceLag))",
		"return a.EndedAt.Add(s.EvidenceLag)",
		"is opened again because of a check that cannot know of its repair",
	},
	"a finding with old data is answered and forgotten": {
		"internal/engine/decide/evidence.go",
		"		d.Record.Unconfirmed = addRefs(d.Record.Unconfirmed, []Ref{r.Ref})\n",
		"",
		"is a false green",
	},
	"an update that does not show is taken for somebody's hand": {
		"internal/engine/decide/evidence.go",
		"case found.Workflow != finding.Resolved && now.Sub(resolved) < s.UpdateLag:",
		"case found.Workflow != finding.Resolved && now.IsZero():",
		"is a false green",
	},
	"a suppressed finding is answered": {
		"internal/engine/decide/outcome.go",
		"if !ok || now.asks(finding.CustomAction) || (a.State == Succeeded || a.Undo != \"\") && now.Workflow != " +
			"finding.Suppressed {",
		"if !ok || now.asks(finding.CustomAction) || now.Workflow == finding.Suppressed {",
		"was suppressed, and is set",
	},
	"the switch is not asked": {
		"internal/engine/decide/gate.go",
		"case d.gate.Paused:",
		"case d.gate.Paused && d.now.IsZero():",
		"although everything is paused",
	},
	"the breaker is not asked": {
		"internal/engine/decide/probe.go",
		"if found.cause != \"\" || a.Trigger != finding.Automatic {",
		"if found.cause != \"\" || a.Trigger != finding.CustomAction {",
		"although its breaker is open",
	},
	"when a pause ends everything starts": {
		"internal/engine/decide/breaker.go",
		"		switch p.passes(key, until, now, s) {",
		"		if !now.Before(until) {\n\t\t\treturn\n\t\t}\n\t\tswitch p.passes(key, until, now, s) {",
		"starts while another one tries",
	},
	"the failures of one account pause all": {
		"internal/engine/decide/breaker.go",
		"each[f.Account] = min(each[f.Account]+1, (s.BreakerFailures+1)/2)\n\t\t}\n\t}\n\tif len(each) < 2 {",
		"each[f.Account]++\n\t\t}\n\t}\n\tif len(each) < 1 {",
		"failures of one account pause",
	},
	"an account that is not ready is tried by all": {
		"internal/engine/decide/account.go",
		"return m.Probe.passes(t.Key(), until, now, s)",
		"return m.Probe.passes(t.Key(), time.Time{}, until, s)",
		"one target right after another",
	},
	"people hear of an account that is not ready for each finding": {
		"internal/engine/decide/account.go",
		"return b.ToldAt.IsZero() || now.Sub(b.ToldAt) >= wait",
		"return wait > 0",
		"again",
	},
	"what is not ready is given up at once": {
		"internal/engine/decide/account.go",
		"if a.Undo != \"\" || a.waitedForReady(now, s) {",
		"if a.Undo != \"\" || now.After(a.UnreadySince) {",
		"is given up although",
	},
	"people hear of a resource that was deleted": {
		"internal/engine/failure/table.go",
		"Retry: Never, Told: Nobody,",
		"Retry: Never, Told: EachFailure,",
		"which is gone",
	},
	"each failure has a message of its own": {
		"internal/engine/decide/digest.go",
		"case d.Opener == id:",
		"case d.Opener != \"\":",
		"and have heard of its cause",
	},
	"a digest never goes out": {
		"internal/engine/decide/digest.go",
		"d.Ended, d.Until, d.Opener = d.Window, time.Time{}, \"\"",
		"d.Until, d.Opener = time.Time{}, \"\"",
		"nobody was told",
	},
	"a digest that is out goes out again": {
		"internal/engine/decide/digest.go",
		"if d.Ended != window {",
		"if d.Ended == window {",
		"people hear twice",
	},
	"a dead claimer keeps its claim": {
		"internal/engine/decide/record.go",
		"return a.State == Claimed && now.Sub(a.ClaimedAt) >= s.ClaimLease",
		"return false",
		"is still open",
	},
	"the sweep does not look at what runs": {
		"internal/engine/decide/sweep.go",
		"plan.Look = a.ExecutionID",
		"plan.Look = \"\"",
		"is still open",
	},
	"the ledger is written before findings are told": {
		"internal/engine/apply/effect.go",
		"func (e Effects) Run(ctx context.Context, d decide.Decision) (decide.Record, error) {\n",
		"func (e Effects) Run(ctx context.Context, d decide.Decision) (decide.Record, error) {\n" +
			"\tif d.Save {\n\t\tsaved, err := e.Ledger.Save(ctx, d.Record)\n\t\tif err != nil {\n\t\t\treturn " +
			"saved, err\n\t\t}\n" +
			"\t\td.Record, d.Save = saved, false\n\t}\n",
		"is a false green",
	},
	"what was taken back is repaired by itself": {
		"internal/engine/decide/undo.go",
		"return r.Held() && (q.Trigger == finding.Automatic || !asked.After(r.HeldAt))",
		"return r.Held() && q.Trigger == finding.Automatic && r.HeldBy == \"\"",
		"nobody has asked since",
	},
	"what a person asked before the undo ends the hold": {
		"internal/engine/decide/undo.go",
		"|| !asked.After(r.HeldAt))",
		")",
		"nobody has asked since",
	},
	"a repair is taken back again": {
		"internal/engine/decide/undo.go",
		"case rec.undone(executionID):",
		"case rec.undone(executionID) && last == nil:",
		"is taken back twice",
	},
	"any repair is taken back": {
		"internal/engine/decide/undo.go",
		"case newest != executionID:",
		"case newest == \"\":",
		"is not the newest repair",
	},
	"an undo leaves its findings RESOLVED": {
		"internal/engine/decide/undo.go",
		"d.answer(notify(refs, undoneNote(d.Record.Target, a)))",
		"d.answer(Update{Findings: refs, Note: undoneNote(d.Record.Target, a)})",
		"is a false green",
	},
	"a refused undo is not recorded": {
		"internal/engine/decide/undo.go",
		"d.Record.Refused = UndoRefusal{Request: r.ID, ExecutionID: r.ExecutionID, By: r.By, Sender: r.Sender, At: " +
			"d.now, Reason: Clip(reason, storedLimit)}\n",
		"",
		"is unanswered",
	},
	"what runs is never due": {
		"internal/engine/decide/due.go",
		"return a.ClaimedAt\n",
		"return a.ClaimedAt.Add(10_000 * time.Hour)\n",
		"is still open",
	},
	"what was checked once is never due again": {
		"internal/engine/decide/due.go",
		"return r.CheckedAt.Add(max(0, s.ConfirmEvery-SweepEvery/2))",
		"return r.CheckedAt.Add(10_000 * time.Hour)",
		"is still open",
	},
	"an execution that still runs is taken for ended": {
		"internal/engine/settle/settle.go",
		"o, err := h.Executions.Outcome(ctx, rec.Target.Account, region, n.executionID)\n",
		"o, err := h.Executions.Outcome(ctx, rec.Target.Account, region, n.executionID)\n" +
			"\tif errors.Is(err, member.ErrNotEnded) {\n\t\treturn decide.Outcome{ExecutionID: n.executionID}, " +
			"nil\n\t}\n",
		"two executions run",
	},
}

// The simulation finds bugs: with any of the mutations, some schedule fails.
func TestMutationsAreCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the handlers once for each mutation")
	}
	for name, m := range mutations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(filepath.Join(root, m.file))
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(source), m.old); n != 1 {
				t.Fatalf("%s has the place %d times: %s", m.file, n, m.old)
			}
			out, err := simulateWith(t, m.file, strings.Replace(string(source), m.old, m.new, 1))
			if _, failed := err.(*exec.ExitError); !failed || !strings.Contains(out, "--- FAIL: TestSchedules") {
				t.Fatalf("no schedule fails: %v\n%s", err, out)
			}
			if !strings.Contains(out, m.caught) {
				t.Errorf("no schedule says %q:\n%s", m.caught, out)
			}
		})
	}
}

// simulateWith runs the schedules with another text of one source file.
func simulateWith(t *testing.T, file, text string) (string, error) {
	t.Helper()
	original, err := filepath.Abs(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	mutant, overlay := filepath.Join(t.TempDir(), filepath.Base(file)), filepath.Join(t.TempDir(), "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {original: mutant}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{mutant: []byte(text), overlay: replace} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-ldflags=-s -w", "-overlay", overlay,
		"-run", "TestSchedules", "-schedules", "3000", ".").CombinedOutput()
	return string(out), err
}
