// Package dist writes the folder for deployments in the console, without the CDK and a bootstrapped account: the
// templates in the repository, and the function zips and templates that they load from the same bucket.
//
// Their names contain a hash, because CloudFormation does not check the content of a file whose name is unchanged. The
// same input produces the same bytes. The package must not import the CDK.
package dist

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"hubmend/internal/build/templates"
	"hubmend/internal/engine/naming"
)

// Names within the folder.
const (
	sums   = "SHA256SUMS"
	readme = "README.md"
)

//go:embed README.md
var instructions string

// Source is the input of Write.
type Source struct {
	// Templates is the folder with the repository's templates.
	Templates string
	// Functions is the folder with the compiled functions, each in a folder of its own.
	Functions string
}

// Write creates the folder out. It replaces a folder that it wrote earlier, and refuses any other folder that is not
// empty.
func Write(from Source, out string) error {
	if err := empty(out); err != nil {
		return err
	}
	files, err := from.files()
	if err != nil {
		return err
	}
	files[readme] = []byte(strings.ReplaceAll(instructions, naming.Mark, naming.Prefix) + table(files))
	files[sums] = checksums(files)
	for name, content := range files {
		file := filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return fmt.Errorf("create a folder for %s: %w", name, err)
		}
		if err := os.WriteFile(file, content, 0o644); err != nil { //nolint:gosec // it is published
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// empty removes the files of an earlier Write.
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

// reference is a file in the bucket that a template uses.
var reference = regexp.MustCompile(`(\$\{` + templates.CodePrefix + `\}` + templates.Code + `)([A-Za-z0-9_./-]+)`)

// files returns the content of all files, except the files that describe the others.
func (s Source) files() (map[string][]byte, error) {
	names, err := filepath.Glob(filepath.Join(s.Templates, naming.Mark+"*"+templates.Suffix))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s has no template", s.Templates)
	}
	files := map[string][]byte{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var problems []error
		text = reference.ReplaceAllFunc(text, func(found []byte) []byte {
			parts := reference.FindSubmatch(found)
			hashed, content, err := s.asset(string(parts[2]))
			problems = append(problems, err)
			files[templates.Code+hashed] = content
			return append(parts[1], hashed...)
		})
		if err := errors.Join(problems...); err != nil {
			return nil, fmt.Errorf("read the files that %s uses from the bucket: %w", filepath.Base(name), err)
		}
		files[strings.TrimPrefix(filepath.Base(name), naming.Mark)] = text
	}
	return files, nil
}

// asset returns the content of a file that a template loads from the bucket, and a name that changes with its content.
func (s Source) asset(name string) (hashed string, content []byte, err error) {
	stem, extension, _ := strings.Cut(path.Base(name), ".")
	if extension == "zip" {
		content, err = zipFolder(filepath.Join(s.Functions, stem))
	} else {
		content, err = templates.Referred(os.DirFS(s.Templates), name)
		stem, extension = strings.TrimSuffix(strings.ReplaceAll(name, "/", "-"),
			templates.Suffix), strings.TrimPrefix(templates.Suffix, ".")
	}
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", name, err)
	}
	sum := sha256.Sum256(content)
	return fmt.Sprintf("%s-%s.%s", stem, hex.EncodeToString(sum[:6]), extension), content, nil
}

// table lists the files that the templates use.
func table(files map[string][]byte) string {
	var lines []string
	for name := range files {
		if strings.HasPrefix(name, templates.Code) {
			what := "a template"
			if strings.HasSuffix(name, ".zip") {
				what = "the code of a function"
			}
			lines = append(lines, fmt.Sprintf("| `%s` | %s |\n", name, what))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// checksums returns the format that `sha256sum --check` reads.
func checksums(files map[string][]byte) []byte {
	var lines []string
	for name, content := range files {
		sum := sha256.Sum256(content)
		lines = append(lines, hex.EncodeToString(sum[:])+"  "+name+"\n")
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[2*sha256.Size:], b[2*sha256.Size:]) })
	return []byte(strings.Join(lines, ""))
}
