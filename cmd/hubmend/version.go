package main

import (
	"cmp"
	_ "embed" // for the version of an archive
	"runtime/debug"
	"strings"
)

// release is the version of a release, which `make release` sets.
var release string

// archived has the version and the commit in an archive that git made. In a checkout it has placeholders.
//
//go:embed version.txt
var archived string

// version says what was built: the version, the commit, and by which Go.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return versionOf(release, archived, info)
}

// versionOf takes the version from a release, from what Go stamped (go install, or a build in a checkout), or from
// an archive. A build from anything else is "dev".
func versionOf(release, archived string, info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	stamped := info.Main.Version
	if stamped == "(devel)" {
		stamped = ""
	}
	tag, commit, _ := strings.Cut(strings.TrimSuffix(archived, "\n"), "\n") // the tag is empty before the first one
	if strings.HasPrefix(commit, "$") {
		tag, commit = "", ""
	}
	changed := ""
	if settings["vcs.modified"] == "true" {
		changed = " and changes"
	}
	number := strings.TrimPrefix(cmp.Or(release, stamped, tag, "dev"), "v")
	text := number + ", commit " + cmp.Or(settings["vcs.revision"], commit, "unknown") + changed
	if info.GoVersion != "" {
		text += ", " + info.GoVersion
	}
	return text
}
