package lab

import "slices"

// Environment gives the variables that the template gives a function of the administrator.
func (l *Lab) Environment(function string) (map[string]string, bool) {
	return l.functions.environment(place{l.world.admin, l.world.home}, function)
}

// Wiring lists what templates made that the lab has itself and no API shows, as type and
// name: functions and what calls them, buses, rules, runbooks.
func (l *Lab) Wiring() []string {
	return slices.Sorted(slices.Values(slices.Concat(
		l.functions.wiring(), l.pollers.wiring(), l.queues.wiring(), l.automation.wiring(), l.events.wiring())))
}
