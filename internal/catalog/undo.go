package catalog

import (
	"fmt"
	"slices"
	"strings"

	"hubmend/internal/naming"
	"hubmend/internal/runbook"
)

// What an undo needs: its one parameter beside the role, the output that a repair leaves for it, and the call
// that reads the repair.
const (
	undoParameter = "ExecutionId"
	undoOutput    = ".After"
	undoCall      = "ssm:GetAutomationExecution"
)

// Undo gives the runbook that takes back what the repair of a control did; there is none when the control is
// not reversible.
func (c *Catalog) Undo(control Control) (Runbook, bool) {
	if !control.Reversible {
		return Runbook{}, false
	}
	return c.Runbook(naming.UndoRunbook(control.Runbook))
}

// checkUndo demands of a reversible control that its repairs can be taken back: there is a runbook for
// that, which takes the id of the repair and nothing else, reads it, and finds in it what the repair left.
func (c *Catalog) checkUndo(control *Control, repair Runbook) error {
	if !control.Reversible {
		return nil
	}
	undo, ok := c.Undo(*control)
	if !ok {
		return fmt.Errorf("controls/%s.yaml: it is reversible, but there is no runbooks/%s.yaml, and no undo in a programs/%s.py", control.ID, naming.UndoRunbook(repair.Name), repair.Name)
	}
	for _, r := range []Runbook{repair, undo} {
		if !slices.ContainsFunc(r.Document.Outputs, func(o string) bool { return strings.HasSuffix(o, undoOutput) }) {
			return fmt.Errorf("%s: outputs must have a <step>%s, because %s is reversible", r.File(), undoOutput, control.ID)
		}
	}
	for name := range undo.Document.Parameters {
		if name != roleParameter && name != undoParameter {
			return fmt.Errorf("%s: an undo takes %s and %s only, not %s", undo.File(), roleParameter, undoParameter, name)
		}
	}
	if undo.Document.Parameters[undoParameter].Type != "String" {
		return fmt.Errorf("%s: parameter %s must be a String", undo.File(), undoParameter)
	}
	if !slices.Contains(runbook.Calls(undo.Document), undoCall) {
		return fmt.Errorf("%s: no step calls %s, so it cannot know what to restore", undo.File(), undoCall)
	}
	return nil
}

// orReversible explains why nobody uses an undo.
func orReversible(name string) string {
	if repair, ok := strings.CutPrefix(name, naming.UndoRunbook("")); ok {
		return ": no control that uses " + repair + " is reversible"
	}
	return ""
}
