package runbook

// LongestPath counts the steps of the longest way through the document that are outside
// loops. A loop is one step.
func (d *Document) LongestPath() int { return len(d.Longest(0)) }

// LongestPass counts the steps of the longest way on which every loop is gone through once.
// Systems Manager bills each of them, the loop itself too.
func (d *Document) LongestPass() int { return len(d.Longest(1)) }

// Longest gives the steps of the longest way through the document, in their order. Each loop
// on it is gone through so often.
func (d *Document) Longest(passes int) []Step {
	return way(d.MainSteps, passes, ahead, func(a, b []Step) bool { return len(a) > len(b) })
}

// Shortest gives the steps of the shortest way through the document on which no step fails. A
// runbook that finds nothing to change takes it.
func (d *Document) Shortest(passes int) []Step {
	return way(d.MainSteps, passes, onward, func(a, b []Step) bool { return len(a) < len(b) })
}

// way gives the best way from the first step to an end. Jumps go forward only, so what follows
// a step is known when it is reached from behind.
func way(steps []Step, passes int, next func([]Step, int) (names []string, end bool), better func(a, b []Step) bool) []Step {
	if len(steps) == 0 {
		return nil
	}
	ways := make(map[string][]Step, len(steps))
	for i := len(steps) - 1; i >= 0; i-- {
		names, end := next(steps, i)
		var best []Step
		for _, name := range names {
			if w := ways[name]; !end && best == nil || better(w, best) {
				best = w
			}
		}
		own := []Step{steps[i]}
		if inner, err := steps[i].Loop(); err == nil {
			pass := way(inner, passes, next, better)
			for range passes {
				own = append(own, pass...)
			}
		}
		ways[steps[i].Name] = append(own, best...)
	}
	return ways[steps[0].Name]
}

// ahead names all that may come after a step. Any step may end the execution, by failing.
func ahead(steps []Step, i int) (names []string, end bool) {
	names = steps[i].Jumps()
	if steps[i].FallsThrough() && i+1 < len(steps) {
		names = append(names, steps[i+1].Name)
	}
	return names, true
}

// onward names what may come after a step that does not fail, and says whether that may be the end.
func onward(steps []Step, i int) (names []string, end bool) {
	s := steps[i]
	s.OnFailure = ""
	names = s.Jumps()
	switch {
	case s.FallsThrough() && i+1 < len(steps):
		names = append(names, steps[i+1].Name)
	case s.FallsThrough(), s.IsEnd && (s.Action != "aws:branch" || s.Inputs["Default"] == nil):
		end = true
	}
	return names, end
}
