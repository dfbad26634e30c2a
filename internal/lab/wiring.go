package lab

import (
	"slices"

	"hubmend/internal/lab/apicall"
)

// Environment gives the variables that the template gives a function of the administrator.
func (l *Lab) Environment(function string) (map[string]string, bool) {
	return l.functions.Environment(apicall.Place{Account: l.world.Admin, Region: l.world.Home}, function)
}

// Wiring lists what templates made that the lab has itself and no API shows, as type and
// name: functions and what calls them, buses, rules, runbooks.
func (l *Lab) Wiring() []string {
	return slices.Sorted(slices.Values(slices.Concat(
		l.functions.Wiring(), l.pollers.Wiring(), l.queues.Wiring(), l.automation.Wiring(), l.events.Wiring())))
}
