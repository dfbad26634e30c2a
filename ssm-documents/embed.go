// Package ssmdocuments carries the runbooks, the controls and the permissions of API
// calls and the roles of services as data, and what a plan tells of runbooks. It holds no logic:
// packages catalog, runbook and plan read it.
package ssmdocuments

import "embed"

// Files holds parts.yaml, controls/*.yaml, runtime and programs, permissions/*.yaml, roles/*.yaml, and
// uses/*.yaml.
//
//go:embed parts.yaml controls/*.yaml runtime/*.py programs/*.yaml programs/*.py programs/calls.json permissions/*.yaml roles/*.yaml uses/*.yaml
var Files embed.FS
