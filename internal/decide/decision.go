package decide

import "time"

// Decision is a new record and what to do, in the order of the fields.
//
// The order is what makes a crash between any two steps harmless: a message that was
// not finished comes back, and everything before the crash is repeated without harm.
type Decision struct {
	// Updates go out first. An update for a finding that joins precedes the record, so
	// that it cannot overwrite the answer of an attempt that ends at the same moment.
	Updates []Update
	// Notifications go out before the record is saved: one that is sent twice is better
	// than one that is lost.
	Notifications []Notification
	// Record is to be saved when Save is set. If the stored version has changed, nothing
	// after this is done and the decision is made anew.
	Record Record
	Save   bool
	// Announce goes out when the record is saved and before the start, so that it cannot
	// overwrite the answer of a runbook that ends quickly.
	Announce []Update
	// Start is set when the record's last attempt is to be started now.
	Start bool
	// Later lists the requests, by index, whose messages go back to the queue for a while.
	Later []Later
	// Log says what was decided about each request, by index, in a word or two.
	Log []string
}

// Update sets the workflow status and the note of findings.
type Update struct {
	Findings []Ref
	Workflow string // empty leaves the status alone
	Note     string // at most 512 characters
}

// Notification is a message to people.
type Notification struct {
	Subject string // at most 100 characters
	Body    string
}

// Later sends a request back to the queue.
type Later struct {
	Request int
	After   time.Duration
}
