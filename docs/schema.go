// Package docs holds the one page that programs read too.
package docs

import _ "embed" // for the schema

// EventsSchema is the JSON Schema of the details of Hubmend's events.
//
//go:embed events.schema.json
var EventsSchema []byte
