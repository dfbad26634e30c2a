// Package sweep finds what was left undone: attempts whose message or status event was
// lost, repairs that wait for their time, and resolutions that Security Hub does not confirm.
//
// It starts and ends nothing itself, but sends follow-ups to dispatch and settle.
package sweep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"hubmend/internal/engine/apply"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/queue"
)

// Queue takes follow-ups.
type Queue interface {
	// SendAll puts at most queue.SendAtOnce messages on the queue, those that it can.
	SendAll(ctx context.Context, bodies []string) error
}

// Switch is the administrator's.
type Switch interface {
	// Paused reports whether nothing may be started now.
	Paused(ctx context.Context) (bool, error)
}

// Policy is the administrator's.
type Policy interface {
	// Current returns the version in force; a zero one when there is none.
	Current(ctx context.Context) (policy.Version, error)
}

// Handler is the sweep function.
type Handler struct {
	Index    ledger.Index
	Effects  apply.Effects
	Policy   Policy
	Swept    ledger.SweptPolicy
	Switch   Switch
	Findings Queue // of dispatch
	Outcomes Queue // of settle
	Settings decide.Settings
	Now      func() time.Time
	Sleep    func(ctx context.Context, d time.Duration)
	// Together does n things at the same time and waits for all of them.
	Together func(ctx context.Context, n int, do func(ctx context.Context, i int))
	Log      *slog.Logger
}

const (
	// mostStarts is how many follow-ups go to dispatch for one account and Region in a sweep: as
	// many as can be started until the next one.
	mostStarts = int(decide.SweepEvery / ledger.SlotSpacing)

	// followUpTime is when a sweep sends no more follow-ups, and sweepTime when it makes no more checks, counted
	// from its beginning. So no duty takes the time of the other, and the function is never cut off. Remaining
	// records are due at the next sweep, and come first then.
	followUpTime, sweepTime = 150 * time.Second, 240 * time.Second

	// loadsAtOnce calls of ledger.LoadAtOnce records each are made at the same time. A record may have
	// some kilobytes, and the function has a few hundred megabytes.
	loadsAtOnce = 10
)

// Handle sweeps once. It handles the records that are due, those first that have been due for longest. One target that
// cannot be handled does not keep the others from it. Records that a newer version of Hubmend wrote are skipped, which
// is no failure: only that version can handle them.
func (h *Handler) Handle(ctx context.Context) error {
	paused, err := h.Switch.Paused(ctx)
	if err != nil {
		return err
	}
	s := sweep{Handler: h, now: h.Now(), paused: paused, starts: map[string]int{}}
	horizon, err := s.readPolicy(ctx)
	if err != nil {
		return err
	}
	keys, err := h.Index.Due(ctx, horizon)
	if err != nil {
		return err
	}
	if paused {
		h.Effects.Count(ctx, []decide.Metric{decide.MetricPaused})
	}
	left, errs := len(keys), []error(nil)
	for some := range slices.Chunk(keys, loadsAtOnce*ledger.LoadAtOnce) {
		if h.Now().Sub(s.now) >= followUpTime || ctx.Err() != nil {
			errs = append(errs, fmt.Errorf("%d of %d targets were not looked at in time", left, len(keys)))
			break
		}
		errs = append(errs, s.look(ctx, some))
		left -= len(some)
	}
	errs = append(errs, s.policySwept(ctx, left == 0, errors.Join(errs...)), s.digest(ctx), s.check(ctx))
	h.Log.InfoContext(ctx, "swept", "due", len(keys), "woken", s.woken, "looked", s.looked, "checked",
		len(s.checks)-s.unchecked,
		"unchecked", s.unchecked, "paused", paused, "newer", s.newer)
	if s.newer > 0 {
		h.Log.WarnContext(ctx, "targets skipped", "targets", s.newer, "reason",
			"they were written by a newer version of Hubmend; deploy that version again")
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	h.Effects.Count(ctx, []decide.Metric{decide.MetricSwept})
	return nil
}

// sweep is one run.
type sweep struct {
	*Handler
	now    time.Time
	paused bool
	policy string         // the hash of the policy in force; empty when it is not known
	news   bool           // whether parked findings have not been looked at since that policy is in force
	left   bool           // whether a parked finding is still to be decided by that policy
	starts map[string]int // follow-ups to dispatch by account and Region
	checks []decide.Record

	woken, looked, unchecked int
	newer                    int // targets that only a newer version of Hubmend understands
}

// look loads records and sends the follow-ups for them. It remembers those that are to be checked.
func (s *sweep) look(ctx context.Context, keys []string) error {
	records, err := s.load(ctx, keys)
	errs := []error{err}
	var wakes, looks []string
	for _, rec := range records {
		key, plan := rec.Target.Key(), decide.OnSweep(rec, s.paused, s.policy, s.now, s.Settings)
		place := rec.Target.Account + "/" + rec.Target.Region
		s.left = s.left || s.news && rec.DecidedByOther(s.policy)
		if plan.Wake && s.starts[place] < mostStarts {
			s.starts[place]++
			wakes = append(wakes, messages.FollowUp{Key: key}.Body())
		}
		for _, id := range []string{plan.Look, plan.LookPlan} {
			if id != "" {
				looks = append(looks, messages.FollowUp{Key: key, ExecutionID: id}.Body())
			}
		}
		if plan.Check {
			s.checks = append(s.checks, rec)
		}
	}
	s.woken, s.looked = s.woken+len(wakes), s.looked+len(looks)
	return errors.Join(append(errs, s.send(ctx, s.Findings, wakes), s.send(ctx, s.Outcomes, looks))...)
}

// load returns the records with keys, in the order of the keys, and what went wrong with others.
func (s *sweep) load(ctx context.Context, keys []string) ([]decide.Record, error) {
	parts := slices.Collect(slices.Chunk(keys, ledger.LoadAtOnce))
	loaded, errs := make([]ledger.Loaded, len(parts)), make([]error, len(parts))
	s.Together(ctx, len(parts),
		func(ctx context.Context, i int) { loaded[i], errs[i] = s.Index.LoadAll(ctx, parts[i]) })
	place := map[string]int{}
	for i, key := range keys {
		place[key] = i
	}
	var records []decide.Record
	for _, l := range loaded {
		records = append(records, l.Records...)
		s.newer += l.Newer
	}
	slices.SortFunc(records, func(a, b decide.Record) int { return place[a.Target.Key()] - place[b.Target.Key()] })
	return records, s.told(ctx, "targets not swept", errs)
}

// send sends follow-ups, all batches at the same time.
func (s *sweep) send(ctx context.Context, to Queue, bodies []string) error {
	batches := slices.Collect(slices.Chunk(bodies, queue.SendAtOnce))
	errs := make([]error, len(batches))
	s.Together(ctx, len(batches), func(ctx context.Context, i int) { errs[i] = to.SendAll(ctx, batches[i]) })
	return s.told(ctx, "targets not swept", errs)
}

// digest sends the messages about what was collected, one for each cause.
func (s *sweep) digest(ctx context.Context) error {
	causes, err := s.Effects.Digests.DueDigests(ctx, s.now)
	if err != nil {
		return err
	}
	errs := make([]error, len(causes))
	s.Together(ctx, len(causes),
		func(ctx context.Context, i int) { errs[i] = s.Effects.SendDigest(ctx, causes[i], s.now) })
	return s.told(ctx, "digest not sent", errs)
}

// told logs errors and joins them.
func (s *sweep) told(ctx context.Context, what string, errs []error) error {
	for _, err := range errs {
		if err != nil {
			s.Log.ErrorContext(ctx, what, "error", err)
		}
	}
	return errors.Join(errs...)
}

const (
	// readAtOnce is how many findings are asked about in one call.
	readAtOnce = 20
	// readSpacing leaves some of the three calls that Security Hub takes per second to the other functions.
	readSpacing = 400 * time.Millisecond
)

// check compares what was resolved with what Security Hub has. Findings are read in the
// fewest calls, because Security Hub accepts three per second.
func (s *sweep) check(ctx context.Context) error {
	var errs []error
	for begin := 0; begin < len(s.checks) && ctx.Err() == nil; {
		asked := s.Now()
		if asked.Sub(s.now) >= sweepTime {
			s.unchecked = len(s.checks) - begin
			break
		}
		end, refs := begin, []decide.Ref(nil)
		for end < len(s.checks) && (end == begin || len(refs)+len(s.checks[end].Unconfirmed) <= readAtOnce) {
			refs = append(refs, s.checks[end].Unconfirmed...)
			end++
		}
		errs = append(errs, s.compare(ctx, s.checks[begin:end], refs))
		begin = end
		if begin < len(s.checks) {
			s.Sleep(ctx, readSpacing-s.Now().Sub(asked))
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}

func (s *sweep) compare(ctx context.Context, records []decide.Record, refs []decide.Ref) error {
	seen, err := s.Effects.Findings.Read(ctx, refs)
	if err != nil {
		return err
	}
	errs := make([]error, len(records))
	s.Together(ctx, len(records), func(ctx context.Context, i int) {
		_, _, err := s.Effects.Transact(ctx, records[i], func(rec decide.Record) decide.Decision {
			return decide.OnChecks(rec, seen, s.now, s.Settings)
		})
		if err != nil {
			errs[i] = fmt.Errorf("compare %s: %w", records[i].Target, err)
		}
	})
	return errors.Join(errs...)
}
