package plan

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"hubmend/internal/jsonpath"
	ssmdocuments "hubmend/ssm-documents"
)

// Effect says what a call changes. ssm-documents/effects has one for each call that changes something.
type Effect struct {
	What    string         `yaml:"what"`    // the thing, where {Name} is an input of the call
	Sets    map[string]any `yaml:"sets"`    // what the thing gets: a path in the input, or a value
	Adds    string         `yaml:"adds"`    // the path of a list in the input that comes
	Removes string         `yaml:"removes"` // the path of a list in the input that goes
	Gone    bool           `yaml:"gone"`    // the thing is not there afterwards
	Was     *Was           `yaml:"was"`
}

// Was says which call reads a thing, and where it is in the answer.
type Was struct {
	Call string `yaml:"call"`
	Path string `yaml:"path"` // the whole answer when it is empty
	// Match is the name of an input whose value tells the item of a list.
	Match string `yaml:"match"`
}

var effects = sync.OnceValues(func() (map[string]Effect, error) { return readEffects(ssmdocuments.Files) })

func readEffects(files fs.FS) (map[string]Effect, error) {
	all := map[string]Effect{}
	err := eachFile(files, "effects", func(_ string, text []byte) error {
		var some map[string]Effect
		if err := yaml.UnmarshalWithOptions(text, &some, yaml.Strict()); err != nil {
			return err
		}
		for call, e := range some {
			if _, twice := all[call]; twice {
				return fmt.Errorf("%s is in two files", call)
			}
			all[call] = e
		}
		return nil
	})
	return all, err
}

// eachFile reads the files of a folder of ssm-documents, by their names without the ending.
func eachFile(files fs.FS, folder string, read func(stem string, text []byte) error) error {
	names, err := fs.Glob(files, folder+"/*.yaml")
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err == nil {
			err = read(strings.TrimSuffix(path.Base(name), ".yaml"), text)
		}
		if err != nil {
			return fmt.Errorf("ssm-documents/%s: %w", name, err)
		}
	}
	return nil
}

var inputName = regexp.MustCompile(`\{([A-Za-z]+)\}`)

// subject names the thing that a call changes.
func (e Effect) subject(input map[string]any) string {
	return inputName.ReplaceAllStringFunc(e.What, func(name string) string {
		switch v := input[strings.Trim(name, "{}")].(type) {
		case nil:
			return "?"
		case []any:
			return strings.Trim(fmt.Sprint(v...), "[]")
		default:
			return fmt.Sprint(v)
		}
	})
}

// after gives the settings that the call gives the thing.
func (e Effect) after(input map[string]any) map[string]any {
	set := map[string]any{}
	for name, value := range e.Sets {
		if at, ok := value.(string); ok && strings.HasPrefix(at, "$.") {
			if value, ok = find(input, at); !ok {
				continue // the call leaves it as it is
			}
		}
		set[name] = value
	}
	return set
}

// find gives what a path leads to; an empty path leads to the whole.
func find(value any, at string) (any, bool) {
	if at == "" {
		return value, value != nil
	}
	p, err := jsonpath.Compile(at)
	if err != nil {
		return nil, false // which the linter refuses
	}
	return p.Select(value)
}

// list gives what a path leads to as a list.
func list(value any, at string) []any {
	found, _ := find(value, at)
	switch v := found.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}
