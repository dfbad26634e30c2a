package messages

import (
	"encoding/json"
	"errors"
	"fmt"

	"hubmend/internal/engine/target"
)

// revertSource tells follow-ups about reverted repairs from other messages.
const revertSource = "hubmend.revert"

// Revert has settle look up who reverted a repair. It is sent when the resource failed again, and is delayed until
// CloudTrail shows the change.
type Revert struct {
	Key    string `json:"key"`    // of the target
	Number int    `json:"number"` // of the attempt that was reverted
}

// Body writes the follow-up as the body of a queue message.
func (r Revert) Body() string { return body(revertSource, r) }

// ParseRevert reads such a follow-up from the body of a queue message. It returns false for a message that is none,
// and gives an error for one that is broken.
func ParseRevert(text []byte) (Revert, bool, error) {
	detail, ok := detailOf(text, revertSource)
	if !ok {
		return Revert{}, false, nil
	}
	var r Revert
	if err := json.Unmarshal(detail, &r); err != nil {
		return Revert{}, true, fmt.Errorf("read follow-up: %w", err)
	}
	if !target.IsKey(r.Key) || r.Number < 1 {
		return Revert{}, true, errors.New("read follow-up: it names no attempt of a target")
	}
	return r, true, nil
}
