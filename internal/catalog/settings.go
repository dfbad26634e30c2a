package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"hubmend/internal/catalog/program"
	"hubmend/internal/catalog/setting"
	"hubmend/internal/engine/control"
)

// engineFile is the engine of settings. It follows the runtime in their documents.
const engineFile = "runtime/hubmend_settings.py"

// controlFile is a control's file. With a setting, it also declares a runbook.
type controlFile struct {
	control.Control `yaml:",inline"`
	Setting         *setting.Setting `yaml:"setting"`
	Example         any              `yaml:"example"` // which the tests read
	Patch           control.Patch    `yaml:"patch"`
	text            string
}

func parseControl(stem string, text []byte) (controlFile, error) {
	var f controlFile
	if err := decodeStrictly(text, &f); err != nil {
		return controlFile{}, err
	}
	if f.Setting == nil {
		if f.Example != nil {
			return controlFile{}, errors.New("example requires a setting")
		}
		err := checkControl(f.Control, stem)
		if f.Guide == "" {
			err = errors.Join(f.Resource.Compile(), err)
		}
		return f, err
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

// loadSettings assembles the documents of the settings.
func loadSettings(documents fs.FS, files []controlFile) ([]Runbook, error) {
	if !slices.ContainsFunc(files, func(f controlFile) bool { return f.Setting != nil }) {
		return nil, nil
	}
	runtime, err := engine(documents)
	if err != nil {
		return nil, err
	}
	var all []Runbook
	var errs []error
	for _, f := range files {
		if f.Setting == nil {
			continue
		}
		books, err := loadSetting(documents, f, runtime)
		if err != nil {
			errs = append(errs, fmt.Errorf("controls/%s.yaml: %w", f.ID, err))
		}
		all = append(all, books...)
	}
	return all, errors.Join(errs...)
}

// Settings returns the settings by control, as the linter needs them.
func (c *Catalog) Settings() map[string]setting.Declared {
	all := map[string]setting.Declared{}
	for _, f := range c.files {
		if f.Setting == nil {
			continue
		}
		all[f.ID] = setting.Declared{Text: f.text, Setting: *f.Setting,
			Parameters: slices.Sorted(maps.Keys(f.Parameters))}
	}
	return all
}

func loadSetting(documents fs.FS, f controlFile, runtime []program.Piece) ([]Runbook, error) {
	file := "controls/" + f.ID + ".yaml"
	text, err := fs.ReadFile(documents, file)
	if err != nil {
		return nil, err
	}
	plain, err := parseControl(f.ID, text) // with names as the repository has them, which assemble rewrites
	if err != nil {
		return nil, err
	}
	return assemble(plain.Setting.Program(plain.Control, source(runtime)), file, runtime)
}

// engine reads what precedes a setting in its script: the runtime and the engine.
func engine(documents fs.FS) ([]program.Piece, error) {
	runtime, err := fs.ReadFile(documents, runtimeFile)
	if err != nil {
		return nil, fmt.Errorf("read the runtime: %w", err)
	}
	text, err := fs.ReadFile(documents, engineFile)
	if err != nil {
		return nil, fmt.Errorf("read the engine of settings: %w", err)
	}
	return []program.Piece{program.Script(runtimePiece, string(runtime)),
		program.Script(enginePiece, "\n\n"+program.WithoutRuntime(string(text)))}, nil
}
