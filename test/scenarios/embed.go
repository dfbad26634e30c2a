// Package scenarios holds the scenario of the demo for programs that run outside the repository.
package scenarios

import _ "embed"

// Demo is the scenario that `hubmend lab demo` runs.
//
//go:embed demo-all.yaml
var Demo []byte
