package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"hubmend/test/suppression"
)

// message is a part of govulncheck's stream.
type message struct {
	Config *struct {
		Level string `json:"scan_level"`
		Go    string `json:"go_version"`
	}
	OSV *struct {
		ID      string
		Summary string
	}
	Finding *vulnerability
}

// vulnerability is a finding of govulncheck. Its trace goes from the vulnerable function to
// ours; without a function it is only known that a module with the vulnerability is needed.
type vulnerability struct {
	ID    string `json:"osv"`
	Fixed string `json:"fixed_version"`
	Trace []struct {
		Module, Package, Function string
		Position                  *struct {
			Filename string
			Line     int
		}
	}
}

func (v *vulnerability) called() bool { return v.Trace[0].Function != "" }

// from is where our code begins to call it.
func (v *vulnerability) from() string {
	last := v.Trace[len(v.Trace)-1]
	if last.Position == nil {
		return last.Package
	}
	return fmt.Sprintf("%s:%d", last.Position.Filename, last.Position.Line)
}

func (v *vulnerability) repaired() string {
	if v.Fixed == "" {
		return "not repaired yet"
	}
	return "repaired in " + v.Fixed
}

func readVulnerabilities(text []byte, warnings io.Writer) ([]suppression.Finding, string, error) {
	called, summaries, seen, err := readStream(text)
	if err != nil {
		return nil, "", err
	}
	asked, err := toolchain("go.mod")
	if err != nil {
		return nil, "", err
	}
	var findings []suppression.Finding
	for _, id := range slices.Sorted(maps.Keys(called)) {
		v := called[id]
		line := summaries[id] + "; called from " + v.from() + "; " + v.repaired()
		if v.Trace[0].Module == "stdlib" && installs(asked, v.Fixed) {
			_, _ = fmt.Fprintf(warnings, "warning: %s: %s: build with a newer Go\n", id, line)
			continue
		}
		findings = append(findings, suppression.Finding{Rule: id, Where: v.Trace[0].Module, Text: line})
	}
	return findings, seen, nil
}

// readStream returns for each vulnerability whose code is called one way to it.
func readStream(text []byte) (called map[string]*vulnerability, summaries map[string]string, seen string, err error) {
	called, summaries = map[string]*vulnerability{}, map[string]string{}
	needed := map[string]bool{}
	for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
		var m message
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, nil, "", fmt.Errorf("read the report: %w", err)
		}
		switch {
		case m.Config != nil:
			seen = m.Config.Level + "s, with " + m.Config.Go
		case m.OSV != nil:
			summaries[m.OSV.ID] = m.OSV.Summary
		case m.Finding != nil && m.Finding.called():
			called[m.Finding.ID] = m.Finding
		case m.Finding != nil:
			needed[m.Finding.ID] = true
		}
	}
	if seen == "" {
		return nil, nil, "", errors.New("the report says nothing of how it was made")
	}
	for id := range called {
		delete(needed, id)
	}
	return called, summaries, fmt.Sprintf("%s: %d vulnerabilities in what is linked but not called", seen, len(needed)),
		nil
}

var asks = regexp.MustCompile(`(?m)^toolchain (go\S+)`)

// toolchain returns the Go version that a go.mod asks for, or nothing.
func toolchain(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read which Go is asked for: %w", err)
	}
	if parts := asks.FindSubmatch(text); parts != nil {
		return string(parts[1]), nil
	}
	return "", nil
}

// installs reports whether the Go version that go.mod asks for, if any, repairs what was fixed
// in a version. The standard library is that of whoever builds: if the repository asks for
// one that is good, or leaves the choice to them, an older one is theirs to replace.
func installs(asked, fixed string) bool {
	return fixed != "" && (asked == "" || version.Compare(asked, "go"+strings.TrimPrefix(fixed, "v")) >= 0)
}
