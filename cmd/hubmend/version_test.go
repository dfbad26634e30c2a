package main

import (
	"runtime/debug"
	"testing"
)

func TestVersionOf(t *testing.T) {
	t.Parallel()
	const checkout = "$Format:%(describe:tags=true)$\n$Format:%H$\n"
	built := func(version string, settings ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: version}, Settings: settings}
	}
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "abc"}
	for name, tc := range map[string]struct {
		release, archived string
		info              *debug.BuildInfo
		want              string
	}{
		"a release":                 {"1.2.3", checkout, built("v0.0.0-1-abc", commit), "1.2.3, commit abc, go1.26.8"},
		"a release, not stamped":    {"1.2.3", checkout, built("(devel)"), "1.2.3, commit unknown, go1.26.8"},
		"a tag that is checked out": {"", checkout, built("v1.2.3", commit), "1.2.3, commit abc, go1.26.8"},
		"a changed checkout": {"", checkout, built("v1.2.4-0.2026-abc+dirty", commit,
			debug.BuildSetting{Key: "vcs.modified", Value: "true"}),
			"1.2.4-0.2026-abc+dirty, commit abc and changes, go1.26.8"},
		"go install":                  {"", checkout, built("v1.2.3"), "1.2.3, commit unknown, go1.26.8"},
		"an archive of a tag":         {"", "v1.2.3\ndef\n", built("(devel)"), "1.2.3, commit def, go1.26.8"},
		"an archive after a tag":      {"", "v1.2.3-4-gdef\ndef\n", built(""), "1.2.3-4-gdef, commit def, go1.26.8"},
		"an archive before all tags":  {"", "\ndef\n", built("(devel)"), "dev, commit def, go1.26.8"},
		"a copy of the files":         {"", checkout, built("(devel)"), "dev, commit unknown, go1.26.8"},
		"a copy, without information": {"", checkout, &debug.BuildInfo{}, "dev, commit unknown"},
	} {
		if got := versionOf(tc.release, tc.archived, tc.info); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
