// Package readonly lists the AWS calls that only read. A plan runs a runbook with only these calls.
//
// The list is reads.yaml. A call that is not listed counts as a write.
package readonly

import (
	_ "embed" // for the list
	"fmt"
	"path"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed reads.yaml
var readsFile []byte

// list holds patterns of service:Api.
type list struct {
	Reads  []string          `yaml:"reads"`
	Except map[string]string `yaml:"except"` // with what the call does instead
}

var load = sync.OnceValue(func() list {
	var l list
	if err := yaml.UnmarshalWithOptions(readsFile, &l, yaml.Strict()); err != nil {
		panic(fmt.Sprintf("readonly: read reads.yaml: %v", err)) // a test rules that out
	}
	return l
})

// Call reports whether a call is known to be read-only. The names are botocore's, such as ec2 and
// DescribeSecurityGroups. Other spellings are unknown.
func Call(service, api string) bool {
	call := service + ":" + api
	for pattern := range load().Except {
		if matches(pattern, call) {
			return false
		}
	}
	for _, pattern := range load().Reads {
		if matches(pattern, call) {
			return true
		}
	}
	return false
}

func matches(pattern, call string) bool {
	ok, err := path.Match(pattern, call)
	if err != nil {
		panic(fmt.Sprintf("readonly: pattern %q: %v", pattern, err))
	}
	return ok
}
