package plan

import (
	"testing/fstest"

	"hubmend/internal/aws/apimodel"
	"hubmend/internal/catalog"
	"hubmend/internal/lab/automation"
)

// Reading is an API that makes only calls that read.
func Reading(api automation.API) automation.API { return reading{api} }

// Evidence returns how many uses of a runbook a plan looks up, or says to be unknown.
func Evidence(runbook string) (int, error) {
	all, err := looks()
	return len(all[runbook]), err
}

// LintFile checks one file of ssm-documents.
func LintFile(c *catalog.Catalog, models *apimodel.Models, name, text string) ([]Problem, error) {
	return lintFiles(fstest.MapFS{name: {Data: []byte(text)}}, c, models)
}
