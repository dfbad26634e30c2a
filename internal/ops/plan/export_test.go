package plan

import (
	"testing/fstest"

	"hubmend/internal/aws/apimodel"
	"hubmend/internal/catalog"
	"hubmend/internal/lab/automation"
)

// Reading is an API that makes only calls that read.
func Reading(api automation.API) automation.API { return reading{api} }

// LintFile checks one file of ssm-documents.
func LintFile(c *catalog.Catalog, models *apimodel.Models, name, text string) ([]Problem, error) {
	return lintFiles(fstest.MapFS{name: {Data: []byte(text)}}, c, models)
}
