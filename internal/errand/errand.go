// Package errand owns the messages with which the sweep has the other functions go on with
// what was left undone, so that everything is started and ended in one place.
package errand

import (
	"encoding/json"
	"errors"
	"fmt"
)

// source tells errands from events of AWS, whose sources begin with "aws.".
const source = "hubmend.sweep"

// Errand is about one target of the ledger.
type Errand struct {
	Key string `json:"key"` // of the target
	// ExecutionID is what settle should look up; empty in an errand for dispatch.
	ExecutionID string `json:"executionId,omitempty"`
}

type message struct {
	Source string `json:"source"`
	Detail Errand `json:"detail"`
}

// Body writes the errand as the body of a queue message.
func (e Errand) Body() string {
	text, err := json.Marshal(message{source, e})
	if err != nil {
		panic(err) // two texts always can be written
	}
	return string(text)
}

// Parse reads an errand from the body of a queue message. It says false for a message that
// is none, and gives an error for one that is broken.
func Parse(body []byte) (Errand, bool, error) {
	var envelope struct {
		Source string          `json:"source"`
		Detail json.RawMessage `json:"detail"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil || envelope.Source != source {
		return Errand{}, false, nil //nolint:nilerr // whoever reads other messages says what is wrong with them
	}
	var e Errand
	if err := json.Unmarshal(envelope.Detail, &e); err != nil {
		return Errand{}, true, fmt.Errorf("read errand: %w", err)
	}
	if e.Key == "" {
		return Errand{}, true, errors.New("the errand names no target")
	}
	return e, true, nil
}
