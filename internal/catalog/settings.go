package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"hubmend/internal/control"
	"hubmend/internal/naming"
	"hubmend/internal/program"
	"hubmend/internal/runbook"
	"hubmend/internal/setting"
)

// engineFile runs settings. Their documents have it after the runtime.
const engineFile = "runtime/hubmend_settings.py"

// controlFile is a control's file. With a setting it has its runbook too.
type controlFile struct {
	control.Control `yaml:",inline"`
	Setting         *setting.Setting `yaml:"setting"`
	// Permissions are those of calls that need less or more than AWS's reference says.
	Permissions runbook.Permissions `yaml:"permissions"`
	Example     any                 `yaml:"example"` // which the tests read
	text        string
}

func parseControl(stem string, text []byte) (controlFile, error) {
	var f controlFile
	if err := decodeStrictly(text, &f); err != nil {
		return controlFile{}, err
	}
	if f.Setting == nil {
		if f.Permissions != nil || f.Example != nil {
			return controlFile{}, errors.New("permissions and example go with a setting")
		}
		return f, errors.Join(f.Resource.Compile(), checkControl(f.Control, stem))
	}
	if f.Parameters == nil {
		f.Parameters = map[string]any{}
		for _, name := range control.Placeholders(f.Resource.ID) {
			if !slices.Contains([]string{"partition", "region", "account"}, name) {
				f.Parameters[name] = "{" + name + "}"
			}
		}
	}
	f.text = string(text)
	return f, errors.Join(f.Resource.Compile(), checkControl(f.Control, stem), f.Setting.Check(f.Reversible))
}

// loadSettings puts the documents of the settings together, and adds what their calls need to the permissions.
func loadSettings(documents fs.FS, files []controlFile, permissions runbook.Permissions) ([]Runbook, error) {
	var all []Runbook
	var errs []error
	for _, f := range files {
		if f.Setting == nil {
			continue
		}
		books, err := loadSetting(documents, f)
		if err == nil {
			err = addPermissions(permissions, f)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("controls/%s.yaml: %w", f.ID, err))
		}
		all = append(all, books...)
	}
	return all, errors.Join(errs...)
}

// Settings gives the settings, by their controls, with what the linter needs.
func (c *Catalog) Settings() map[string]setting.Declared {
	all := map[string]setting.Declared{}
	for _, f := range c.files {
		if f.Setting == nil {
			continue
		}
		needed := runbook.Permissions{}
		for _, name := range []string{f.Runbook, naming.UndoRunbook(f.Runbook)} {
			if r, ok := c.Runbook(name); ok {
				for _, call := range runbook.Calls(r.Document) {
					if p, named := c.Permissions[call]; named {
						needed[call] = p
					}
				}
			}
		}
		all[f.ID] = setting.Declared{Text: f.text, Setting: *f.Setting, Parameters: slices.Sorted(maps.Keys(f.Parameters)), Permissions: needed}
	}
	return all
}

func loadSetting(documents fs.FS, f controlFile) ([]Runbook, error) {
	shared, err := engine(documents)
	if err != nil {
		return nil, err
	}
	file := "controls/" + f.ID + ".yaml"
	text, err := fs.ReadFile(documents, file)
	if err != nil {
		return nil, err
	}
	plain, err := parseControl(f.ID, text) // with names as the repository has them, which assemble rewrites
	if err != nil {
		return nil, err
	}
	return assemble(plain.Setting.Program(plain.Control, strings.Join(shared, "")), file, shared)
}

// engine reads what the documents of settings share.
func engine(documents fs.FS) ([]string, error) {
	runtime, err := fs.ReadFile(documents, runtimeFile)
	if err != nil {
		return nil, fmt.Errorf("read the runtime: %w", err)
	}
	text, err := fs.ReadFile(documents, engineFile)
	if err != nil {
		return nil, fmt.Errorf("read the engine of settings: %w", err)
	}
	return []string{string(runtime), "\n\n" + program.WithoutRuntime(string(text))}, nil
}

// addPermissions adds those of a control's file. What a call needs that no file names is derived, see runbook.Derive.
func addPermissions(all runbook.Permissions, f controlFile) error {
	for _, call := range slices.Sorted(maps.Keys(f.Permissions)) {
		if _, twice := all[call]; twice {
			return fmt.Errorf("permissions: %s is in another file already", call)
		}
		if err := f.Permissions[call].Check(); err != nil {
			return fmt.Errorf("permissions: %s: %w", call, err)
		}
		all[call] = f.Permissions[call]
	}
	return nil
}
