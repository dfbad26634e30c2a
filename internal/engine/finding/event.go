package finding

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// Trigger is what requests a repair.
type Trigger string

// The ways in which a repair begins.
const (
	Automatic    Trigger = "automatic"
	CustomAction Trigger = "custom action"
	CommandLine  Trigger = "command line"
	// InProgress is the status that somebody gave the finding in the new Security Hub, where there is no custom action.
	InProgress Trigger = "status In Progress"
)

// ByPerson reports whether a person has certainly asked. An automation rule can set In Progress too.
func (t Trigger) ByPerson() bool { return t == CustomAction || t == CommandLine }

// Event is a Security Hub event as EventBridge delivers it.
type Event struct {
	ID string
	// Time is the end of the second that EventBridge gives, so that it is never before
	// what happened.
	Time    time.Time
	Trigger Trigger
	// OCSF is set when the findings are in OCSF, of the new Security Hub. Trigger is Automatic then, although a finding
	// that is In Progress may have been clicked.
	OCSF bool
	// ActionID is the id of the custom action, such as CIS4142; empty for Automatic.
	ActionID string
	// By is the identity that asks; of CommandLine only, because Security Hub does not say who
	// used a custom action.
	By string
	// Despite is why that person requests it although the policy exempts the finding; empty when nothing was said.
	Despite string
	// Sender is the id of who sent the message, see Sender; "" when it is not known.
	Sender string
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
		Findings rawFindings `json:"findings"`
		// Of `hubmend remediate`, never of Security Hub.
		RequestedBy   string `json:"requestedBy"`
		DespitePolicy string `json:"despitePolicy"`
	} `json:"detail"`
}

// rawFindings are read one by one, so that a list of very many costs no memory.
type rawFindings []json.RawMessage

// UnmarshalJSON implements json.Unmarshaler.
func (f *rawFindings) UnmarshalJSON(text []byte) error {
	*f = nil
	d := json.NewDecoder(bytes.NewReader(text))
	if token, err := d.Token(); err != nil || token == nil {
		return err
	} else if token != json.Delim('[') {
		return errors.New("its findings are not a list")
	}
	for d.More() {
		if len(*f) == MaxFindings {
			return fmt.Errorf("it carries more than %d findings", MaxFindings)
		}
		var one json.RawMessage
		if err := d.Decode(&one); err != nil {
			return err
		}
		*f = append(*f, one)
	}
	return nil
}

// MaxEventBytes limits what is parsed. A finding holds at most 240 KB and an event
// carries one; the rest is room for the envelope.
const MaxEventBytes = 512 << 10

// MaxFindings limits what an event may ask for: as many as a call of Security Hub takes.
const MaxFindings = 100

// ErrInsightResults is the error of an event that a person caused by using a custom action on the results of
// an insight. It names no finding, so that there is nothing to repair.
var ErrInsightResults = errors.New(
	"the custom action was used on results of an insight, which are no findings; " +
		"select the findings and use it on them")

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
	if e.DetailType == "Security Hub Insight Results" {
		return Event{}, ErrInsightResults
	}
	if len(e.Detail.Findings) == 0 {
		return Event{}, errors.New("the event carries no finding")
	}
	event := Event{ID: e.ID, Findings: e.Detail.Findings}
	switch e.DetailType {
	case "Security Hub Findings - Imported":
		event.Trigger = Automatic
	case "Findings Imported V2":
		event.Trigger, event.OCSF = Automatic, true
	case "Security Hub Findings - Custom Action":
		event.Trigger = CustomAction
		action, err := actionID(e.Resources)
		if err != nil {
			return Event{}, err
		}
		event.ActionID = action
		if by := e.Detail.RequestedBy; by != "" {
			if !IsIdentity(by) {
				return Event{}, fmt.Errorf("the event's requestedBy %q is not the ARN of an identity", clip(by))
			}
			event.Trigger, event.By, event.Despite = CommandLine, by, reason(e.Detail.DespitePolicy)
		}
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

// Parse reads one of the event's findings, in the format that they have.
func (e Event) Parse(raw json.RawMessage) (Finding, error) {
	if e.OCSF {
		return ParseOCSF(raw)
	}
	return Parse(raw)
}

// reason keeps what a person wrote to a line that fits into a note.
func reason(text string) string {
	const limit = 200
	text = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)), " ")
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit])
	}
	return text
}

// actionARN matches the whole of it, because the id goes into notes.
var actionARN = regexp.MustCompile(
	`^arn:aws[a-z-]*:securityhub:[a-z0-9-]+:[0-9]{12}:action/custom/([A-Za-z0-9]{1,20})$`)

func actionID(resources []string) (string, error) {
	if len(resources) == 1 {
		if m := actionARN.FindStringSubmatch(resources[0]); m != nil {
			return m[1], nil
		}
	}
	return "", errors.New("the custom action event does not name its action in resources")
}

// identityARN is what sts:GetCallerIdentity gives: a user, a role's session, a federated user or
// the root user of an account.
var identityARN = regexp.MustCompile(`^arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:[A-Za-z0-9/+=,.@_-]{1,256}$`)

// IsIdentity reports whether a text is the ARN of somebody who can ask for something. It goes into
// notes, so nothing else may stand in its place.
func IsIdentity(arn string) bool { return identityARN.MatchString(arn) }
