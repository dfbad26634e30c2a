// Package artifacts finds templates and function programs, in the folders of the lab or in S3.
package artifacts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hubmend/internal/build/templates"
	"hubmend/internal/engine/naming"
	"hubmend/internal/lab/cfn"
	kept "hubmend/templates"
)

// ownBucket stands for the bucket to which users without the CDK upload functions and templates. The lab takes both
// from its folders instead.
const ownBucket = "hubmend-lab-code"

// Assembly is the folder of the kept templates.
type Assembly struct {
	files fs.FS
	dir   string // its name, for messages
}

// Open opens a folder, or the templates in this program when there is no name.
func Open(dir string) (*Assembly, error) {
	a := &Assembly{kept.Files, "the embedded templates"}
	if dir != "" {
		a = &Assembly{os.DirFS(dir), dir}
	}
	files, err := fs.Glob(a.files, "*"+templates.Suffix)
	if err == nil && len(files) == 0 {
		err = errors.New("no templates found; run `make templates`")
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", a.dir, err)
	}
	return a, nil
}

// Template reads the template of a stack.
func (a *Assembly) Template(stack string) (*cfn.Template, error) {
	file := filepath.Join(a.dir, stack+templates.Suffix)
	text, err := fs.ReadFile(a.files, stack+templates.Suffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("template %s not found; run `make templates`", file)
	}
	if err != nil {
		return nil, err
	}
	t, err := cfn.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return t, nil
}

// FurtherParts gives the names of a member stack's parts after the first, in their order.
func (a *Assembly) FurtherParts(stack string) []string {
	var names []string
	for part := 2; ; part++ {
		name := naming.Part(stack, part)
		if _, err := fs.Stat(a.files, name+templates.Suffix); err != nil {
			return names
		}
		names = append(names, name)
	}
}

// referred reads a template that others refer to in ownBucket.
func (a *Assembly) referred(key string) (*cfn.Template, error) {
	text, err := templates.Referred(a.files, strings.TrimPrefix(key, templates.Code))
	if err != nil {
		return nil, err
	}
	return cfn.Parse(text)
}

// CodeParameters gives the parameters by which a template finds ownBucket.
func (a *Assembly) CodeParameters(t *cfn.Template) map[string]string {
	for _, p := range t.Parameters() {
		if p.Name == templates.CodeBucket {
			return map[string]string{templates.CodeBucket: ownBucket, templates.CodePrefix: ""}
		}
	}
	return map[string]string{}
}

// AsksForTargets reports whether there is a roll-out template with a parameter for its targets. One with targets from
// cdk.json is for real accounts.
func (a *Assembly) AsksForTargets() bool {
	t, err := a.Template(naming.RolloutStack)
	return err == nil &&
		slices.ContainsFunc(t.Parameters(), func(p cfn.Declaration) bool { return p.Name == "OrganizationalUnits" })
}
