package plan

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"hubmend/internal/aws/apimodel"
	"hubmend/internal/aws/jsonpath"
	"hubmend/internal/aws/readonly"
	"hubmend/internal/catalog"
	ssmdocuments "hubmend/ssm-documents"
)

// Problem is something wrong with a file of ssm-documents/uses.
type Problem struct{ File, Text string }

// Lint checks what plans tell of the use of resources: that it is found by reads only, and that the APIs have what is
// taken from them.
func Lint(c *catalog.Catalog, models *apimodel.Models) ([]Problem, error) {
	return lintFiles(ssmdocuments.Files, c, models)
}

func lintFiles(files fs.FS, c *catalog.Catalog, models *apimodel.Models) ([]Problem, error) {
	all, err := readLooks(files)
	if err != nil {
		return nil, err
	}
	var found []Problem
	for _, name := range slices.Sorted(maps.Keys(all)) {
		file := "ssm-documents/uses/" + name + ".yaml"
		book, ok := c.Runbook(name)
		if !ok {
			found = append(found, Problem{file, "there is no runbook " + name})
			continue
		}
		for i, l := range all[name] {
			texts := l.problems(all[name][:i], book.Document.Parameters)
			if l.Call != "" {
				texts = append(texts, callProblems(models, l.Call, l.Path, l.input(time.Now()))...)
			}
			for _, text := range texts {
				found = append(found, Problem{file, text})
			}
		}
	}
	return found, nil
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
