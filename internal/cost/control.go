package cost

import (
	"fmt"
	"slices"
	"strings"

	"hubmend/internal/catalog"
)

// Control is what the executions for one control are billed.
type Control struct {
	Control string `json:"control"`
	Runbook string `json:"runbook"`
	// Compliant has the steps of an execution that finds nothing to change, Steps those of the longest way
	// of a repair, EachPass those that one more pass of every loop adds.
	Compliant int `json:"compliant"`
	Steps     int `json:"steps"`
	EachPass  int `json:"eachPass"`
	// Scripts are those of Steps whose time is billed too.
	Scripts int `json:"scripts"`
	// Seconds are how long those run together.
	Seconds float64 `json:"seconds"`
	// PerThousand is what 1,000 executions of the repair cost, in USD.
	PerThousand float64 `json:"perThousand"`
}

// Controls counts the steps for each of these controls of the catalog, or for all when none is named.
func Controls(c *catalog.Catalog, book Book, ids ...string) ([]Control, error) {
	var all []Control
	for _, control := range c.Controls {
		if len(ids) > 0 && !slices.Contains(ids, control.ID) {
			continue
		}
		r, ok := c.Runbook(control.Runbook)
		if !ok {
			return nil, fmt.Errorf("control %s: there is no runbook %s", control.ID, control.Runbook)
		}
		all = append(all, executions(control.ID, r, book))
	}
	for _, id := range ids {
		if _, ok := c.ByID(id); !ok {
			var known []string
			for _, control := range c.Controls {
				known = append(known, control.ID)
			}
			return nil, fmt.Errorf("there is no control %s; the catalog has %s", id, strings.Join(known, ", "))
		}
	}
	return all, nil
}

func executions(id string, r catalog.Runbook, book Book) Control {
	passes := int(book.Value("passes"))
	way := r.Document.Longest(passes)
	scripts, each := 0, book.Value("scriptSeconds")
	if r.Document.Program != nil {
		each = book.Value("programSeconds")
	}
	for _, s := range way {
		if s.Action == "aws:executeScript" {
			scripts++
		}
	}
	control := Control{
		Control: id, Runbook: r.Name, Compliant: len(r.Document.Shortest(passes)), Steps: len(way),
		EachPass: len(r.Document.Longest(passes+1)) - len(way), Scripts: scripts, Seconds: float64(scripts) * each,
	}
	control.PerThousand = sum(runbookLines(book, meanOf([]Control{control})))
	return control
}

// mean is an average over controls.
type mean struct{ steps, scripts, seconds float64 }

// meanOf takes each control as often as any other.
func meanOf(controls []Control) mean {
	var m mean
	for _, c := range controls {
		m.steps += float64(c.Steps) / float64(len(controls))
		m.scripts += float64(c.Scripts) / float64(len(controls))
		m.seconds += c.Seconds / float64(len(controls))
	}
	return m
}
