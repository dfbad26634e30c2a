package lint

import (
	"maps"
	"strings"

	"hubmend/internal/catalog/runbook"
)

// ways maps a step to the outputs that are given on every way to it that was found yet.
// Jumps go forward only, so all ways to a step are known when it is reached from above.
type ways map[string]map[string]bool

// end stands for what comes after a list of steps.
const end = ""

// givenAt tells which outputs are given at the i-th step of a list. A step that nothing
// leads to is a problem of its own, so there all outputs count as given.
func (l *linter) givenAt(w ways, i int, s runbook.Step) map[string]bool {
	if i == 0 {
		return l.given
	}
	given, ok := w[s.Name]
	if ok {
		return given
	}
	l.add(s.Name, "no step leads here")
	all := map[string]bool{}
	for name := range l.outputs {
		all[name] = true
	}
	return all
}

// leave adds the ways that begin at the i-th step, where before was given. A step that
// failed has given nothing itself.
func (w ways) leave(before map[string]bool, steps []runbook.Step, i int) {
	s := steps[i]
	after := maps.Clone(before)
	if after == nil {
		after = map[string]bool{}
	}
	for _, o := range s.Outputs {
		if s.OnFailure != "Continue" {
			after[s.Name+"."+o.Name] = true
		}
	}
	for _, to := range s.Jumps() {
		w.lead(to, after)
	}
	if to, ok := strings.CutPrefix(s.OnFailure, "step:"); ok {
		w.lead(to, before)
	}
	switch {
	case s.IsEnd, s.FallsThrough() && i+1 == len(steps):
		w.lead(end, after)
	case s.FallsThrough():
		w.lead(steps[i+1].Name, after)
	}
}

func (w ways) lead(to string, given map[string]bool) {
	known, ok := w[to]
	if !ok {
		w[to] = maps.Clone(given)
		return
	}
	maps.DeleteFunc(known, func(name string, _ bool) bool { return !given[name] })
}
