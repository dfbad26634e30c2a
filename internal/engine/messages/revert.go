package messages

import (
	"encoding/json"
	"errors"
	"fmt"

	"hubmend/internal/engine/target"
)

// The sources tell follow-ups about an attempt from other messages.
const (
	revertSource   = "hubmend.revert"
	evaluateSource = "hubmend.evaluate"
)

type ofAttempt struct {
	Key    string `json:"key"`    // of the target
	Number int    `json:"number"` // of the attempt
}

// Revert has settle look up who reverted a repair, which is the attempt. It is sent when the resource failed again, and
// is delayed until CloudTrail shows the change.
type Revert ofAttempt

// Evaluate has settle ask AWS Config once more to evaluate the rules of a repair, which is the attempt. It is sent when
// their latest evaluation began before the end of the repair, and is delayed until they may be evaluated again.
type Evaluate ofAttempt

// Body writes the follow-up as the body of a queue message.
func (r Revert) Body() string { return body(revertSource, r) }

// Body writes the follow-up as the body of a queue message.
func (e Evaluate) Body() string { return body(evaluateSource, e) }

// ParseRevert reads such a follow-up from the body of a queue message. It returns false for a message that is none,
// and gives an error for one that is broken.
func ParseRevert(text []byte) (Revert, bool, error) {
	a, is, err := parseOfAttempt(text, revertSource)
	return Revert(a), is, err
}

// ParseEvaluate is ParseRevert for Evaluate.
func ParseEvaluate(text []byte) (Evaluate, bool, error) {
	a, is, err := parseOfAttempt(text, evaluateSource)
	return Evaluate(a), is, err
}

func parseOfAttempt(text []byte, source string) (ofAttempt, bool, error) {
	detail, ok := detailOf(text, source)
	if !ok {
		return ofAttempt{}, false, nil
	}
	var a ofAttempt
	if err := json.Unmarshal(detail, &a); err != nil {
		return ofAttempt{}, true, fmt.Errorf("read follow-up: %w", err)
	}
	if !target.IsKey(a.Key) || a.Number < 1 {
		return ofAttempt{}, true, errors.New("read follow-up: it names no attempt of a target")
	}
	return a, true, nil
}
