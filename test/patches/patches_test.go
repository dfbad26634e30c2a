// Package patches checks the patches of controls: that each control with a runbook has them, and that CloudFormation
// knows their types and properties.
package patches

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/prepared"
	"hubmend/internal/lab/python"
)

// longest are the lines of a patch. The alarms need two resources.
const longest = 30

func TestEveryRunbookHasAPatch(t *testing.T) {
	t.Parallel()
	for _, c := range catalog.Embedded().Controls {
		p, ok := prepared.Patch(c.ID)
		if !ok || p.None == "" && (p.CloudFormation == "" || p.Terraform == "") {
			t.Errorf("%s: write its patch in ssm-documents/controls, or why there is none", c.ID)
		}
		if p.None != "" && p.CloudFormation != "" && p.Terraform != "" {
			t.Errorf("%s: it has both patches, so none says nothing", c.ID)
		}
		for _, text := range []string{p.CloudFormation, p.Terraform} {
			if strings.Count(text, "\n") > longest {
				t.Errorf("%s: its patch has more than %d lines", c.ID, longest)
			}
		}
	}
}

var terraformBlock = regexp.MustCompile(`(?ms)\A(resource "aws_[a-z0-9_]+" "[a-z_]+" \{\n(  .*?\n)+?\}\n)+\z`)

func TestTerraformLinesAreBlocks(t *testing.T) {
	t.Parallel()
	for _, c := range catalog.Embedded().Controls {
		p, _ := prepared.Patch(c.ID)
		plain := regexp.MustCompile(`"(\\.|[^"\\])*"|#.*`).ReplaceAllString(p.Terraform, "")
		if p.Terraform != "" && (!terraformBlock.MatchString(p.Terraform) ||
			strings.Count(plain, "{") != strings.Count(plain, "}") ||
			strings.Count(plain, "[") != strings.Count(plain, "]")) {
			t.Errorf("%s: its lines are no blocks of Terraform:\n%s", c.ID, p.Terraform)
		}
	}
}

func TestCloudFormationKnowsThePatches(t *testing.T) {
	t.Parallel()
	all := map[string]string{}
	for _, c := range catalog.Embedded().Controls {
		if p, _ := prepared.Patch(c.ID); p.CloudFormation != "" {
			all[c.ID] = p.CloudFormation
		}
	}
	for _, line := range check(t, all) {
		t.Error(line)
	}
	// The check itself finds what CloudFormation does not know.
	bad := map[string]string{"type": "X:\n  Type: AWS::S3::Bukket\n  Properties: {}\n",
		"property": "X:\n  Type: AWS::S3::Bucket\n  Properties: {LoggingConfiguration: {Prefix: x}}\n",
		"yaml":     "X: [\n"}
	if found := check(t, bad); len(found) < len(bad) {
		t.Errorf("the check finds only %q", found)
	}
}

func check(t *testing.T, patches map[string]string) []string {
	t.Helper()
	interpreter, err := python.Find("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(patches)
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), interpreter, "check_cloudformation.py") //nolint:gosec // this test's script
	cmd.Stdin, cmd.Stderr = bytes.NewReader(text), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v:\n%s", err, stderr.String())
	}
	return slices.Collect(strings.Lines(string(out)))
}
