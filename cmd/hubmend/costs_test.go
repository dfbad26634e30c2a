package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubmend/internal/lab"
	"hubmend/internal/ops/cost"
)

// billedTemplates is a synthesized app with the functions, a metric and a queue that is polled.
func billedTemplates(t *testing.T, more string) string {
	t.Helper()
	dir := t.TempDir()
	text := `{"Resources": {` + more + `
		"Dispatch": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "hubmend-dispatch", "MemorySize": 256, "Architectures": ["arm64"]}},
		"Settle": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "hubmend-settle", "MemorySize": 256, "Architectures": ["arm64"]}},
		"Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 365}},
		"Poll": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"ScalingConfig": {"MaximumConcurrency": 2}}},
		"Failed": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Namespace": "H", "MetricName": "M", "Period": 300}}}}`
	if err := os.WriteFile(filepath.Join(dir, lab.AdminStack+".template.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCosts(t *testing.T) {
	t.Parallel()
	out := string(execute(t, "costs", "--templates", billedTemplates(t, ""), "--accounts", "7", "--regions", "2",
		"--repairs", "1000"))
	for _, want := range []string{"1 metric  0.30", "runbook, its single step", "1,000 steps    2.00",
		"1,000 repairs per month in 7 accounts and 2 Regions: 2.95 USD, or "} {
		if !strings.Contains(out, want) {
			t.Errorf("does not print %q but\n%s", want, out)
		}
	}
}

func TestCostsJSON(t *testing.T) {
	t.Parallel()
	var r cost.Report
	if err := json.Unmarshal(execute(t, "costs", "--json", "--templates", billedTemplates(t, "")), &r); err != nil {
		t.Fatal(err)
	}
	e := r.Estimate
	if e.MonthUSD <= e.FixedUSD || e.MonthFreeTierUSD >= e.MonthUSD || len(r.Aims) == 0 || len(r.Book.Prices) == 0 {
		t.Errorf("%+v", e)
	}
}

func TestCostsMarkdown(t *testing.T) {
	t.Parallel()
	if page := string(execute(t, "costs", "--markdown", "--templates", billedTemplates(t, ""))); !strings.HasPrefix(
		page, "<!-- Generated") || !strings.Contains(page, "\n# Costs\n") {
		t.Errorf("prints %.200s", page)
	}
}

func TestCostsBadInput(t *testing.T) {
	t.Parallel()
	good := billedTemplates(t, "")
	for name, tc := range map[string]struct{ args, want string }{
		"no templates": {"--templates " + t.TempDir(), "run `make templates`"},
		"others'":      {"--templates " + emptyTemplates(t), "are they Hubmend's?"},
		"a price unknown": {"--templates " + billedTemplates(t,
			`"Gate": {"Type": "AWS::EC2::NatGateway", "Properties": {}},`),
			"Gate, AWS::EC2::NatGateway: its price is unknown"},
		"no account":  {"--templates " + good + " --accounts 0", "at least one"},
		"negative":    {"--templates " + good + " --repairs -1", "must not be negative"},
		"two formats": {"--json --markdown", "--json and --markdown do not go together"},
		"no number":   {"--repairs many", `"many"`},
		"a word":      {"x", "unknown command"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := hubmend(t, nil, append([]string{"costs"}, strings.Fields(tc.args)...)...)
			if code != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 1 ||
				!strings.Contains(stderr, tc.want) {
				t.Errorf("exits with %d, prints %q, says %q; want one line that says %q", code, stdout, stderr, tc.want)
			}
		})
	}
}
