package finding_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"hubmend/internal/engine/finding"
)

// The end of a comment tells whose status it stands with.
func TestOwnComments(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		v             finding.V2
		own, mayAgain bool
	}{
		"none":       {v: finding.V2{Status: finding.Notified}},
		"a person's": {v: finding.V2{Status: finding.Notified, Comment: "I look at it [Hubmend does not]"}},
		"our In Progress": {finding.V2{Status: finding.Notified,
			Comment: finding.Comment("x", finding.Notified, false)}, true, true},
		"our In Progress, again": {
			v:   finding.V2{Status: finding.Notified, Comment: finding.Comment("x", finding.Notified, true)},
			own: true,
		},
		"our note": {finding.V2{Status: finding.Notified, Comment: finding.Comment("x", "", false)}, true,
			true},
		"In Progress after New": {v: finding.V2{Status: finding.Notified,
			Comment: finding.Comment("x", finding.New, false)}, mayAgain: true},
		"In Progress after Resolved": {
			v:        finding.V2{Status: finding.Notified, Comment: finding.Comment("x", finding.Resolved, false)},
			mayAgain: true,
		},
		"made New after our Resolved": {
			v:        finding.V2{Status: finding.New, Comment: finding.Comment("x", finding.Resolved, false)},
			mayAgain: true,
		},
		"made New after our second Resolved": {
			v: finding.V2{Status: finding.New, Comment: finding.Comment("x", finding.Resolved, true)},
		},
	} {
		if got := tc.v.OwnInProgress(); got != tc.own {
			t.Errorf("%s: OwnInProgress = %t", name, got)
		}
		if got := tc.v.WrittenOnce(); got != tc.mayAgain {
			t.Errorf("%s: WrittenOnce = %t", name, got)
		}
	}
}

func TestCommentFits(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 480, 488, 489, 512} {
		c := finding.Comment(strings.Repeat("ü", n), finding.Notified, true)
		if got := utf8.RuneCountInString(c); got > 512 || !strings.HasSuffix(c, "[Hubmend: In Progress again]") ||
			n > 488 && !strings.Contains(c, "... [") {
			t.Errorf("a note of %d characters gives %d: %s", n, got, c)
		}
	}
}
