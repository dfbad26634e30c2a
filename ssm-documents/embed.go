// Package ssmdocuments carries the runbooks, the controls and the permissions of API
// calls as data. It holds no logic: packages catalog and runbook read it.
package ssmdocuments

import "embed"

// Files holds controls/*.yaml, runbooks/*.yaml and permissions.yaml.
//
//go:embed controls/*.yaml runbooks/*.yaml permissions.yaml
var Files embed.FS
