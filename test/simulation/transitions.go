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
	world *world
}

// Target counts the step from one record to the next.
func (o observer) Target(was decide.Record, d decide.Decision, is decide.Record) {
	o.world.steps[Step{was.Phase(), d.Event, is.Phase()}]++
	o.Announcer.Target(was, d, is)
}
