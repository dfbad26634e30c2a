package lab

import "sort"

// Rules lists the rules on the default bus of the administrator's home Region, each with
// whether it is enabled.
func (l *Lab) Rules() map[string]bool {
	l.events.mu.Lock()
	defer l.events.mu.Unlock()
	all := map[string]bool{}
	for name, r := range l.events.bus(busID{place{l.world.admin, l.world.home}, defaultBus}).rules {
		all[name] = r.enabled
	}
	return all
}

// LiveStacks lists the stacks of the administrator's home Region that are not deleted.
func (l *Lab) LiveStacks() []string {
	var names []string
	for _, s := range l.stacks.stacksAt(place{l.world.admin, l.world.home}) {
		if s.state() != deleteComplete {
			names = append(names, s.name+" "+s.state())
		}
	}
	sort.Strings(names)
	return names
}
