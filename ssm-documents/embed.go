// Package ssmdocuments carries the runbooks, the controls and the permissions of API
// calls and the roles of services as data. It holds no logic: packages catalog and runbook read it.
package ssmdocuments

import "embed"

// Files holds controls/*.yaml, runbooks/*.yaml, permissions/*.yaml and roles/*.yaml.
//
//go:embed controls/*.yaml runbooks/*.yaml permissions/*.yaml roles/*.yaml
var Files embed.FS
