package policy_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hubmend/infra/policy"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/policy/deployed"
)

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// The function applies the policy that was read and placed.
func TestDeploy(t *testing.T) {
	t.Parallel()
	file := write(t, "version: 1\nrules:\n  - {name: a, decision: ask, until: 2020-01-01}\n")
	var warnings bytes.Buffer
	text, err := policy.Read(file, catalog.Embedded(), &warnings)
	if err != nil || !strings.HasPrefix(warnings.String(), file+":3:1: warning: ") {
		t.Fatalf("Read = %v, warns %q", err, warnings.String())
	}
	folder := t.TempDir()
	if err := policy.Place(text, folder); err != nil {
		t.Fatal(err)
	}
	m := &ledger.Memory{}
	a := &deployed.Applier{Store: m, Path: filepath.Join(folder, deployed.File), Now: time.Now}
	if err := a.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v, err := m.LoadPolicy(t.Context()); err != nil || v.Source != "policy.yaml" || v.Policy.Rules[0].Name != "a" {
		t.Errorf("in force is %+v, %v", v, err)
	}
	none := t.TempDir()
	if err := policy.Place(nil, none); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(none); err != nil || len(files) > 0 {
		t.Errorf("without a policy there is %v, %v", files, err)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	bad := write(t, "version: 1\nrule: []\nowner: 3\n")
	for name, tc := range map[string]struct {
		context any
		want    []string
	}{
		"a list":   {[]any{"policy.yaml"}, []string{"hubmend:policy must be the path of a policy file"}},
		"no file":  {"none.yaml", []string{"hubmend:policy: open none.yaml"}},
		"mistakes": {bad, []string{"hubmend:policy is invalid:\n" + bad + ":2:1: ", "\n" + bad + ":3:8: "}},
	} {
		text, err := policy.Read(tc.context, catalog.Embedded(), new(bytes.Buffer))
		for _, want := range tc.want {
			if err == nil || text != nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if text, err := policy.Read(nil, catalog.Embedded(), nil); text != nil || err != nil {
		t.Errorf("without a value: %s, %v", text, err)
	}
}
