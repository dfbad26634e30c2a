package main

import (
	"strings"
	"testing"
)

func TestPatch(t *testing.T) {
	t.Parallel()
	id := exampleID()
	for tool, want := range map[string]string{
		"terraform": "\nresource \"aws_", "OpenTofu": "\nresource \"aws_", "pulumi": "\nresource \"aws_",
		"cloudformation": "\n  Type: AWS::", "cdk": "\n  Type: AWS::",
	} {
		if text := string(execute(t, "controls", id, "--patch", tool)); !strings.Contains(text, want) ||
			!strings.HasPrefix(text, "# "+id+": ") {
			t.Errorf("%s:\n%s", tool, text)
		}
	}
	text := string(execute(t, "controls", id))
	for _, want := range []string{"  CloudFormation\n", "  Terraform\n    resource"} {
		if !strings.Contains(text, want) {
			t.Errorf("the details lack %q:\n%s", want, text)
		}
	}
}

func TestPatchRefuses(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"controls --patch terraform":                    "name the control",
		"controls " + exampleID() + " --patch teraform": "did you mean terraform",
	} {
		if code, _, stderr := hubmend(t, nil, strings.Fields(args)...); code == 0 || !strings.Contains(stderr, want) {
			t.Errorf("%s exits with %d and says %q", args, code, stderr)
		}
	}
}
