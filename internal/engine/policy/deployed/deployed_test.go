package deployed_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/policy/deployed"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func named(rule string) policy.Policy {
	return policy.Policy{Format: policy.Format, Rules: []policy.Rule{{Name: rule, Decision: policy.Allow}}}
}

// deploy applies a policy as a new container of the function does, twice.
func deploy(t *testing.T, m deployed.Store, rule string) {
	t.Helper()
	text, err := deployed.Write(named(rule), "policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), deployed.File)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	a := &deployed.Applier{Store: m, Path: path, Now: func() time.Time { return noon }}
	for range 2 {
		if err := a.Apply(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// A policy that people applied stays until the deployed file changes.
func TestApply(t *testing.T) {
	t.Parallel()
	m := &ledger.Memory{}
	inForce := func(step, rule string, number int) {
		t.Helper()
		v, err := m.LoadPolicy(t.Context())
		if err != nil || v.Number != number || v.Policy.Rules[0].Name != rule {
			t.Errorf("%s: version %d, %v, %v", step, v.Number, v.Policy.Rules, err)
		}
	}
	deploy(t, m, "one")
	inForce("the first deployment", "one", 1)
	deploy(t, m, "one")
	inForce("the same again", "one", 1)
	if err := m.SavePolicy(t.Context(), policy.Version{Number: 2, Policy: named("by ann"), By: "ann"}); err != nil {
		t.Fatal(err)
	}
	deploy(t, m, "one")
	inForce("the same after another by a person", "by ann", 2)
	deploy(t, m, "two")
	inForce("a changed file", "two", 3)
	deploy(t, m, "one")
	inForce("the old file again", "one", 4)
	if v, _ := m.LoadPolicy(t.Context()); v.By != policy.ByDeployment || v.Source != "policy.yaml" ||
		v.Hash != v.Policy.Hash() || !v.At.Equal(noon) {
		t.Errorf("applied %+v", v)
	}
}

func TestNoFile(t *testing.T) {
	t.Parallel()
	a := &deployed.Applier{Path: filepath.Join(t.TempDir(), deployed.File)}
	if err := a.Apply(t.Context()); err != nil {
		t.Error(err)
	}
}

// flaky fails once.
type flaky struct {
	*ledger.Memory
	err error
}

func (f *flaky) PolicyVersions(ctx context.Context) ([]policy.Version, error) {
	if err := f.err; err != nil {
		f.err = nil
		return nil, err
	}
	return f.Memory.PolicyVersions(ctx)
}

func TestFailures(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), deployed.File)
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string]string{
		"{":                                 "unexpected end",
		`{"policy": {"format": 9}}`:         "format 9",
		`{"policy": {"format": 1, "x": 1}}`: "unknown field",
	} {
		write(text)
		a := &deployed.Applier{Store: &ledger.Memory{}, Path: path}
		if err := a.Apply(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	write(`{"policy": {"format": 1}}`)
	down := errors.New("down")
	f := &flaky{&ledger.Memory{}, down}
	a := &deployed.Applier{Store: f, Path: path, Now: time.Now}
	if err := a.Apply(t.Context()); !errors.Is(err, down) {
		t.Errorf("Apply = %v", err)
	}
	if err := a.Apply(t.Context()); err != nil {
		t.Errorf("Apply again = %v", err)
	}
	if v, err := f.LoadPolicy(t.Context()); err != nil || v.Number != 1 {
		t.Errorf("it is not in force: %+v, %v", v, err)
	}
}
