package runbook

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Runtimes are the Python runtimes that aws:executeScript takes.
var Runtimes = []string{"python3.10", "python3.11", "python3.12"}

// anyRuntime has those of PowerShell too.
var anyRuntime = append(slices.Clone(Runtimes), "PowerShell 7.4")

// Unrunnable is an error when Systems Manager refuses to create the document because of the runtime of a
// script. Older runtimes than these can be neither created nor run any more.
func (d *Document) Unrunnable() error {
	var errs []error
	Walk(d.MainSteps, func(s Step) {
		if runtime := fmt.Sprint(s.Inputs["Runtime"]); s.Action == "aws:executeScript" && !slices.Contains(anyRuntime, runtime) {
			errs = append(errs, fmt.Errorf("step %s: Runtime %q is not one of %s", s.Name, runtime, strings.Join(anyRuntime, ", ")))
		}
	})
	return errors.Join(errs...)
}
