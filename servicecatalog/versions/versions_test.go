package versions_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/servicecatalog/versions"
)

const released = `{"Description": "d", "Resources": {"A": {"Type": "x", "Properties": {"n": [1, 2]}}}}`

func files(names ...string) fstest.MapFS {
	all := fstest.MapFS{}
	for _, name := range names {
		all[name+".template.json"] = &fstest.MapFile{Data: []byte(released)}
	}
	return all
}

func TestOfIsInOrder(t *testing.T) {
	t.Parallel()
	got, err := versions.Of(files("p/1.10.0", "p/1.9.2", "p/1.9.0", "q/3.0.0"), "p")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1.9.0", "1.9.2", "1.10.0"}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := versions.Of(files("p/newest"), "p"); err == nil ||
		!strings.Contains(err.Error(), "versions/p/newest.template.json") {
		t.Errorf("Of a name that is no version = %v", err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		version, template string
		wants             []string // none: it is in order
	}{
		"the same": {"1.1.0", released, nil},
		"in another order": {"1.1.0",
			`{"Resources":{"A":{"Properties":{"n":[1,2]},"Type":"x"}},"Description":"d"}`, nil},
		"a resource differs": {"1.1.0", strings.Replace(released, "2", "3", 1),
			[]string{"servicecatalog/p.yaml", "`make snapshot` raises it", "make snapshot", "Resources.A"}},
		"a list's order":     {"1.1.0", strings.Replace(released, "1, 2", "2, 1", 1), []string{"Resources.A"}},
		"a resource is gone": {"1.1.0", `{"Description": "d", "Resources": {}}`, []string{"Resources.A"}},
		"a section is new": {"1.1.0", strings.Replace(released, `"d"`, `"d", "Outputs": {}`, 1),
			[]string{"Outputs"}},
		"a text differs": {"1.1.0", strings.Replace(released, `"d"`, `"e"`, 1), []string{"in Description"}},
		"never released": {"1.2.0", released,
			[]string{"version 1.2.0 has no snapshot", "make snapshot",
				"servicecatalog/versions/p/1.2.0.template.json"}},
		"the version went back": {"1.0.0", released, []string{"1.0.0 is older than 1.1.0"}},
		"no template":           {"1.1.0", "{", []string{"p/1.1.0.template.json"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := versions.Check(files("p/1.0.0", "p/1.1.0"), "p", tc.version, []byte(tc.template))
			if (err != nil) != (len(tc.wants) > 0) {
				t.Fatalf("Check = %v", err)
			}
			for _, want := range tc.wants {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
		})
	}
}

// What is offered must be of a playbook that there is, and the newest must be the playbook's own.
func TestEverySnapshotIsOfAPlaybook(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, p := range catalog.Embedded().Playbooks {
		known[p.ID] = true
		all, err := versions.Of(versions.Files, p.ID)
		if err != nil || len(all) == 0 || all[len(all)-1] != p.Version {
			t.Errorf("%s has the snapshots %v, %v; the newest must be %s: run `make snapshot`", p.ID, all, err,
				p.Version)
		}
	}
	folders, err := versions.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if !known[f.Name()] {
			t.Errorf("servicecatalog/versions/%s is of no playbook", f.Name())
		}
	}
}
