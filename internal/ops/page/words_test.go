package page_test

import (
	"testing"

	"hubmend/internal/ops/page"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		page.Visible("a\u202eb\x1b[31m\nc  d"): `a\u202eb\u001b[31m c d`, page.Visible("für 日本"): "für 日本",
		page.Visible(""): "",
		page.ShortName("arn:aws:ec2:r:a:security-group/sg-1"): "sg-1", page.ShortName("arn:aws:s3:::bucket"): "bucket",
		page.ShortName("AWS::::Account:222222222222"): "222222222222",
		page.Span(0): "0\u00a0s", page.Span(40.4): "40\u00a0s", page.Span(119): "119\u00a0s",
		page.Span(120):  "2\u00a0min",
		page.Span(7200): "2\u00a0h", page.Span(86400 * 3): "3\u00a0d",
		page.Percent(1): "100%", page.Percent(0.5): "50%", page.Percent(0.9999): "99.9%",
		page.Percent(0.996): "99.6%", page.Percent(0): "0%", page.Percent(0.994): "99%",
		page.Plural(1, "x", "xs"): "1 x", page.Plural(0, "x", "xs"): "0 xs",
		page.Plural(1234567, "x", "xs"): "1,234,567 xs",
		page.Grouped(999):               "999", page.Grouped(1000): "1,000",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
