package plan

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"hubmend/internal/apimodel"
	"hubmend/internal/catalog"
	"hubmend/internal/jsonpath"
	"hubmend/internal/readonly"
	"hubmend/internal/runbook"
	ssmdocuments "hubmend/ssm-documents"
)

// Problem is something wrong with a file of ssm-documents/effects or ssm-documents/uses.
type Problem struct{ File, Text string }

// Lint checks what plans are made with: that uses only read, that effects are of calls that change
// something and that a runbook makes, and that the APIs have what is taken from them.
func Lint(c *catalog.Catalog, models *apimodel.Models) ([]Problem, error) {
	return lintFiles(ssmdocuments.Files, c, models)
}

func lintFiles(files fs.FS, c *catalog.Catalog, models *apimodel.Models) ([]Problem, error) {
	known, err := readEffects(files)
	if err != nil {
		return nil, err
	}
	all, err := readLooks(files)
	if err != nil {
		return nil, err
	}
	var found []Problem
	for _, call := range slices.Sorted(maps.Keys(known)) {
		service, _, _ := strings.Cut(call, ":")
		for _, text := range known[call].problems(call, c, models) {
			found = append(found, Problem{"ssm-documents/effects/" + service + ".yaml", call + ": " + text})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		file := "ssm-documents/uses/" + name + ".yaml"
		book, ok := c.Runbook(name)
		if !ok {
			found = append(found, Problem{file, "there is no runbook " + name})
			continue
		}
		for i, l := range all[name] {
			for _, text := range slices.Concat(l.problems(all[name][:i], book.Document.Parameters), callProblems(models, l.Call, l.Path, l.Input)) {
				found = append(found, Problem{file, text})
			}
		}
	}
	return found, nil
}

// problems lists what is wrong with the effect of a call.
func (e Effect) problems(call string, c *catalog.Catalog, models *apimodel.Models) []string {
	var found []string
	service, api, _ := strings.Cut(call, ":")
	if _, err := models.Operation(service, api); err != nil {
		found = append(found, err.Error())
	}
	if readonly.Call(service, api) {
		found = append(found, "it only reads, so it has no effect")
	}
	if !slices.ContainsFunc(c.Runbooks, func(r catalog.Runbook) bool { return slices.Contains(runbook.Calls(r.Document), call) }) {
		found = append(found, "no runbook makes this call")
	}
	ways := 0
	for _, given := range []bool{len(e.Sets) > 0, e.Adds != "", e.Removes != "", e.Gone} {
		if given {
			ways++
		}
	}
	if e.What == "" || ways != 1 {
		found = append(found, "it needs what, and one of sets, adds, removes and gone")
	}
	paths := []string{e.Adds, e.Removes}
	for _, value := range e.Sets {
		if at, ok := value.(string); ok && strings.HasPrefix(at, "$") {
			paths = append(paths, at)
		}
	}
	for _, at := range paths {
		if _, err := jsonpath.Compile(at); at != "" && err != nil {
			found = append(found, err.Error())
		}
	}
	if e.Was != nil {
		found = append(found, callProblems(models, e.Was.Call, e.Was.Path, nil)...)
	}
	return found
}

// callProblems lists what is wrong with a call that must only read. Input nil is not checked.
func callProblems(models *apimodel.Models, call, at string, input map[string]any) []string {
	service, api, _ := strings.Cut(call, ":")
	op, err := models.Operation(service, api)
	if err != nil {
		return []string{err.Error()}
	}
	var found []string
	if !readonly.Call(service, api) {
		found = append(found, fmt.Sprintf("%s is not known to read only", call))
	}
	if input != nil {
		found = append(found, op.CheckInput(input)...)
	}
	if at == "" {
		return found
	}
	if _, err := jsonpath.Compile(at); err != nil {
		return append(found, err.Error())
	}
	if !op.HasOutput(at) {
		found = append(found, fmt.Sprintf("the answer of %s has no %s", call, at))
	}
	return found
}
