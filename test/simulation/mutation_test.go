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

// A mutation is a bug that somebody could make: changes of one function or variable. The schedules must find it
// and say what it broke.
type mutation struct {
	in      string // package and name, such as decide.Record.Due
	caught  string
	changes []change
}

func mutate(in, caught string, changes ...change) mutation { return mutation{in, caught, changes} }

var mutations = map[string]mutation{
	"the guard never stops": mutate("decide.decider.attemptsUsedUp", "within the window", returns("false")),
	"an attempt in flight is not noticed": mutate("decide.Phase.inFlight", "two executions run",
		returns("p == PhaseStarting || p == PhaseRestarting")),
	"an outcome of another execution is taken": mutate("decide.Record.WaitsFor", "which began before it",
		replaced("a.ExecutionID == executionID", "true")),
	"starting again makes another execution": mutate("decide.Attempt.ClientToken", "two executions run",
		replaced("strconv.Itoa(a.Number)", "strconv.Itoa(a.Number) + a.ClaimedAt.String()")),
	"the client token has no random part": mutate("decide.Attempt.ClientToken", "which began before it",
		never(`a.Nonce != ""`)),
	"each claim makes a client token of its own": mutate("decide.Attempt.claim", "two executions run",
		always(`a.Nonce == ""`)),
	"nobody asks when an execution began": mutate("decide.Attempt.beganBefore", "no execution has verified",
		returns("false")),
	"a failure is reported as a success": mutate("decide.answer", "no execution has verified",
		replaced("finding.Notified", "finding.Resolved")),
	"a contradicted resolution stays": mutate("decide.Record.judge", "is a false green",
		never("counts && found.Compliance == finding.Failed")),
	"a check of old data starts another repair": mutate("decide.decider.answerOrQueue",
		"because of a check that cannot know of that",
		never("d.checkedOldData")),
	"a check of old data contradicts": mutate("decide.Record.judge",
		"is opened again because of a check that cannot know of its repair",
		replaced("found.ObservedAt.After(valid)", "checked")),
	"a lag of the control is forgotten": mutate("decide.Attempt.validFrom",
		"is opened again because of a check that cannot know of its repair",
		replaced("max(a.EvidenceLag, s.EvidenceLag)", "s.EvidenceLag")),
	"a finding with old data is answered and forgotten": mutate("decide.decider.resolve", "is a false green",
		deleted("d.Record.Unconfirmed = addRefs")),
	"an update that does not show is taken for somebody's hand": mutate("decide.Record.judge", "is a false green",
		never("now.Sub(resolved) < s.UpdateLag")),
	"a suppressed finding is answered": mutate("decide.findingsToAnswer", "was suppressed, and is set",
		replaced("!now.suppressed()", "true")),
	"the switch is not asked": mutate("decide.decider.startOrHold", "although everything is paused",
		never("d.gate.Paused")),
	"the breaker is not asked": mutate("decide.decider.obstacle", "although its breaker is open",
		replaced("a.Trigger.ByPerson()", "true")),
	"when a pause ends everything starts": mutate("decide.Breaker.obstacle", "starts while another one tries",
		deleted("found.probe = true")),
	"the failures of one account pause all": mutate("decide.Breaker.countedFailures", "failures of one account pause",
		replaced("min(each[f.Account]+1, (s.BreakerFailures+1)/2)", "each[f.Account]+1"),
		replaced("len(each) < 2", "len(each) < 1")),
	"an account that is not ready is tried by all": mutate("decide.Missing.passes", "one target right after another",
		replaced("m.Probe.passes(t.Key(), until, now, s)", "m.Probe.passes(t.Key(), time.Time{}, until, s)")),
	"people are notified of an account that is not ready for each finding": mutate("decide.Account.shouldNotify",
		"again",
		returns("wait > 0")),
	"what is not ready is given up at once": mutate("decide.OnNotReady", "is given up although",
		replaced("a.waitedForReady(now, s)", "now.After(a.UnreadySince)")),
	"people are notified of a deleted resource": mutate("decide.Decision.end", "which is gone",
		always("fate.Told == failure.EachFailure")),
	"each failure has a message of its own": mutate("decide.Digest.OnNotification", "and were notified of its cause",
		replaced("d.Opener == id", `d.Opener != ""`)),
	"a digest never goes out": mutate("decide.Digest.OnSweep", "no notification was sent",
		replaced(`d.Ended, d.Until, d.Opener = d.Window, time.Time{}, ""`, `d.Until, d.Opener = time.Time{}, ""`)),
	"a digest that is out goes out again": mutate("decide.Digest.OnSent", "people are notified twice",
		negated("d.Ended != window")),
	"a dead claimer keeps its claim": mutate("decide.Attempt.leaseOver", "is still open", returns("false")),
	"the sweep does not look at what runs": mutate("decide.OnSweep", "is still open",
		deleted("plan.Look = a.ExecutionID")),
	"the ledger is written before findings are updated": mutate("apply.Effects.Run", "is a false green", first(`
		if d.Save {
			saved, err := e.Ledger.Save(ctx, d.Record)
			if err != nil {
				return saved, err
			}
			d.Record, d.Save = saved, false
		}`)),
	"an undone repair is repeated automatically": mutate("decide.Record.holdsBack", "no person has requested one since",
		returns(`r.Held() && !q.Trigger.ByPerson() && r.HeldBy == ""`)),
	"what a person asked before the undo ends the hold": mutate("decide.Record.holdsBack",
		"no person has requested one since",
		replaced("!asked.After(r.HeldAt)", "false")),
	"a repair is undone again": mutate("decide.UndoProblem", "is undone twice",
		never("rec.undone(executionID)")),
	"any repair is undone": mutate("decide.UndoProblem", "is not the latest repair",
		never("latest != executionID")),
	"an undo leaves its findings RESOLVED": mutate("decide.Decision.endUndo", "is a false green",
		replaced("notify(refs, undoneNote(d.Record.Target, a))",
			"Update{Findings: refs, Note: undoneNote(d.Record.Target, a)}")),
	"a refused undo is not recorded": mutate("decide.decider.refuseUndo", "is unanswered",
		deleted("d.Record.Refused = UndoRefusal")),
	"what runs is never due": mutate("decide.Attempt.due", "is still open",
		returns("a.ClaimedAt.Add(10_000 * time.Hour)")),
	"what was checked once is never due again": mutate("decide.Record.checkDue", "is still open",
		replaced("max(0, s.ConfirmEvery-SweepEvery/2)", "10_000 * time.Hour")),
	"the policy is not asked": mutate("decide.decider.consult", "although the policy stops it", returns("consulted{}")),
	"a policy that cannot be read allows everything": mutate("decide.decider.consult",
		"although the policy cannot be read", never(`in.Problem != ""`)),
	"nobody looks at parked findings again": mutate("decide.Parked.needsLook", "is parked in the end",
		returns("false")),
	"an approved repair is not bound to its plan": mutate("decide.decider.approve", "is not bound to its plan",
		replaced("x.Digest", `""`)),
	"what is over budget starts": mutate("decide.decider.needsBudget", "and this is",
		replaced("d.gate.Budget.Until.IsZero()", "true")),
	"an execution that still runs is taken for ended": mutate("settle.Handler.outcome", "two executions run",
		followed("o, err := h.Executions.Outcome", `
			if errors.Is(err, executions.ErrNotEnded) {
				return decide.Outcome{ExecutionID: n.executionID}, nil
			}`)),
	"what is suppressed in V2 is not": mutate("decide.Seen.suppressed", "was suppressed in V2, and is set",
		replaced("s.V2.Status == finding.Suppressed", "false")),
	"our own In Progress is a click": mutate("decide.Seen.Asks", "which others set",
		replaced("s.Workflow != finding.Notified", "true"), replaced("!s.V2.OwnInProgress()", "true")),
	"a click is answered again and again": mutate("decide.decider.clickedBefore", "which others set",
		replaced("!v2.Own()", "false && v2.Own()")),
	"a status that V2 lacks is not written": mutate("decide.Seen.MissingInV2", "in CSPM and NEW in V2",
		replaced("answered && isNew", "answered && isNew && false")),
	"an exemption is not announced": mutate("announce.waiting", "EXEMPT of", replaced("decide.Exempted", `"other"`)),
	"a wait is announced again and again": mutate("announce.stopped", "tells of nothing that changed",
		replaced("slices.ContainsFunc(was.Parked, p.WaitsAs)", "false")),
	"a proposal that nobody answered is not announced as over": mutate("announce.endOf", "the end of",
		replaced("Withdrawn", `""`)),
	"another plan is announced as approved": mutate("announce.proposal", "approves what was not proposed",
		replaced("x.Digest", "x.Plan")),
}

// apply gives the file that a mutation changes, and its text after that.
func (m mutation) apply() (file, text string, err error) {
	d, err := find(filepath.Join(root, "internal/engine"), m.in)
	for _, c := range m.changes {
		if err != nil {
			return "", "", err
		}
		if d.text, err = c(d); err == nil {
			_, name, _ := strings.Cut(m.in, ".")
			d, err = findIn(d.file, d.text, name)
		}
	}
	return d.file, d.text, err
}

// Every mutation has its place and compiles; only what they break takes long to find out.
func TestMutationsApply(t *testing.T) {
	t.Parallel()
	packages := compiled(t)
	for name, m := range mutations {
		file, text, err := m.apply()
		if err == nil {
			err = compiles(packages, file, text)
		}
		if err != nil {
			t.Errorf("%s: %s: %v", name, m.in, err)
		}
	}
}

// The simulation finds bugs: with any of the mutations, some schedule fails.
func TestMutationsAreCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the handlers once for each mutation")
	}
	for name, m := range mutations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, text, err := m.apply()
			if err != nil {
				t.Fatal(err)
			}
			out, err := simulateWith(t, file, text)
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
	original, err := filepath.Abs(file)
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
