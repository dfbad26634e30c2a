package decide

import (
	"fmt"

	"hubmend/internal/engine/reverted"
)

// reverts are the changes that reverted the repairs of a target, the oldest first, as far as they are known.
func (r Record) reverts() []reverted.By {
	var all []reverted.By
	for _, a := range r.Attempts {
		if !a.RevertedBy.IsZero() {
			all = append(all, a.RevertedBy)
		}
	}
	return all
}

// RevertSentence says who reverted the latest repair, and who reverted it before. It is empty if nobody knows.
func (r Record) RevertSentence() string {
	all := r.reverts()
	switch len(all) {
	case 0:
		return ""
	case 1:
		return all[0].Sentence()
	}
	return reverted.Summary(all)
}

// LastWriter is the latest change that reverted a repair. It is zero if none is known.
func (r Record) LastWriter() reverted.By {
	all := r.reverts()
	if len(all) == 0 {
		return reverted.By{}
	}
	return all[len(all)-1]
}

// PatchHint says how the repair of a control is made to last where a tool manages the resource. It is empty for a
// resource that no tool is known to manage.
func PatchHint(control, manager string) string {
	if manager == "" {
		return ""
	}
	return fmt.Sprintf("%s manages the resource. `hubmend controls %s --patch %s` prints the lines that make the "+
		"repair last.", reverted.ToolName(manager), control, manager)
}

// RevertNote adds to a note who reverted the repairs and how to make them last, as far as there is room.
func RevertNote(note string, r Record, control, manager string) string {
	for _, more := range []string{r.RevertSentence(), PatchHint(control, manager)} {
		if longer := note + " " + more; more != "" && Clip(longer, noteLimit) == longer {
			note = longer
		}
	}
	return note
}
