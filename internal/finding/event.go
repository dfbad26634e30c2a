package finding

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Trigger says what asks for a repair.
type Trigger string

// The two ways in which a repair begins.
const (
	Automatic    Trigger = "automatic"
	CustomAction Trigger = "custom action"
)

// Event is a Security Hub event as EventBridge delivers it.
type Event struct {
	ID string
	// Time is the end of the second that EventBridge gives, so that it is never before
	// what happened.
	Time    time.Time
	Trigger Trigger
	// ActionID is the id of the custom action, such as CIS4142; empty for Automatic.
	ActionID string
	// Findings are not parsed yet, so that one bad finding does not spoil the others.
	Findings []json.RawMessage
}

type envelope struct {
	ID         string   `json:"id"`
	Time       string   `json:"time"`
	Source     string   `json:"source"`
	DetailType string   `json:"detail-type"`
	Resources  []string `json:"resources"`
	Detail     struct {
		Findings []json.RawMessage `json:"findings"`
	} `json:"detail"`
}

// MaxEventBytes bounds what is parsed. A finding holds at most 240 KB and an event
// carries one; the rest is room for the envelope.
const MaxEventBytes = 512 << 10

// ParseEvent reads an event from the body of a queue message. Its errors are
// permanent: the same bytes will never be an event that Hubmend understands.
func ParseEvent(body []byte) (Event, error) {
	if len(body) > MaxEventBytes {
		return Event{}, fmt.Errorf("the message has %d bytes, more than an event can have", len(body))
	}
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return Event{}, fmt.Errorf("the message is not an event: %w", err)
	}
	if e.Source != "aws.securityhub" {
		return Event{}, fmt.Errorf("the event's source %q is not aws.securityhub", clip(e.Source))
	}
	if e.ID == "" {
		return Event{}, errors.New("the event has no id")
	}
	if len(e.Detail.Findings) == 0 {
		return Event{}, errors.New("the event carries no finding")
	}
	event := Event{ID: e.ID, Findings: e.Detail.Findings}
	switch e.DetailType {
	case "Security Hub Findings - Imported":
		event.Trigger = Automatic
	case "Security Hub Findings - Custom Action":
		event.Trigger = CustomAction
		action, err := actionID(e.Resources)
		if err != nil {
			return Event{}, err
		}
		event.ActionID = action
	default:
		return Event{}, fmt.Errorf("the event's detail-type %q is not one of findings", clip(e.DetailType))
	}
	at, err := time.Parse(time.RFC3339, e.Time)
	if err != nil {
		return Event{}, fmt.Errorf("the event's time %q is no RFC 3339 time", clip(e.Time))
	}
	event.Time = at.Add(time.Second - time.Nanosecond)
	return event, nil
}

// actionARN matches the whole of it, because the id goes into notes.
var actionARN = regexp.MustCompile(`^arn:aws[a-z-]*:securityhub:[a-z0-9-]+:[0-9]{12}:action/custom/([A-Za-z0-9]{1,20})$`)

func actionID(resources []string) (string, error) {
	if len(resources) == 1 {
		if m := actionARN.FindStringSubmatch(resources[0]); m != nil {
			return m[1], nil
		}
	}
	return "", errors.New("the custom action event does not name its action in resources")
}
