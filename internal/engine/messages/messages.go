// Package messages owns the messages that are not events of AWS: with them the sweep has the other
// functions go on with what was left undone, and people have a repair undone. So everything
// is started and ended in one place.
package messages

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// source tells follow-ups from events of AWS, whose sources begin with "aws.".
const source = "hubmend.sweep"

// FollowUp is about one target of the ledger.
type FollowUp struct {
	Key string `json:"key"` // of the target
	// ExecutionID is what settle should look up; empty in a follow-up for dispatch.
	ExecutionID string `json:"executionId,omitempty"`
}

// Body writes the follow-up as the body of a queue message.
func (e FollowUp) Body() string { return body(source, e) }

func body(source string, detail any) string {
	text, err := json.Marshal(struct {
		Source string `json:"source"`
		Detail any    `json:"detail"`
	}{source, detail})
	if err != nil {
		panic(err) // texts and times always can be written
	}
	return string(text)
}

// detailOf returns the detail of a message of a source, and false for any other message.
func detailOf(text []byte, source string) (json.RawMessage, bool) {
	if !bytes.Contains(text, []byte(source)) {
		return nil, false // most messages are large events of AWS
	}
	var envelope struct {
		Source string          `json:"source"`
		Detail json.RawMessage `json:"detail"`
	}
	if err := json.Unmarshal(text, &envelope); err != nil || envelope.Source != source {
		return nil, false // whoever reads other messages says what is wrong with them
	}
	return envelope.Detail, true
}

// Parse reads a follow-up from the body of a queue message. It returns false for a message that
// is none, and gives an error for one that is broken.
func Parse(body []byte) (FollowUp, bool, error) {
	detail, ok := detailOf(body, source)
	if !ok {
		return FollowUp{}, false, nil
	}
	var e FollowUp
	if err := json.Unmarshal(detail, &e); err != nil {
		return FollowUp{}, true, fmt.Errorf("read follow-up: %w", err)
	}
	if e.Key == "" {
		return FollowUp{}, true, errors.New("the follow-up names no target")
	}
	return e, true, nil
}
