package cloudformation

import (
	"slices"
	"strings"
	"time"

	"hubmend/internal/lab/apicall"
)

// Statuses that are used in several places.
const (
	reviewInProgress = "REVIEW_IN_PROGRESS"
	deleteComplete   = "DELETE_COMPLETE"
	deleteSkipped    = "DELETE_SKIPPED"
)

// kindOfOperation holds the statuses of a stack during an operation.
type kindOfOperation struct {
	from                                   []string // the statuses in which it may begin
	begun, done, failed                    string
	rollingBack, rolledBack, notRolledBack string
}

var (
	settled = []string{
		"CREATE_COMPLETE", "CREATE_FAILED", "UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE",
		"UPDATE_ROLLBACK_FAILED",
	}
	creation = kindOfOperation{
		from: []string{reviewInProgress}, begun: "CREATE_IN_PROGRESS", done: "CREATE_COMPLETE", failed: "CREATE_FAILED",
		rollingBack: "ROLLBACK_IN_PROGRESS", rolledBack: "ROLLBACK_COMPLETE", notRolledBack: "ROLLBACK_FAILED",
	}
	updating = kindOfOperation{
		from: settled, begun: "UPDATE_IN_PROGRESS", done: "UPDATE_COMPLETE", failed: "UPDATE_FAILED",
		rollingBack: "UPDATE_ROLLBACK_IN_PROGRESS", rolledBack: "UPDATE_ROLLBACK_COMPLETE",
		notRolledBack: "UPDATE_ROLLBACK_FAILED",
	}
	deletion = kindOfOperation{
		from:  append([]string{reviewInProgress, "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}, settled...),
		begun: "DELETE_IN_PROGRESS", done: deleteComplete, failed: "DELETE_FAILED",
	}
)

// begin starts an operation, unless the stack's status does not allow it.
func (s *Stack) begin(o kindOfOperation) error {
	s.mu.Lock()
	if err := s.allows(o); err != nil {
		s.mu.Unlock()
		return err
	}
	// Now, so that a second operation is refused.
	s.status = o.begun
	switch o.begun {
	case updating.begun:
		s.changed = time.Now()
	case deletion.begun:
		s.ended = time.Now()
	}
	s.mu.Unlock()
	s.turn(o.begun, "User Initiated")
	return nil
}

// may reports whether an operation may begin.
func (s *Stack) may(o kindOfOperation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.allows(o)
}

func (s *Stack) allows(o kindOfOperation) error {
	if slices.Contains(o.from, s.status) {
		return nil
	}
	return apicall.Refuse("ValidationError", "Stack:%s is in %s state and can not be %s.", s.ID, s.status,
		map[string]string{"CREATE": "created", "UPDATE": "updated", "DELETE": "deleted"}[o.verb()])
}

func (o kindOfOperation) verb() string {
	verb, _, _ := strings.Cut(o.begun, "_")
	return verb
}
