package plan

import (
	"testing/fstest"

	"hubmend/internal/apimodel"
	"hubmend/internal/catalog"
)

// HasEffect says whether a file of ssm-documents/effects tells of a call.
func HasEffect(call string) bool {
	all, err := effects()
	_, ok := all[call]
	return err == nil && ok
}

// LintFile checks one file of ssm-documents.
func LintFile(c *catalog.Catalog, models *apimodel.Models, name, text string) ([]Problem, error) {
	return lintFiles(fstest.MapFS{name: {Data: []byte(text)}}, c, models)
}
