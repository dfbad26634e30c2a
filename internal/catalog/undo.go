package catalog

import (
	"fmt"
	"strings"

	"hubmend/internal/engine/naming"
)

// Undo gives the runbook that takes back what the repair of a control did; there is none when the control is
// not reversible.
func (c *Catalog) Undo(control Control) (Runbook, bool) {
	if !control.Reversible {
		return Runbook{}, false
	}
	return c.Runbook(naming.UndoRunbook(control.Runbook))
}

// checkUndo demands of a reversible control that its repairs can be undone.
func (c *Catalog) checkUndo(control *Control, repair Runbook) error {
	if _, ok := c.Undo(*control); ok || !control.Reversible {
		return nil
	}
	return fmt.Errorf("controls/%s.yaml: it is reversible, but %s has no undo", control.ID, repair.File())
}

// orReversible explains why nobody uses an undo.
func orReversible(name string) string {
	if repair, ok := strings.CutPrefix(name, naming.UndoRunbook("")); ok {
		return ": no control that uses " + repair + " is reversible"
	}
	return ""
}
