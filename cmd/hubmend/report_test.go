package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hubmend/internal/ops/outcomes"
	"hubmend/internal/ops/report"
)

func TestReportPeriod(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		r        reporting
		from, to string // or in from what is wrong
	}{
		"a length": {reporting{since: period(48 * time.Hour)}, "2026-03-29T12:00:00Z",
			"2026-03-31T12:00:00Z"},
		"from a day": {reporting{from: "2026-03-01"}, "2026-03-01T00:00:00Z", "2026-03-31T12:00:00Z"},
		"two days": {reporting{from: "2026-03-01", to: "2026-03-15"}, "2026-03-01T00:00:00Z",
			"2026-03-16T00:00:00Z"},
		"one day": {reporting{from: "2026-03-01", to: "2026-03-01"}, "2026-03-01T00:00:00Z",
			"2026-03-02T00:00:00Z"},
		"two times": {reporting{from: "2026-03-01T02:00:00+02:00", to: "2026-03-01T06:30:00Z"},
			"2026-03-01T00:00:00Z", "2026-03-01T06:30:00Z"},
		"to the end of today": {reporting{from: "2026-03-31", to: "2026-03-31"}, "2026-03-31T00:00:00Z",
			"2026-03-31T12:00:00Z"},
		"in the future": {reporting{from: "2026-04-01"},
			"--from 2026-04-01 is not before the end of the period, 2026-03-31T12:00:00Z", ""},
		"the wrong way round": {reporting{from: "2026-03-05", to: "2026-03-03"},
			"--from 2026-03-05 is not before the end of the period", ""},
		"from is no day": {reporting{from: "March"},
			`--from: "March" is neither a day such as 2026-01-31 nor a time`, ""},
		"to is no day": {reporting{from: "2026-03-01", to: "2026-02-30"}, `--to: "2026-02-30" is neither`,
			""},
		"to without from":        {reporting{to: "2026-03-01"}, "--to requires --from", ""},
		"one file twice":         {reporting{html: "out/x", csv: "./out/x"}, "out/x is specified twice", ""},
		"two to standard output": {reporting{html: "-", asJSON: true}, "only one report can go to standard output", ""},
	} {
		if tc.r.html == "" {
			tc.r.html = "x"
		}
		p, err := tc.r.check(now)
		if err != nil {
			if tc.to != "" || !strings.Contains(err.Error(), tc.from) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if from, to := p.From.Format(time.RFC3339), p.To.Format(time.RFC3339); from != tc.from || to != tc.to {
			t.Errorf("%s: from %s to %s", name, from, to)
		}
	}
}

func TestReportBadInput(t *testing.T) {
	t.Parallel()
	region := []string{"AWS_REGION=eu-west-1"}
	at := func(url string) []string {
		return slices.Concat(region,
			[]string{"AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=y", "AWS_MAX_ATTEMPTS=1", "AWS_ENDPOINT_URL=" + url})
	}
	file := filepath.Join(t.TempDir(), "r.html")
	for name, tc := range map[string]struct {
		args string
		env  []string
		want string
	}{
		"one file twice":   {"report --html x --csv x", nil, "x is specified twice; each report needs its own file"},
		"nothing to write": {"report", nil, "specify a format: --html FILE, --csv FILE, --oscal FILE or --json"},
		"a word too many":  {"report x --json", nil, `unknown command "x"`},
		"since and from": {"report --json --since 3d --from 2026-01-01", nil,
			"--from and --since do not go together"},
		"since is no time": {"report --json --since yesterday", nil, `"yesterday" is not a length of time`},
		"no Region":        {"report --html " + file, nil, "no AWS Region is set; set AWS_REGION"},
		"no credentials":   {"report --html " + file, region, "no AWS credentials found; log in"},
		"expired ones":     {"report --html " + file, at(expired(t)), "the AWS credentials have expired; log in again"},
		"nobody answers":   {"report --html " + file, at("http://127.0.0.1:1"), "AWS does not respond in eu-west-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := hubmend(t, slices.Concat(nobody, tc.env), strings.Fields(tc.args)...)
			if code != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 1 ||
				!strings.HasPrefix(stderr, "hubmend: ") || !strings.Contains(stderr, tc.want) {
				t.Errorf("exits with %d, prints %q, says %q", code, stdout, stderr)
			}
			if _, err := os.Stat(file); err == nil {
				t.Error("it wrote a file all the same")
			}
		})
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	s := startDeployed(t)
	_, arn := s.openGroup(t, "web")
	id := s.imports(t, "EC2.13", "f1", arn)
	s.says(t, 0, "remediate "+id)
	_, denied := s.openGroup(t, "denied")
	s.calls(t, "iam", "PutRolePolicy",
		map[string]any{"RoleName": "hubmend-CloseSecurityGroupPorts", "PolicyName": "deny",
			"PolicyDocument": `{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}]}`})
	s.says(t, exitFailed, "remediate "+s.imports(t, "EC2.13", "f2", denied))
	_, other := s.openGroup(t, "other")
	s.imports(t, "EC2.14", "f3", other) // nobody asks for it

	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	//nolint:gosec // what is tested
	if err := os.WriteFile(file("r.html"), []byte("an older report"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.says(t, 0, "report --html "+file("r.html")+" --csv "+file("r.csv")+" --oscal "+file("r.json"),
		file("r.html")+": 1 repaired, 1 needs attention.\n")
	read := func(name string) string {
		text, err := os.ReadFile(file(name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, name := range []string{"r.html", "r.csv", "r.json"} {
		if info, err := os.Stat(file(name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	s.says(t, 0, "report --csv /dev/null") // which stays as it is
	page := read("r.html")
	for _, want := range []string{arn, other, "Closed TCP 22 to the world", "requested by",
		"account 111111111111 in us-east-1"} {
		if !strings.Contains(strings.ToLower(page), strings.ToLower(want)) {
			t.Errorf("the page has no %q", want)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(read("r.csv"))).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if oscal := read("r.json"); !json.Valid([]byte(oscal)) || !strings.Contains(oscal, arn) {
		t.Errorf("OSCAL is %.200s", oscal)
	}
	if got := s.says(t, 0, "report --csv -"); got != read("r.csv") {
		t.Errorf("standard output gets another table:\n%s", got)
	}

	var r report.Report
	if err := json.Unmarshal([]byte(s.says(t, 0, "report --json --since 1d")), &r); err != nil {
		t.Fatal(err)
	}
	if r.Account != administrator || r.Region != homeRegion || !r.OpenKnown || len(r.Notes) > 0 ||
		r.Total.Repaired != 1 || r.Total.Failed != 1 || len(r.Repairs) != 2 {
		t.Errorf("%+v", r)
	}
	for _, e := range r.Repairs {
		if e.Outcome == outcomes.Repaired &&
			(e.Resource != arn || !strings.Contains(e.Change, "Closed TCP 22") ||
				!strings.Contains(e.Before, "0.0.0.0/0") || e.After == "" || e.Verified == "" ||
				!strings.HasPrefix(e.By, "arn:aws:") || e.Took() <= 0) {
			t.Errorf("%+v", e)
		}
	}
	// The one that was never repaired stays open, and so does the one whose repair was denied.
	var open []string
	for _, o := range r.Open {
		open = append(open, o.Control+" "+o.Resource)
	}
	if want := []string{"EC2.13 " + denied, "EC2.14 " + other}; !slices.Equal(open, want) {
		t.Errorf("open are %q, want %q", open, want)
	}

	// The permissions in docs/report.md suffice. Without Security Hub, the report names what is missing.
	may := func(actions string) string {
		return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", "Action": [` + actions +
			`]}]}`
	}
	auditor := s.as(t, "auditor", may(`"dynamodb:Scan", "securityhub:GetFindings", "cloudformation:DescribeStacks"`))
	if code, _, stderr := hubmend(t, auditor.env, "report", "--json"); code != 0 || stderr != "" {
		t.Errorf("an auditor: exits with %d, says %q", code, stderr)
	}
	reader := s.as(t, "reader", may(`"dynamodb:Scan", "cloudformation:DescribeStacks"`))
	code, stdout, stderr := hubmend(t, reader.env, "report", "--json")
	r = report.Report{}
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != 0 || r.OpenKnown || len(r.Notes) != 1 ||
		strings.Count(stderr, "\n") != 1 ||
		!strings.Contains(stderr, "Open findings are unknown: access denied for these AWS credentials: ") {
		t.Errorf("exits with %d, %v, notes %q, says %q", code, err, r.Notes, stderr)
	}
	if code, _, stderr := hubmend(t, reader.env, "report", "--json", "--no-open"); code != 0 || stderr != "" {
		t.Errorf("--no-open exits with %d, says %q", code, stderr)
	}
	s.as(t, "nobody", may(`"securityhub:GetFindings"`)).says(t, exitUsage, "report --json",
		"access denied for these AWS credentials: ")
	s.in("AWS_REGION=eu-west-1").says(t, exitUsage, "report --json",
		"Hubmend is not deployed for these AWS credentials in eu-west-1: table hubmend-ledger not found")
	s.says(t, exitUsage, "report --html "+filepath.Join(dir, "none", "r.html"), "write the report: open ")
}
