package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"hubmend/internal/catalog/runbook"
)

// script checks the step around a script. Packages program and setting check the script.
func (l *linter) script(s runbook.Step) {
	text, _ := s.Inputs["Script"].(string)
	handler, _ := s.Inputs["Handler"].(string)
	if runtime := fmt.Sprint(s.Inputs["Runtime"]); !slices.Contains(runbook.Runtimes, runtime) {
		l.add(s.Name, "Runtime %q is not one of %s", runtime, strings.Join(runbook.Runtimes, ", "))
	}
	if handler == "" || !regexp.MustCompile(`(?m)^def `+regexp.QuoteMeta(handler)+`\(\w+, \w+\):`).MatchString(text) {
		l.add(s.Name, "Script defines no function %s with two parameters", handler)
	}
	if strings.Contains(text, "{{") {
		l.add(s.Name, "Script contains {{, which Systems Manager would replace; pass values in InputPayload")
	}
	if s.TimeoutSeconds == 0 {
		l.add(s.Name, "timeoutSeconds is missing")
	}
	for _, o := range s.Outputs {
		if !payload.MatchString(o.Selector) {
			l.add(s.Name, "output %s: a script gives $.Payload only, not %s", o.Name, o.Selector)
		}
	}
}

// payload is the only output of a script step.
var payload = regexp.MustCompile(`^\$\.Payload([.[]|$)`)
