package announce

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/control"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/metrics"
)

// API is what an Announcer needs of the service.
type API interface {
	PutEvents(context.Context, *eventbridge.PutEventsInput,
		...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// Announcer collects what happens while a function processes a batch, and puts it on a bus when
// it is done: ten events cost one call. It may be used by several goroutines.
type Announcer struct {
	Client API
	Bus    string
	// Home is the Region where global resources are repaired from.
	Home string
	// Control returns what Hubmend knows of a control, and false for one that it does not know.
	Control func(id string) (control.Control, bool)
	Now     func() time.Time
	Log     *slog.Logger

	mu     sync.Mutex
	events []Event
}

// Target collects what a decision has changed: was is the record that it was made about, and is
// the one that is stored now. It must be stored.
func (a *Announcer) Target(was decide.Record, d decide.Decision, is decide.Record) {
	for _, c := range changes(was, d, a.Now()) {
		a.add(a.repairEvent(is, c))
	}
}

// Breaker collects that the breaker of a control has opened, opened again or closed, for all accounts or for one.
func (a *Announcer) Breaker(was, is decide.Breaker) {
	if !is.OpenUntil.Equal(was.OpenUntil) {
		a.add(a.breakerEvent(was, is, a.Now()))
	}
	for _, account := range pausedAccounts(was, is) {
		if one, other := was.In(account), is.In(account); !one.OpenUntil.Equal(other.OpenUntil) {
			e := a.breakerEvent(one, other, a.Now())
			detail := e.Detail.(Breaker)
			detail.Account, detail.ID = account, id(e.At, is.Control, account, strconv.Itoa(was.Version+1),
				string(detail.State))
			e.Detail = detail
			a.add(e)
		}
	}
}

// pausedAccounts returns the accounts that have a pause of their own in either, in order.
func pausedAccounts(was, is decide.Breaker) []string {
	var all []string
	for _, p := range slices.Concat(was.Accounts, is.Accounts) {
		all = append(all, p.Account)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (a *Announcer) add(e Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.events = append(a.events, e)
}

// Limits of EventBridge. The bytes of a call are those of its entries together, 256 KB; the rest
// is room for what is not the detail.
const (
	mostEntries = 10
	mostBytes   = 200 << 10
	// putTime limits how long a function waits for a call, retries included.
	putTime = 3 * time.Second
)

// Flush puts the collected events. It returns no error, because the changes have happened whether or not their events
// arrive: events that cannot be put are logged and counted.
func (a *Announcer) Flush(ctx context.Context) {
	a.mu.Lock()
	events := a.events
	a.events = nil
	a.mu.Unlock()
	if len(events) == 0 {
		return
	}
	var batch []types.PutEventsRequestEntry
	size, reachable := 0, true
	for _, e := range events {
		entry := a.entry(e)
		if n := len(*entry.Detail); len(batch) == mostEntries || size+n > mostBytes {
			reachable = a.put(ctx, batch, reachable)
			batch, size = nil, 0
		}
		batch, size = append(batch, entry), size+len(*entry.Detail)
	}
	a.put(ctx, batch, reachable)
}

func (a *Announcer) entry(e Event) types.PutEventsRequestEntry {
	var detail bytes.Buffer
	encode := json.NewEncoder(&detail)
	encode.SetEscapeHTML(false) // it would make six characters of one
	_ = encode.Encode(e.Detail) // texts, numbers and times always can be
	return types.PutEventsRequestEntry{
		EventBusName: &a.Bus, Source: aws.String(Source), DetailType: &e.Type, Time: &e.At,
		Detail: aws.String(string(bytes.TrimSpace(detail.Bytes()))),
	}
}

// put makes one call, and another for the entries that EventBridge could not take in that moment. When the bus
// was unreachable before it makes none: a function must not spend its time on that. It reports whether the bus is.
func (a *Announcer) put(ctx context.Context, entries []types.PutEventsRequestEntry, reachable bool) bool {
	if !reachable {
		for _, e := range entries {
			a.lost(ctx, e, "the call before it failed")
		}
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, putTime)
	defer cancel()
	again, err := a.call(ctx, entries, true)
	if len(again) > 0 {
		_, err = a.call(ctx, again, false)
	}
	// what is wrong with one call need not be with the next
	refused := awserr.Code(err) != "" && !awserr.IsTransient(err)
	return err == nil || refused
}

// call puts entries. It gives back those that may be taken in another call, which the SDK does not make, if they may
// come again. Every other that is not taken is lost.
func (a *Announcer) call(ctx context.Context, entries []types.PutEventsRequestEntry,
	mayComeAgain bool) (again []types.PutEventsRequestEntry, err error) {
	out, err := a.Client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: entries})
	if err != nil {
		for _, e := range entries {
			a.lost(ctx, e, awserr.Message(err))
		}
		return nil, err
	}
	for i, result := range out.Entries { // one for each, in the same order
		switch code := aws.ToString(result.ErrorCode); {
		case code == "":
		case mayComeAgain && (awserr.IsThrottlingCode(code) || awserr.IsInternalCode(code)):
			again = append(again, entries[i])
		default:
			a.lost(ctx, entries[i], code+": "+aws.ToString(result.ErrorMessage))
		}
	}
	return again, nil
}

// lost counts an event that could not be put, with all that it said.
func (a *Announcer) lost(ctx context.Context, e types.PutEventsRequestEntry, reason string) {
	a.Log.WarnContext(ctx, "event not put", "reason", reason, "type", *e.DetailType, "detail",
		json.RawMessage(*e.Detail))
	metrics.Count(ctx, a.Log, decide.MetricNotAnnounced)
}
