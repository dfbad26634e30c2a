// Package proposal words what a repair that waits for approval would do.
package proposal

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// limit is how many characters a brief has at most.
const limit = 260

// call is the form of a call's name. A program's calls have it, so that anything else is not repeated.
var call = regexp.MustCompile(`^[a-z0-9-]{1,40}:[A-Za-z0-9]{1,80}$`)

// Brief describes the calls that a plan withheld, as decide.Outcome.Planned has them, in one sentence for a note, an
// email or an event. Parameters may hold text that others wrote, so they are left out.
func Brief(planned string) string {
	var calls []struct{ Call string }
	if json.Unmarshal([]byte(planned), &calls) != nil {
		return "What it would change is not known."
	}
	var names []string
	times := map[string]int{}
	for _, c := range calls {
		if !call.MatchString(c.Call) {
			return "What it would change is not known."
		}
		if times[c.Call]++; times[c.Call] == 1 {
			names = append(names, c.Call)
		}
	}
	if len(names) == 0 {
		return "Would change nothing."
	}
	for i, name := range names {
		if times[name] > 1 {
			names[i] = fmt.Sprintf("%s (%d times)", name, times[name])
		}
	}
	for shown := len(names); shown > 0; shown-- {
		if text := sentence(names[:shown], len(names)-shown); len(text) <= limit {
			return text
		}
	}
	return sentence(nil, len(names))
}

// sentence lists names and counts the others.
func sentence(names []string, others int) string {
	switch {
	case others == 1:
		names = append(names[:len(names):len(names)], "1 other API")
	case others > 1:
		names = append(names[:len(names):len(names)], fmt.Sprintf("%d other APIs", others))
	}
	last := len(names) - 1
	if last == 0 {
		return "Would call " + names[0] + "."
	}
	return "Would call " + strings.Join(names[:last], ", ") + " and " + names[last] + "."
}
