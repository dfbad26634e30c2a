package catalog

import (
	"fmt"
	"strings"

	"hubmend/internal/engine/naming"
)

// Undo returns the runbook that undoes a control's repair, or nothing if the control is not reversible.
func (c *Catalog) Undo(control Control) (Runbook, bool) {
	if !control.Reversible {
		return Runbook{}, false
	}
	return c.Runbook(naming.UndoRunbook(control.Runbook))
}

// checkUndo requires an undo for the repair of a reversible control.
func (c *Catalog) checkUndo(control *Control, repair Runbook) error {
	if _, ok := c.Undo(*control); ok || !control.Reversible {
		return nil
	}
	return fmt.Errorf("controls/%s.yaml: the control is reversible, but %s has no undo", control.ID, repair.File())
}

// orReversible explains why an undo is not used.
func orReversible(name string) string {
	if repair, ok := strings.CutPrefix(name, naming.UndoRunbook("")); ok {
		return ": no control that uses " + repair + " is reversible"
	}
	return ""
}
