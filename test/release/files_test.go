package release_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Archives take files that exist. `make release-files` creates the files below build/.
func TestArchivesTakeFilesThatExist(t *testing.T) {
	t.Parallel()
	var config struct {
		Archives []struct {
			Files []struct {
				Src string `yaml:"src"`
			} `yaml:"files"`
		} `yaml:"archives"`
	}
	if err := yaml.Unmarshal([]byte(read(t, ".goreleaser.yaml")), &config); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, archive := range config.Archives {
		for _, file := range archive.Files {
			if strings.HasPrefix(file.Src, "build/") {
				continue
			}
			checked++
			found, err := filepath.Glob(filepath.Join(root, file.Src))
			if err != nil || len(found) == 0 {
				t.Errorf("%s: no such file, %v", file.Src, err)
			}
		}
	}
	if checked == 0 {
		t.Error("no file was checked")
	}
}

// The image copies the program, which the release puts into the context, and files that are there.
func TestImageCopiesFilesThatExist(t *testing.T) {
	t.Parallel()
	const program = "$TARGETPLATFORM/hubmend"
	config, copied := read(t, ".goreleaser.yaml"), 0
	for _, found := range regexp.MustCompile(`(?m)^COPY (\S+) `).FindAllStringSubmatch(read(t, "Dockerfile"), -1) {
		copied++
		if found[1] == program {
			continue
		}
		read(t, found[1])
		if !strings.Contains(config, "extra_files: ["+found[1]+"]") {
			t.Errorf(".goreleaser.yaml does not put %s into the context of the image", found[1])
		}
	}
	if copied < 2 {
		t.Errorf("the image copies %d files", copied)
	}
}

// The changelog has the form of Keep a Changelog, so that `make release` finds the section of a tag.
func TestChangelog(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^## \[(Unreleased|\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?\] - \d{4}-\d\d-\d\d$)`)
	sections := 0
	for line := range strings.Lines(read(t, "CHANGELOG.md")) {
		if strings.HasPrefix(line, "## ") {
			sections++
			if !form.MatchString(strings.TrimSpace(line)) {
				t.Errorf("%q is not of the form [VERSION] - YYYY-MM-DD", line)
			}
		}
	}
	if sections == 0 {
		t.Error("there is no section")
	}
}
