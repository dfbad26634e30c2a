package preview_test

import (
	"testing"
	"time"

	"hubmend/internal/engine/finding"
	"hubmend/internal/ops/preview"
)

// A finding that both Security Hubs have is one. Security Hub CSPM has its workflow status, unless V2 suppresses it.
func TestJoin(t *testing.T) {
	t.Parallel()
	cspm := found(t, "EC2.13", group(1), "a", nil)
	at := func(status string, later time.Duration, compliance string) preview.Finding {
		f := cspm
		f.V2, f.Workflow = finding.V2{UID: "u", Status: status}, status
		f.ObservedAt, f.Compliance = f.ObservedAt.Add(later), compliance
		return f
	}
	older := cspm
	older.ObservedAt, older.Compliance = cspm.ObservedAt.Add(-time.Hour), "PASSED"
	for name, tc := range map[string]struct {
		versions []preview.Finding
		want     string // compliance, workflow status and id in V2
	}{
		"one":                 {[]preview.Finding{cspm}, "FAILED NEW "},
		"two versions":        {[]preview.Finding{older, cspm, older}, "FAILED NEW "},
		"V2 only":             {[]preview.Finding{at("NOTIFIED", 0, "FAILED")}, "FAILED NOTIFIED u"},
		"both":                {[]preview.Finding{cspm, at("NOTIFIED", 0, "FAILED")}, "FAILED NEW u"},
		"both, V2 first":      {[]preview.Finding{at("RESOLVED", 0, "FAILED"), cspm}, "FAILED NEW u"},
		"suppressed there":    {[]preview.Finding{cspm, at("SUPPRESSED", 0, "FAILED")}, "FAILED SUPPRESSED u"},
		"a later check there": {[]preview.Finding{cspm, at("NEW", time.Hour, "PASSED")}, "PASSED NEW u"},
		"an earlier check":    {[]preview.Finding{cspm, at("NEW", -time.Hour, "PASSED")}, "FAILED NEW u"},
		"suppressed in between": {[]preview.Finding{at("SUPPRESSED", -1, "FAILED"), cspm, at("NEW", 1, "FAILED")},
			"FAILED NEW u"},
	} {
		got := preview.Join(tc.versions)
		if len(got) != 1 {
			t.Errorf("%s: %d findings", name, len(got))
		} else if f := got[0]; f.Compliance+" "+f.Workflow+" "+f.V2.UID != tc.want {
			t.Errorf("%s: %s %s %s, want %s", name, f.Compliance, f.Workflow, f.V2.UID, tc.want)
		}
	}
}
