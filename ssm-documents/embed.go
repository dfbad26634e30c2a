// Package ssmdocuments embeds the catalog as data: runbooks, controls, permissions of API calls, service roles, and
// the reads of a plan. Packages catalog, runbook and plan read it.
package ssmdocuments

import "embed"

// Files holds all files of this folder that the catalog is loaded from.
//
//go:embed parts.yaml controls/*.yaml runtime/*.py programs/*.yaml programs/*.py programs/calls.json permissions/*.yaml roles/*.yaml uses/*.yaml
var Files embed.FS
