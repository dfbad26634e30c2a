package wording_test

import (
	"testing"

	"hubmend/internal/ops/wording"
)

func TestOneLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", " a\n\tb ": "a b", "\x1b[31mred": "[31mred", "a\u202eb": "a b", "a\u2028b\x00": "a b",
		"wörter 漢字": "wörter 漢字",
	} {
		if got := wording.OneLine(text); got != want {
			t.Errorf("OneLine(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestCounted(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 findings", 1: "1 finding", 2: "2 findings"} {
		if got := wording.Counted(n, "finding"); got != want {
			t.Errorf("Counted(%d) = %q, want %q", n, got, want)
		}
	}
}
