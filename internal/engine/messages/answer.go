package messages

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

// answerSource tells answers to proposals from other messages.
const answerSource = "hubmend.answer"

// Answer is a person's answer to a proposal. Dispatch reads it from the findings queue, and trusts it no more than a
// finding.
type Answer struct {
	ID      string    `json:"id"`    // a UUID of its own
	Key     string    `json:"key"`   // of the target
	Round   int       `json:"round"` // of the proposal
	Approve bool      `json:"approve"`
	By      string    `json:"by"` // the identity that answers
	Reason  string    `json:"reason,omitempty"`
	At      time.Time `json:"at"`
}

// Body writes the answer as the body of a queue message.
func (a Answer) Body() string { return body(answerSource, a) }

// ParseAnswer reads an answer from the body of a queue message. It returns false for a message that is none,
// and gives an error for one that is broken.
func ParseAnswer(text []byte) (Answer, bool, error) {
	detail, ok := detailOf(text, answerSource)
	if !ok {
		return Answer{}, false, nil
	}
	var a Answer
	if err := json.Unmarshal(detail, &a); err != nil {
		return Answer{}, true, fmt.Errorf("read answer: %w", err)
	}
	if err := a.check(); err != nil {
		return Answer{}, true, fmt.Errorf("read answer: %w", err)
	}
	return a, true, nil
}

func (a Answer) check() error {
	switch {
	case !IsID(a.ID):
		return errors.New("its id is not a UUID")
	case !target.IsKey(a.Key):
		return errors.New("its key is not that of a target")
	case a.Round < 1:
		return errors.New("it names no round of the proposal")
	case !finding.IsIdentity(a.By):
		return errors.New("its by is not the ARN of an identity")
	case a.At.IsZero():
		return errors.New("it has no time")
	}
	return nil
}
