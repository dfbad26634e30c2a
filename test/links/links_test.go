// Package links_test checks which packages reach which: what a function links is what its
// cold start pays for, and the arrows between packages are part of the design.
package links_test

import (
	"slices"
	"strings"
	"testing"
)

// cdk comes with a JavaScript runtime.
var cdk = []string{"github.com/aws/aws-cdk-go", "github.com/aws/jsii-runtime-go", "github.com/aws/constructs-go"}

func cdkAnd(packages ...string) []string { return append(slices.Clone(cdk), packages...) }

// forbidden says for each part of the module what it must not reach, directly or not, beside the order of the trees
// (internal/trees_test.go).
var forbidden = map[string][]string{
	"hubmend/lambdas": cdkAnd("hubmend/infra", "hubmend/cmd", "github.com/spf13/cobra", "testing",
		// Reading the catalog takes most of a cold start; functions have package prepared.
		"hubmend/internal/catalog", "hubmend/ssm-documents", "hubmend/servicecatalog", "github.com/goccy/go-yaml"),
	"hubmend/internal":      cdkAnd("hubmend/infra", "hubmend/lambdas", "hubmend/cmd"),
	"hubmend/cmd":           cdkAnd("hubmend/infra", "hubmend/lambdas"),
	"hubmend/ssm-documents": {"hubmend"},
	"hubmend/infra": {"hubmend/lambdas", "hubmend/cmd", "hubmend/internal/lab", "hubmend/internal/engine/dispatch",
		"hubmend/internal/engine/settle"},

	// Decisions are pure.
	"hubmend/internal/engine/decide": {"github.com/aws", "net/http", "os/exec"},
	// The packages that execute a remediation and those that decide on one must not depend on each other.
	"hubmend/internal/lab": {"hubmend/internal/engine/dispatch", "hubmend/internal/engine/settle",
		"hubmend/internal/engine/decide", "hubmend/internal/engine/ledger", "hubmend/ssm-documents"},
	"hubmend/internal/lab/automation": {"hubmend/ssm-documents", "github.com/aws/aws-sdk-go-v2"},
	"hubmend/internal/catalog":        {"hubmend/internal/engine/decide", "github.com/aws"},
	"hubmend/internal/engine/control": {"hubmend/internal/engine/decide", "github.com/aws",
		"github.com/goccy/go-yaml"},
	"hubmend/internal/engine/prepared": {"hubmend/internal/engine/decide", "github.com/aws",
		"github.com/goccy/go-yaml"},
	"hubmend/internal/catalog/runbook": {"hubmend/ssm-documents"},
	"hubmend/internal/lab/python":      {"hubmend/internal/catalog", "hubmend/internal/engine"},
	"hubmend/internal/aws/policy":      {"github.com/aws"},
	"hubmend/internal/lab/cfn":         {"hubmend/internal/catalog", "github.com/aws"},
}

// players drive Hubmend and the lab, so they know both.
var players = []string{"hubmend/internal/lab/scenario", "hubmend/internal/lab/samplefinding"}

func TestLinks(t *testing.T) {
	t.Parallel()
	g := readGraph(t)
	for part, paths := range forbidden {
		packages := g.under(part)
		if len(packages) == 0 {
			t.Errorf("there is no package under %s; is this entry out of date?", part)
		}
		for _, from := range packages {
			if part == "hubmend/internal/lab" && slices.Contains(players, from) {
				continue
			}
			for _, path := range paths {
				if way := g.way(from, path); way != nil {
					t.Errorf("%s must not reach %s, but:\n  %s", from, path, strings.Join(way, "\n  imports "))
				}
			}
		}
	}
}

// The rules above mean nothing if the graph does not show what is there.
func TestLinksSeesTheCDK(t *testing.T) {
	t.Parallel()
	g := readGraph(t)
	for _, path := range cdk {
		if g.way("hubmend/infra", path) == nil {
			t.Errorf("the graph has no way from hubmend/infra to %s", path)
		}
	}
}
