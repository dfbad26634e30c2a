package scenario_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/target"
	"hubmend/internal/lab"
	"hubmend/internal/lab/scenario"
)

// Hooks tell a caller how a run goes, and hand the lab over before it closes.
func TestHooks(t *testing.T) {
	t.Parallel()
	s, err := scenario.Parse([]byte(`
name: x
product: ''
seed: [{name: key, service: kms, api: CreateKey}]
show: [{title: key, call: {service: kms, api: DescribeKey, input: {KeyId: "${key.KeyMetadata.KeyId}"}}, path: $.KeyMetadata, columns: [KeyState], undo: k}]
events: [{import: {name: k, control: KMS.4, resource: "arn:aws:kms:${region}:${account}:key/${key.KeyMetadata.KeyId}"}}]
expect: [{executions: 0}]
`))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var phases []scenario.Phase
	var findings, changed []scenario.ControlResult
	errStop := errors.New("stop")
	_, err = scenario.Run(t.Context(), s, config(t), scenario.Hooks{
		Check:    func(context.Context, *lab.Lab, string, scenario.Finding) (string, error) { return "FAILED", nil },
		Phase:    func(p scenario.Phase) { phases = append(phases, p) },
		Findings: func(all []scenario.ControlResult) { findings = all },
		Changed: func(c scenario.ControlResult) {
			mu.Lock()
			defer mu.Unlock()
			changed = append(changed, c)
		},
		Finish: func(ctx context.Context, f scenario.Finished) error {
			if _, err := f.Lab.Call(ctx,
				lab.Call{Account: s.Accounts[1], Region: "us-east-1", Service: "kms", API: "DisableKey",
					Input: object{"KeyId": target.Name(findings[0].Resource)}}); err != nil {
				t.Error(err)
			}
			now, err := f.Tables(ctx)
			if err != nil || f.Result.After[0].Rows[0][1] != "Enabled" || now[0].Rows[0][1] != "Disabled" ||
				now[0].Undo != "k" {
				t.Errorf("shows %v, then %v, %v", f.Result.After, now, err)
			}
			return errStop
		},
	})
	if !errors.Is(err, errStop) {
		t.Errorf("Run = %v", err)
	}
	if want := []scenario.Phase{scenario.Deploying, scenario.Seeding, scenario.Happening,
		scenario.Rechecking}; !slices.Equal(phases, want) {
		t.Errorf("phases are %v", phases)
	}
	if len(findings) != 1 || findings[0].Before != "FAILED" || findings[0].Finding != "k" || findings[0].ID == "" {
		t.Errorf("findings are %+v", findings)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(changed) != 1 || changed[0].ID != findings[0].ID || changed[0].Workflow != "NEW" {
		t.Errorf("changed are %+v", changed)
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	in, out := object{"IsEgress": false, "FromPort": 22}, object{"IsEgress": true, "FromPort": -1}
	for name, tc := range map[string]struct {
		show  scenario.Show
		found any
		want  scenario.Table
	}{
		"a list": {scenario.Show{Columns: []string{"FromPort", "Cidr"}}, []any{in, out},
			scenario.Table{Columns: []string{"FromPort", "Cidr"}, Rows: [][]string{{"22", ""}, {"-1", ""}}}},
		"some of it": {scenario.Show{Columns: []string{"FromPort"}, Where: object{"IsEgress": false}},
			[]any{in, out}, scenario.Table{Columns: []string{"FromPort"}, Rows: [][]string{{"22"}}}},
		"an object": {scenario.Show{Columns: []string{"FromPort", "Cidr"}}, in,
			scenario.Table{Rows: [][]string{{"FromPort", "22"}, {"Cidr", "(none)"}}}},
		"nothing there": {scenario.Show{Columns: []string{"FromPort"}}, nil, scenario.Table{}},
	} {
		if diff := cmp.Diff(tc.want, tc.show.Table(tc.found)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}
