package lint

import (
	"maps"
	"strings"

	"hubmend/internal/catalog/runbook"
)

// ways maps a step to the outputs that are available on all paths to it found so far. Jumps only go forward, so all
// paths to a step are known when it is reached from above.
type ways map[string]map[string]bool

// end stands for the end of a list of steps.
const end = ""

// givenAt returns the outputs that are available at the i-th step of a list. An unreachable step is reported elsewhere,
// so all outputs count as available there.
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

// leave adds the paths that begin at the i-th step, where the outputs in before are available. A failed step has no
// outputs.
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
