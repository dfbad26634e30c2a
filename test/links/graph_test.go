package links_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// graph has the imports of every package of this module and of what it depends on.
type graph map[string][]string

func readGraph(t *testing.T) graph {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", `{{.ImportPath}} {{join .Imports " "}}`,
		"./cmd/...", "./infra/...", "./internal/...", "./lambdas/...", "./servicecatalog/...", "./ssm-documents/...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	g := graph{}
	for line := range strings.Lines(string(out)) {
		names := strings.Fields(line)
		g[names[0]] = names[1:]
	}
	return g
}

// under lists the packages at a path and below it.
func (g graph) under(path string) []string {
	var found []string
	for p := range g {
		if isUnder(p, path) {
			found = append(found, p)
		}
	}
	slices.Sort(found)
	return found
}

// way returns a shortest chain of imports from a package to one under a path, or nil.
func (g graph) way(from, path string) []string {
	ways := [][]string{{from}}
	seen := map[string]bool{from: true}
	for len(ways) > 0 {
		way := ways[0]
		ways = ways[1:]
		for _, next := range g[way[len(way)-1]] {
			if seen[next] {
				continue
			}
			seen[next] = true
			longer := append(slices.Clone(way), next)
			if isUnder(next, path) {
				return longer
			}
			ways = append(ways, longer)
		}
	}
	return nil
}

func isUnder(name, path string) bool { return name == path || strings.HasPrefix(name, path+"/") }
