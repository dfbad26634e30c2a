// Package dist owns the folder that somebody uploads who has neither the CDK nor a
// bootstrapped account: templates that take everything from one bucket, and the zips and
// templates that they take.
//
// It works on what `cdk synth` wrote, so both ways deploy the same resources. The same
// assembly gives the same bytes. It must not import the CDK.
package dist

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hubmend/internal/naming"
)

// Names within the folder.
const (
	assets   = "assets"
	sums     = "SHA256SUMS"
	readme   = "README.md"
	template = ".template.json"
)

//go:embed README.md
var instructions string

// Write makes the folder out of an assembly. It replaces a folder that it wrote before and
// refuses any other that is not empty.
func Write(assembly, out string) error {
	a, err := open(assembly)
	if err != nil {
		return fmt.Errorf("read %s: %w", assembly, err)
	}
	if err := empty(out); err != nil {
		return err
	}
	files, err := a.files()
	if err != nil {
		return err
	}
	files[readme] = []byte(instructions + a.table())
	files[sums] = checksums(files)
	for name, content := range files {
		file := filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return fmt.Errorf("make a folder for %s: %w", name, err)
		}
		if err := os.WriteFile(file, content, 0o644); err != nil { //nolint:gosec // it is published
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// empty removes what Write wrote before.
func empty(out string) error {
	entries, err := os.ReadDir(out)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at %s: %w", out, err)
	}
	if _, err := os.Stat(filepath.Join(out, sums)); err != nil {
		return fmt.Errorf("%s is not empty and has no %s, so it is not replaced", out, sums)
	}
	if err := os.RemoveAll(out); err != nil {
		return fmt.Errorf("remove the old %s: %w", out, err)
	}
	return nil
}

// files gives the content of every file but those that are about the others.
func (a *assembly) files() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, stack := range a.stacks {
		content, err := a.rewritten(stack)
		if err != nil {
			return nil, fmt.Errorf("rewrite the template of %s: %w", stack.name, err)
		}
		files[strings.TrimPrefix(stack.name, naming.Prefix)+template] = content
	}
	for _, asset := range a.assets {
		if !asset.used {
			continue // a stack's own template, which the CDK uploads too
		}
		content, err := asset.content()
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", asset.path, err)
		}
		files[assets+"/"+asset.name] = content
	}
	return files, nil
}

// table lists what the assets are.
func (a *assembly) table() string {
	var lines []string
	for _, asset := range a.assets {
		if asset.used {
			lines = append(lines, fmt.Sprintf("| `%s/%s` | %s |\n", assets, asset.name, asset.title))
		}
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "")
}

// checksums has the form that `sha256sum --check` reads.
func checksums(files map[string][]byte) []byte {
	var lines []string
	for name, content := range files {
		sum := sha256.Sum256(content)
		lines = append(lines, hex.EncodeToString(sum[:])+"  "+name+"\n")
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[2*sha256.Size:], b[2*sha256.Size:]) })
	return []byte(strings.Join(lines, ""))
}
