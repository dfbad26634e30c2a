package lab

import (
	"slices"

	"hubmend/internal/lab/apicall"
)

// Environment gives the environment variables of a function of the administrator in its template.
func (l *Lab) Environment(function string) (map[string]string, bool) {
	return l.functions.Environment(apicall.Place{Account: l.world.Admin, Region: l.world.Home}, function)
}

// Wiring lists what templates created in the services of the lab, as type and name: functions, event source mappings,
// buses, rules and runbooks.
func (l *Lab) Wiring() []string {
	return slices.Sorted(slices.Values(slices.Concat(
		l.functions.Wiring(), l.pollers.Wiring(), l.queues.Wiring(), l.automation.Wiring(), l.events.Wiring())))
}
