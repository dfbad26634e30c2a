package scenario_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hubmend/internal/aws/jsonpath"
	"hubmend/internal/catalog"
	"hubmend/internal/lab/scenario"
)

// Every scenario of the repository is one, and refers only to what exists: a mistake shows
// here in no time and not after a lab was started.
func TestScenarioFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../test/scenarios/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	names := map[string]string{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			s, err := scenario.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			if other := names[s.Name]; other != "" {
				t.Errorf("its name is that of %s too", other)
			}
			names[s.Name] = filepath.Base(file)
			checkProduct(t, s)
			checkFindings(t, s)
			checkPaths(t, s)
		})
	}
}

func checkProduct(t *testing.T, s *scenario.Scenario) {
	t.Helper()
	if s.Product == "" {
		return
	}
	books := catalog.Embedded().Playbooks
	if !slices.ContainsFunc(books, func(p catalog.Playbook) bool { return p.Name == s.Product }) {
		t.Errorf("the catalog has no playbook %q", s.Product)
	}
}

// checkFindings follows names from where they are imported to where they are used.
func checkFindings(t *testing.T, s *scenario.Scenario) {
	t.Helper()
	known := map[string]bool{}
	use := func(name string) {
		if !known[name] {
			t.Errorf("the finding %q is used, but was not imported before", name)
		}
	}
	for _, e := range s.Events {
		if e.CustomAction != nil {
			for _, name := range e.CustomAction.Findings {
				use(name)
			}
		}
		if e.SetV2Status != nil {
			use(e.SetV2Status.Finding)
		}
		if e.Remediate != nil && e.Remediate.Exposure != "" {
			use(e.Remediate.Exposure)
		}
		if e.Expect != nil && e.Expect.Finding != "" {
			use(e.Expect.Finding)
		}
		if e.Import == nil {
			continue
		}
		for _, related := range e.Import.Exposure {
			if !strings.HasPrefix(related, "arn:") {
				use(related)
			}
		}
		known[e.Import.Name] = true
		if _, err := s.Document(*e.Import); err != nil {
			t.Errorf("finding %s: %v", e.Import.Name, err)
		}
	}
	for _, e := range s.Expect {
		if e.Finding != "" {
			use(e.Finding)
		}
	}
	for _, show := range s.Show {
		if show.Undo != "" {
			use(show.Undo)
		}
	}
}

func checkPaths(t *testing.T, s *scenario.Scenario) {
	t.Helper()
	var paths []string
	for _, e := range s.Expect {
		paths = append(paths, e.Path)
	}
	for _, e := range s.Events {
		if e.Expect != nil {
			paths = append(paths, e.Expect.Path)
		}
	}
	for _, show := range s.Show {
		paths = append(paths, show.Path)
	}
	for _, path := range paths {
		if path == "" {
			continue
		}
		if _, err := jsonpath.Compile(path); err != nil {
			t.Error(err)
		}
	}
}
