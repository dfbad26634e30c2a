package runbook

import (
	"regexp"
	"slices"
	"strings"
)

// PureModules are the modules of Python that only compute: they reach no network, file or
// environment. A script that imports nothing else decides and does not act, so the linter
// allows nothing else in Hubmend's own step documents, and a plan runs nothing else.
var PureModules = []string{
	"__future__", "base64", "collections", "copy", "csv", "dataclasses", "datetime", "decimal", "enum", "fnmatch", "fractions",
	"functools", "hashlib", "ipaddress", "itertools", "json", "math", "operator", "re", "string", "textwrap", "typing",
}

var scriptImport = regexp.MustCompile(`(?m)(?:^|[;:])[ \t]*(?:import[ \t]+([^\n;#]+)|from[ \t]+(\S+)[ \t]+import\b)`)

// Impure lists the modules that a script imports and that are none of PureModules, as they are
// written in it. Code that hides what it imports is not seen.
func Impure(script string) []string {
	var found []string
	for _, m := range scriptImport.FindAllStringSubmatch(script, -1) {
		for _, clause := range strings.Split(m[1]+m[2], ",") {
			// "urllib.request as r" is of urllib.
			module, _, _ := strings.Cut(strings.TrimSpace(clause), " ")
			module, _, _ = strings.Cut(module, ".")
			if !slices.Contains(PureModules, module) {
				found = append(found, module)
			}
		}
	}
	return found
}

// ImpureScripts lists what the scripts of a document import beside PureModules.
func (d *Document) ImpureScripts() []string {
	var found []string
	Walk(d.MainSteps, func(s Step) {
		if text, ok := s.Inputs["Script"].(string); ok {
			found = append(found, Impure(text)...)
		}
	})
	slices.Sort(found)
	return slices.Compact(found)
}
