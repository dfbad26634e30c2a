// Package templates holds the kept templates for programs that run outside the repository.
package templates

import "embed"

// Files are the templates of this folder.
//
//go:embed *.template.json
var Files embed.FS
