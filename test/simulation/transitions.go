package simulation

import (
	"hubmend/internal/engine/announce"
	"hubmend/internal/engine/decide"
)

// Step is a change of phase that was saved.
type Step struct {
	From  decide.Phase
	Event decide.Event
	To    decide.Phase
}

// observer counts each step, and passes it on to be announced.
type observer struct {
	*announce.Announcer
	client *client
}

// Target counts the step from one record to the next, and what must be announced of it.
func (o observer) Target(was decide.Record, d decide.Decision, is decide.Record) {
	o.client.steps[Step{was.Phase(), d.Event, is.Phase()}]++
	o.client.demand(was, d, is)
	o.Announcer.Target(was, d, is)
}
