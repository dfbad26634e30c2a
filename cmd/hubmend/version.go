package main

import (
	"cmp"
	"fmt"
	"runtime/debug"
)

// version says what was built: the module's version, the commit, and by which Go.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	changed := ""
	if settings["vcs.modified"] == "true" {
		changed = " and changes"
	}
	return fmt.Sprintf("%s, commit %s%s, %s", info.Main.Version, cmp.Or(settings["vcs.revision"], "unknown"), changed,
		info.GoVersion)
}
