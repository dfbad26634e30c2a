package messages

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

// undoSource tells the requests of people from follow-ups of the sweep.
const undoSource = "hubmend.undo"

// Undo is the request of a person that a repair be undone. Dispatch reads it from the findings
// queue, and trusts it no more than a finding.
type Undo struct {
	ID          string    `json:"id"`          // a UUID of its own
	Key         string    `json:"key"`         // of the target
	ExecutionID string    `json:"executionId"` // of the repair
	By          string    `json:"by"`          // the identity that asks
	At          time.Time `json:"at"`
}

// Body writes the request as the body of a queue message.
func (u Undo) Body() string { return body(undoSource, u) }

// ParseUndo reads a request from the body of a queue message. It returns false for a message that is
// none, and gives an error for one that is broken.
func ParseUndo(text []byte) (Undo, bool, error) {
	detail, ok := detailOf(text, undoSource)
	if !ok {
		return Undo{}, false, nil
	}
	var u Undo
	if err := json.Unmarshal(detail, &u); err != nil {
		return Undo{}, true, fmt.Errorf("read undo: %w", err)
	}
	if err := u.check(); err != nil {
		return Undo{}, true, fmt.Errorf("read undo: %w", err)
	}
	return u, true, nil
}

// check demands the forms of everything, because it goes into the ledger, into notes and to
// Systems Manager.
func (u Undo) check() error {
	switch {
	case !IsID(u.ID):
		return errors.New("its id is not a UUID")
	case !target.IsKey(u.Key):
		return errors.New("its key is not that of a target")
	case !IsID(u.ExecutionID):
		return errors.New("its executionId is not a UUID")
	case !finding.IsIdentity(u.By):
		return errors.New("its by is not the ARN of an identity")
	case u.At.IsZero():
		return errors.New("it does not say at what time it was asked for")
	}
	return nil
}

// IsID reports whether a text has the form of an execution's id.
func IsID(text string) bool {
	return len(text) == 36 && uuid.Validate(text) == nil
}
