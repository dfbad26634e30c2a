// Package servicecatalog embeds the playbooks as data. The constructs are in the package portfolio, because the Lambda
// functions read the playbooks too and must not import the CDK.
package servicecatalog

import "embed"

// Files has one YAML file for each playbook.
//
//go:embed *.yaml
var Files embed.FS
