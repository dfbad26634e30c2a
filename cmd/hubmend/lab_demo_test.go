package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hubmend/internal/lab/scenario"
)

// The demo as `make demo` runs it, but piped: short enough to read, and nothing but text.
func TestLabDemo(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a lab")
	}
	code, stdout, stderr := hubmendWithin(t, 4*time.Minute, nil, "lab", "demo")
	if code != 0 || stderr != "" {
		t.Errorf("exits with %d and says %q", code, stderr)
	}
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	if len(lines) > 60 || strings.Contains(stdout, "\x1b") {
		t.Errorf("%d lines:\n%s", len(lines), stdout)
	}
	for _, line := range lines {
		if len([]rune(line)) > pipedWidth {
			t.Errorf("a line has %d characters: %s", len([]rune(line)), line)
		}
	}
	if n := strings.Count(stdout, " FAILED -> RESOLVED "); n != 18 {
		t.Errorf("%d findings are RESOLVED", n)
	}
	for _, want := range []string{"18 of 18 RESOLVED", "  - tcp ", "  + tcp ", "Restored. It is on hold",
		"build/demo-report.html (10 repaired, 1 undone)"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("does not print %q:\n%s", want, stdout)
		}
	}
	page, err := os.ReadFile("../../build/demo-report.html")
	if err != nil || !bytes.Contains(page, []byte("former-employee")) {
		t.Errorf("the report: %v", err)
	}
}

// A finding that nobody remediates makes the demo fail, and it says which.
func TestLabDemoFails(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a lab")
	}
	s, err := scenario.Parse([]byte(`
name: nobody comes
parameters: {CIS4142AutoRemediation: DISABLED}
seed:
  - {name: group, service: ec2, api: CreateSecurityGroup, input: {GroupName: web, Description: web}}
  - {service: ec2, api: AuthorizeSecurityGroupIngress, input: {GroupId: "${group.GroupId}", IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}}
events:
  - import: {name: ssh, control: EC2.13, resource: "arn:aws:ec2:${region}:${account}:security-group/${group.GroupId}"}
expect: [{executions: 0}]
`))
	if err != nil {
		t.Fatal(err)
	}
	config, err := (&labFlags{assembly: "../../templates", root: "../.."}).config(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	screen := newScreen(&out)
	d := &demo{scenario: s, screen: screen, progress: newProgress(screen, s.Product, true),
		trace: printer{out: &out, silent: true}, reportFile: filepath.Join(t.TempDir(), "report.html")}
	if err := d.run(t.Context(), config); !errors.Is(err, errFailed) {
		t.Errorf("run = %v", err)
	}
	for _, want := range []string{"The demo failed.", "FAIL EC2.13 of arn:aws:ec2:", "its finding is NEW"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("does not print %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "Next") || strings.Contains(out.String(), "Undoing") {
		t.Errorf("goes on:\n%s", out.String())
	}
}
