package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/policy"
	"hubmend/internal/ops/preview"
	"hubmend/internal/ops/replay"
)

// exported writes findings as `aws securityhub get-findings` prints them.
func exported(t *testing.T, findings ...map[string]any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Findings": append([]map[string]any{}, findings...)})
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "findings.json", string(text))
}

func sgARN(n int) string {
	return fmt.Sprintf("arn:aws:ec2:us-east-1:%s:security-group/sg-%017d", workload, n)
}

// previewed is an export with a finding of an ENABLED group that is managed by Terraform, another standard's finding of
// the same resource, one of another resource, and one of another group.
func previewed(t *testing.T) string {
	t.Helper()
	managed := sample(t, "EC2.13", sgARN(1), "a")
	managed["Resources"] = []any{map[string]any{"Type": "AwsEc2SecurityGroup", "Id": sgARN(1),
		"Tags": map[string]string{"ManagedBy": "Terraform"}}}
	return exported(t, managed, sample(t, "EC2.14", sgARN(1), "b"), sample(t, "EC2.13", sgARN(2), "c"),
		sample(t, "EC2.2", sgARN(3), "d"), map[string]any{"Id": "of another product"})
}

const exemptTerraform = `version: 1
rules:
  - name: terraform
    decision: exempt
    when: {managedBy: [terraform]}
    reason: Terraform repairs it.
    owner: web@example.com
    forever: Teams own it.
`

// Without AWS credentials, a file is enough.
func TestPreviewOfFile(t *testing.T) {
	t.Parallel()
	s, file := terminal{env: nobody}, previewed(t)
	out := s.says(t, 0, "preview --set CIS4142=ENABLED --from "+file,
		"If CIS4142 is ENABLED, Hubmend starts 2 repairs for 4 open findings. Policy: none.",
		"that terraform manages, by their tags, and may change back: 1.", "another form, and left out: 1.",
		"The ledger was not read", "Nothing was changed.")
	for _, line := range []string{"repaired            3  remediated at the next check", "not covered         1"} {
		if !strings.Contains(out, line) {
			t.Errorf("lacks %q:\n%s", line, out)
		}
	}
	policy := write(t, "policy.yaml", exemptTerraform)
	args := "preview --set CIS4142=ENABLED --set InProgressStartsRemediation=ENABLED --policy " + policy +
		" --from " + file
	s.says(t, 0, args, "exempt              1", "unknown             2", "Hubmend starts no repair")
	facts := write(t, "facts.json", fmt.Sprintf(`{"tags": {%q: {}, %q: {}}, "ous": {%q: ["ou-1", "r-1"]}}`, sgARN(1),
		sgARN(2), workload))
	s.says(t, 0, args+" --facts "+facts, "Hubmend starts 2 repairs", "By organizational unit", "ou-1")

	var got preview.Report
	if err := json.Unmarshal([]byte(s.says(t, 0, args+" --json")), &got); err != nil || len(got.Rows) != 4 ||
		got.Total.By[preview.Exempt] != 1 || got.Policy != policy || got.Unreadable != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	rows, err := csv.NewReader(strings.NewReader(s.says(t, 0, args+" --output csv"))).ReadAll()
	if err != nil || len(rows) != 5 || rows[0][0] != "outcome" {
		t.Errorf("%q, %v", rows, err)
	}
	page := filepath.Join(t.TempDir(), "preview.html")
	s.says(t, 0, args+" --html "+page, "All findings: "+page)
	if text, err := os.ReadFile(page); err != nil || !bytes.Contains(text, []byte("Terraform repairs it.")) {
		t.Errorf("the page has %d bytes, %v", len(text), err)
	}
	if out := s.says(t, 0, args+" --html -"); !strings.HasPrefix(strings.TrimSpace(out), "<!DOCTYPE html>") {
		t.Errorf("prints %.80s", out)
	}
	s.says(t, 0, "preview --all --from "+file, "control groups are ENABLED, Hubmend starts 3 repairs")
	s.says(t, 0, "preview --set EC2.2=ENABLED --from "+exported(t), "Hubmend starts no repair for 0 open findings")
}

// Of several versions of a finding the latest counts, in whatever form the files are.
func TestPreviewOfSeveralFiles(t *testing.T) {
	t.Parallel()
	old, latest := sample(t, "EC2.13", sgARN(1), "a"), sample(t, "EC2.13", sgARN(1), "a")
	latest["Compliance"] = map[string]any{"Status": "PASSED", "SecurityControlId": "EC2.13"}
	latest["LastObservedAt"] = "2026-03-02T12:00:00.000Z"
	text, err := os.ReadFile(exported(t, latest))
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	terminal{env: nobody}.says(t, 0, "preview --set CIS4142=ENABLED --from "+write(t, "f.json.gz", zipped.String())+
		" --from "+exported(t, old, sample(t, "EC2.13", sgARN(2), "b")), "starts 1 repair for 1 open finding",
		"not open, and left out: 1.")
}

// An export of the new Security Hub is read as one of Security Hub CSPM. Both together have each finding once.
func TestPreviewOfOCSF(t *testing.T) {
	t.Parallel()
	s := terminal{env: nobody}
	other := map[string]any{"class_uid": 2004, "class_name": "Detection Finding", "metadata": map[string]any{
		"product": map[string]any{"uid": "arn:aws:securityhub:us-east-1::productv2/aws/guardduty"}}}
	v2 := exported(t, inOCSF("a", sgARN(1), "New"), inOCSF("b", sgARN(2), "Suppressed"), inOCSF("c", sgARN(3), "New"),
		other, other)
	args := "preview --set CIS4142=ENABLED --from " + v2
	s.says(t, 0, args, "starts 2 repairs for 2 open findings", "not open, and left out: 1.",
		"Skipped 2 OCSF findings: ")
	args += " --from " + exported(t, sample(t, "EC2.13", sgARN(1), "a"), sample(t, "EC2.13", sgARN(2), "b"),
		sample(t, "EC2.13", sgARN(4), "d"))
	var got preview.Report
	if err := json.Unmarshal([]byte(s.says(t, 0, args+" --json")), &got); err != nil || len(got.Rows) != 3 ||
		got.Closed != 1 || got.Rows[0].Finding != findingID("a") || got.Rows[0].V2ID != v2IDOf("a") ||
		got.Rows[2].V2ID != "" {
		t.Errorf("%+v, %v", got.Rows, err)
	}
	if out := s.says(t, 0, args+" --output csv"); !strings.Contains(out, v2IDOf("a")) {
		t.Errorf("prints %s", out)
	}
	if out := s.says(t, 0, args+" --html -"); !strings.Contains(out, v2IDOf("a")) {
		t.Error("the page has no V2 id")
	}
	s.says(t, 0, "preview --set CIS4142=ENABLED --replay "+v2, "2 findings of these controls")
	s.says(t, 0, "preview --set CIS4142=ENABLED --replay "+v2+
		" --replay "+exported(t, sample(t, "EC2.13", sgARN(2), "b")),
		"2 findings of these controls")
	s.says(t, exitUsage, "plan --finding "+write(t, "other.json", `[{"class_uid": 2004}]`), "not Security Hub's own")
}

func TestPreviewBadInput(t *testing.T) {
	t.Parallel()
	file := previewed(t)
	for name, tc := range map[string]struct{ args, want string }{
		"no group":          {"preview --from " + file, "name a control group with --set"},
		"an unknown group":  {"preview --set CIS4124=ENABLED --from " + file, "did you mean CIS4142?"},
		"another value":     {"preview --set CIS4142=ON --from " + file, "a group is ENABLED or DISABLED"},
		"all DISABLED":      {"preview --set CIS4142=DISABLED --from " + file, "no control group is ENABLED"},
		"an unclear number": {"preview --set 1.8=ENABLED --from " + file, "is in several playbooks"},
		"no playbook": {"preview --set CIS4142=ENABLED --playbook cis-9 --from " + file,
			"unknown playbook cis-9"},
		"no file":        {"preview --all --from nowhere.json", "read the findings: open nowhere.json"},
		"not findings":   {"preview --all --from " + write(t, "x", "{}"), "does not contain findings"},
		"no policy file": {"preview --all --policy nowhere --from " + file, "open nowhere"},
		"bad facts": {"preview --all --facts " + write(t, "facts", `{"tag": {}}`) + " --from " + file,
			`unknown field "tag"`},
		"a page and JSON": {"preview --all --json --html - --from " + file, "only one output"},
		"no credentials":  {"preview --set CIS4142=ENABLED", "no AWS Region is set"},
	} {
		code, stdout, stderr := hubmend(t, nobody, strings.Fields(tc.args)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, tc.want) {
			t.Errorf("%s: exits with %d, prints %q and says %q, want %q", name, code, stdout, stderr, tc.want)
		}
	}
}

// The month before the latest check is replayed, without AWS.
func TestPreviewReplay(t *testing.T) {
	t.Parallel()
	s, file := terminal{env: nobody}, previewed(t)
	s.says(t, 0, "preview --set CIS4142=ENABLED --replay "+file,
		"From 2026-01-30 12:00 to 2026-03-01 12:00 UTC, if CIS4142 is ENABLED: "+
			"3 findings of these controls, 2 repairs.",
		"2026-03-01         3        2         3", "Failing at the end: 0 findings.", "- Repairs succeed")
	s.says(t, exitUsage, "preview --set CIS4142=ENABLED --html x --replay "+file, "--replay does not go together")
	s.says(t, exitUsage, "preview --replay "+file, "name a control group with --set")
	policy := write(t, "policy.yaml",
		"version: 1\nrules: [{name: r, decision: exempt, reason: x, owner: y, forever: z}]")
	s.says(t, 0, "preview --set CIS4142=ENABLED --policy "+policy+" --replay "+file,
		"3 findings of these controls, 0 repairs", "because of the policy: exempt 3.")
	var got replay.Report
	if err := json.Unmarshal([]byte(s.says(t, 0, "preview --set CIS4142=ENABLED --json --since 2d --replay "+file)),
		&got); err != nil || len(got.Days) != 3 || got.Total.Attempts != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

// A mistake of the policy is reported with its place.
func TestPreviewBadPolicy(t *testing.T) {
	t.Parallel()
	policy := write(t, "policy.yaml", "version: 1\nrules: [{name: r, decision: exmpt}]\n")
	terminal{env: nobody}.says(t, exitFailed, "preview --all --policy "+policy+" --from "+previewed(t),
		policy+":2:", "exempt")
}

// The exemption of open findings is one that a policy file could have.
func TestLeaveExisting(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	e := existing{choice: existingLeave, owner: "web@example.com", reason: `They are "known": see the list.`}
	text, rule, err := e.rule([]catalog.Group{exampleGroup()}, now)
	if err != nil || !strings.Contains(text, "before: \"2026-03-01T12:00:00Z\"") {
		t.Fatalf("%s, %v", text, err)
	}
	subject := policy.Subject{Control: policy.Control{ID: exampleID()}, FirstObserved: now.Add(-time.Second)}
	p := policy.Policy{Format: policy.Format, Rules: []policy.Rule{rule}}
	if v := p.Decide(subject, policy.Facts{}, now); v.Decision != policy.Exempt || v.Rule.Owner != e.owner ||
		!strings.HasPrefix(v.Rule.Reason, e.reason) {
		t.Errorf("an open finding: %+v", v)
	}
	subject.FirstObserved = now
	if v := p.Decide(subject, policy.Facts{}, now); v.Decision != policy.Allow {
		t.Errorf("a finding from now on: %+v", v)
	}
	for args, want := range map[string]string{
		"--existing keep": "use repair or leave", "--existing leave --owner x": "requires --owner and --reason",
		"--reason x": "go together with --existing leave",
	} {
		terminal{env: nobody}.says(t, exitUsage, "playbook enable CIS4142 "+args, want)
	}
}

// Security Hub is asked about the controls of the groups. A ledger that cannot be read is said, and is no error.
func TestPreviewOfSecurityHub(t *testing.T) {
	t.Parallel()
	var asked string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/findings" {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"__type": "AccessDeniedException", "message": "not allowed"}`)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		asked = string(body)
		found := map[string]any{"Findings": []any{sample(t, "EC2.13", sgARN(1), "a"),
			sample(t, "EC2.13", sgARN(2), "b")}}
		if err := json.NewEncoder(w).Encode(found); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	s := terminal{env: slices.Concat(nobody, []string{"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=x",
		"AWS_SECRET_ACCESS_KEY=y", "AWS_ENDPOINT_URL=" + server.URL})}
	s.says(t, 0, "preview --set CIS4142=ENABLED", "Hubmend starts 2 repairs for 2 open findings. Policy: not known.",
		"Groups that are ENABLED already are left out: list products: access denied",
		"open circuit breakers are not known: ", "cannot read the parameter /hubmend/switch")
	for _, want := range []string{`"EC2.13"`, `"EC2.14"`, `"FAILED"`, `"NEW"`} {
		if !strings.Contains(asked, want) || strings.Contains(asked, `"EC2.2"`) {
			t.Errorf("asks for %s", asked)
		}
	}
}

// 10,000 findings of 4 KB take less than 10 s, with the start of the command.
func TestPreviewOfTenThousand(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("writes 40 MB")
	}
	one, err := json.Marshal(sample(t, "EC2.13", sgARN(0), "finding-0"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(one), `"Title"`, `"Description":"`+strings.Repeat("x", 3000)+`","Title"`, 1)
	var all []string
	for i := range 10_000 {
		all = append(all, strings.NewReplacer(sgARN(0), sgARN(i), "finding-0", fmt.Sprint("finding-", i)).Replace(text))
	}
	file := write(t, "findings.json", "["+strings.Join(all, ",")+"]")
	args := []string{"preview", "--set", "CIS4142=ENABLED", "--from", file}
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...) //nolint:gosec // the test itself
	cmd.Env = append(append(os.Environ(), asHubmend+"=1"), nobody...)
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), "starts 10000 repairs") {
		t.Fatalf("%v, prints\n%s", err, out)
	}
	// Other tests run at the same time, so its own time counts.
	if took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(); took > 10*time.Second {
		t.Errorf("it takes %s", took)
	}
}
