package notify

import (
	"fmt"
	"strings"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/prepared"
	"hubmend/internal/engine/reverted"
)

// lasting writes who reverted the repairs and, where a tool manages the resource, the lines that make the repair last.
func lasting(b *strings.Builder, n decide.Notification) {
	if n.Kind != decide.Exhausted && n.Kind != decide.Contradicted {
		return
	}
	if who := n.Record.RevertSentence(); who != "" {
		fmt.Fprintf(b, "\n%s\n", line(who, longLimit))
	}
	manager := reverted.Manager(nil, n.Record.LastWriter())
	patch, known := prepared.Patch(n.Attempt.Control)
	if manager == "" || !known {
		return
	}
	fmt.Fprintf(b, "\n%s manages the resource. To make the repair last:\n\n  %s\n", reverted.ToolName(manager),
		strings.ReplaceAll(strings.TrimSuffix(patch.For(manager), "\n"), "\n", "\n  "))
}
