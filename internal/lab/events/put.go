package events

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/story"
)

// Limits of PutEvents.
const (
	mostEntries    = 10
	mostEntryBytes = 256 << 10 // of all entries of a call
)

// entry is one event of PutEvents.
type entry struct {
	Source, DetailType, Detail, EventBusName string
	Resources                                []string
	Time                                     float64 // seconds of the epoch; 0 for now
}

// result is the outcome of an entry.
type result struct {
	EventID      string `json:"EventId,omitempty"`
	ErrorCode    string `json:",omitempty"`
	ErrorMessage string `json:",omitempty"`
}

// PutEvent is an event that was put on a bus by PutEvents.
type PutEvent struct {
	Account, Region, Bus string
	Source, DetailType   string
	Detail               map[string]any
}

// putEvents takes the valid entries and reports what is wrong with each other one.
func (b *Bridge) putEvents(q apicall.Request, in struct{ Entries []entry }) (any, error) {
	size := 0
	for _, e := range in.Entries {
		size += len(e.Source) + len(e.DetailType) + len(e.Detail) + len(strings.Join(e.Resources, ""))
	}
	switch {
	case len(in.Entries) == 0 || len(in.Entries) > mostEntries:
		return nil, apicall.Refuse("ValidationException", "1 to %d entries can be put at a time, not %d", mostEntries,
			len(in.Entries))
	case size > mostEntryBytes:
		return nil, apicall.Refuse("ValidationException", "Total size of the entries in the request is over the limit.")
	}
	results, failed := []result{}, 0
	for _, e := range in.Entries {
		r := b.putEntry(q.Place(), e)
		if r.ErrorCode != "" {
			failed++
		}
		results = append(results, r)
	}
	return map[string]any{"FailedEntryCount": failed, "Entries": results}, nil
}

func (b *Bridge) putEntry(from apicall.Place, e entry) result {
	var detail map[string]any
	switch {
	case e.Source == "" || e.DetailType == "" || e.Detail == "":
		return result{ErrorCode: "InvalidArgument", ErrorMessage: "Source, DetailType and Detail are needed."}
	case strings.HasPrefix(e.Source, "aws."):
		return result{ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source."}
	case json.Unmarshal([]byte(e.Detail), &detail) != nil || detail == nil:
		return result{ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed."}
	}
	to, err := b.busOf(from, e.EventBusName)
	if err != nil {
		return result{ErrorCode: "ResourceNotFoundException", ErrorMessage: err.Error()}
	}
	full := envelope(from, Event{Source: e.Source, DetailType: e.DetailType, Resources: e.Resources, Detail: detail})
	if e.Time != 0 {
		full["time"] = time.UnixMilli(int64(e.Time * 1000)).UTC().Format(time.RFC3339)
	}
	b.mu.Lock()
	b.all = append(b.all, PutEvent{to.Account, to.Region, to.name, e.Source, e.DetailType, detail})
	b.mu.Unlock()
	b.lab.Story.Tell(story.KindEvent, to.Account, to.Region, "%s says %q", e.Source, e.DetailType)
	b.put(to, full)
	return result{EventID: fmt.Sprint(full["id"])}
}

// busOf finds the bus that an entry names, in the account of the caller. A bus in another account has a policy, which
// the lab evaluates for rules only.
func (b *Bridge) busOf(from apicall.Place, name string) (busID, error) {
	if part := strings.SplitN(name, ":", 6); len(part) == 6 && (part[4] != from.Account || part[3] != from.Region) {
		return busID{}, fmt.Errorf("the lab puts events on buses of the caller's own account and Region, not on %s",
			name)
	}
	id := busID{from, DefaultBus}
	if name != "" {
		id.name = path.Base(name)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bus(id) == nil {
		return busID{}, fmt.Errorf("event bus %s does not exist", id.name)
	}
	return id, nil
}

// PutSoFar lists the events that were put on buses so far by PutEvents, in that order.
func (b *Bridge) PutSoFar() []PutEvent {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.all)
}
