// Package servicecatalog carries the playbooks as data. The constructs that make
// products of them are in the package portfolio, because those import the CDK and
// the Lambda functions, which read the playbooks too, must not.
package servicecatalog

import "embed"

// Files holds one YAML file for each playbook.
//
//go:embed *.yaml
var Files embed.FS
