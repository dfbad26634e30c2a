package settle

import (
	"encoding/json"
	"errors"
	"fmt"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
)

// notice is what a message says: that an execution of a target ended, or, in a follow-up of
// the sweep, that somebody should look.
type notice struct {
	key         string // of the target
	executionID string
	// refused returns why the execution is none of ours; the rest is empty then.
	refused string

	// Of a status event. Empty in a follow-up.
	account, region, status, document string
}

// statusEvent is the part that is used of an "EC2 Automation Execution Status-change
// Notification". It carries neither outputs nor a reason.
type statusEvent struct {
	Source  string `json:"source"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Detail  struct {
		ExecutionID string `json:"ExecutionId"`
		Status      string `json:"Status"`
		ExecutedBy  string `json:"ExecutedBy"`
		Definition  string `json:"Definition"` // the document
	} `json:"detail"`
}

// parse reads a message. Its errors are permanent: the message is neither an event nor a follow-up.
func parse(body []byte) (notice, error) {
	work, is, err := messages.Parse(body)
	if err != nil {
		return notice{}, err
	}
	if is && work.ExecutionID == "" {
		return notice{}, errors.New("the follow-up names no execution")
	}
	if is {
		return notice{key: work.Key, executionID: work.ExecutionID}, nil
	}
	var e statusEvent
	if err := json.Unmarshal(body, &e); err != nil {
		return notice{}, fmt.Errorf("the message is not an event: %w", err)
	}
	if e.Source != "aws.ssm" || e.Detail.ExecutionID == "" || e.Detail.Status == "" {
		return notice{}, errors.New("the event is not about an execution")
	}
	key, ok := target.KeyFromExecutor(e.Detail.ExecutedBy)
	if !ok {
		return notice{refused: fmt.Sprintf("the execution was not started by Hubmend but by %q",
			decide.Clip(e.Detail.ExecutedBy, 200))}, nil
	}
	return notice{key: key, executionID: e.Detail.ExecutionID, account: e.Account, region: e.Region,
		status: e.Detail.Status, document: e.Detail.Definition}, nil
}

// isFollowUp reports whether the sweep asks, and not a status event.
func (n notice) isFollowUp() bool { return n.status == "" }

// about reports whether the execution can be one that a record waits for: of the last attempt, which is a repair or an
// undo, or of a proposal, which is planned by the document of the repair.
func (n notice) about(rec decide.Record) bool {
	a := rec.Last()
	return n.isFollowUp() || rec.PlansWith(n.executionID) && n.document == naming.Document(rec.Target.Runbook) ||
		a != nil && n.document == naming.Document(a.Runbook(rec.Target))
}

// from reports whether the message may speak of a target. A member may run Hubmend's documents
// under any session name, but only in its own account and where it says.
func (n notice) from(t target.Target) bool {
	if n.isFollowUp() {
		return true // it comes from ourselves
	}
	return t.Account == n.account && (t.Region == target.Global || t.Region == n.region)
}
