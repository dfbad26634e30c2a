package reverted

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// who names the principal and the tool.
func (b By) who() string {
	text := b.Principal
	if b.Person != "" {
		text = fmt.Sprintf("%s (%s)", b.Person, b.Principal)
	}
	switch b.Tool {
	case "":
		return text
	case Console:
		return text + " in " + string(b.Tool)
	}
	return text + " with " + string(b.Tool)
}

// Sentence says who reverted a repair, or "" if it is not known.
func (b By) Sentence() string {
	if b.IsZero() {
		return ""
	}
	others := ""
	switch {
	case b.Others == 1:
		others = " 1 other principal changed it, too."
	case b.Others > 1:
		others = fmt.Sprintf(" %d other principals changed it, too.", b.Others)
	}
	verb := "Changed after the repair"
	if b.Likely {
		verb = "Reverted"
	}
	return fmt.Sprintf("%s by %s at %s (%s).%s", verb, b.who(), clock(b.At), b.Event, others)
}

// Summary says who reverted the repairs of a resource and how often, or "" if it is not known of any.
func Summary(all []By) string {
	counts := map[string]int{}
	var who []string
	known, likely := 0, true
	for _, b := range all {
		if b.IsZero() {
			continue
		}
		known, likely = known+1, likely && b.Likely
		if counts[b.who()]++; counts[b.who()] == 1 {
			who = append(who, b.who())
		}
	}
	if known == 0 {
		return ""
	}
	slices.SortStableFunc(who, func(a, b string) int { return counts[b] - counts[a] })
	verb := "Changed after the repair"
	if likely {
		verb = "Reverted"
	}
	if len(who) == 1 {
		return fmt.Sprintf("%s %s by %s.", verb, times(known), who[0])
	}
	var parts []string
	for _, w := range who {
		parts = append(parts, times(counts[w])+" by "+w)
	}
	return fmt.Sprintf("%s %s: %s.", verb, times(known), strings.Join(parts, ", "))
}

func times(n int) string {
	words := []string{"once", "twice", "three times", "four times", "five times"}
	if n <= len(words) {
		return words[n-1]
	}
	return fmt.Sprint(n, " times")
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
