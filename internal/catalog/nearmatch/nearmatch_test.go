package nearmatch_test

import (
	"strings"
	"testing"

	"hubmend/internal/catalog/nearmatch"
)

var known = []string{"EC2.2", "EC2.13", "EC2.14", "KMS.4"}

func TestFind(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"EC2.31": "EC2.13", "EC213": "EC2.13", "kms4": "KMS.4", "EC2.15": "EC2.13 EC2.14", "": "", "Lambda.1": "",
	} {
		if got := strings.Join(nearmatch.Find(name, known), " "); got != want {
			t.Errorf("Find(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"EC2.31":       "unknown control EC2.31; did you mean EC2.13?",
		"EC2.15":       "unknown control EC2.15; did you mean EC2.13 or EC2.14?",
		"\x1b[2JWhat?": "unknown control ?[2JWhat?; see the list",
	} {
		if got := nearmatch.Unknown("control", name, known, "see the list").Error(); got != want {
			t.Errorf("Unknown(%q) = %q, want %q", name, got, want)
		}
	}
}
