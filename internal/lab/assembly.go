package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"hubmend/internal/cfn"
)

// assembly is what `cdk synth` wrote.
type assembly struct {
	dir    string
	assets map[string]string // object key to path
}

func openAssembly(dir string) (*assembly, error) {
	manifests, err := filepath.Glob(filepath.Join(dir, "*.assets.json"))
	if err == nil && len(manifests) == 0 {
		err = errors.New("no synthesized templates are there; run `make synth`")
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	a := &assembly{dir: dir, assets: map[string]string{}}
	for _, file := range manifests {
		if err := a.addAssets(file); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
	}
	return a, nil
}

func (a *assembly) addAssets(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var manifest struct {
		Files map[string]struct {
			Source       struct{ Path string }
			Destinations map[string]struct{ ObjectKey string }
		}
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return err
	}
	for _, f := range manifest.Files {
		for _, d := range f.Destinations {
			a.assets[d.ObjectKey] = filepath.Join(a.dir, f.Source.Path)
		}
	}
	return nil
}

// asset gives the file or folder that CDK uploads under an object key.
func (a *assembly) asset(key string) (string, error) {
	path, ok := a.assets[key]
	if !ok {
		return "", fmt.Errorf("no asset of %s has the object key %q", a.dir, key)
	}
	return path, nil
}

// template reads the template of a stack.
func (a *assembly) template(stack string) (*cfn.Template, error) {
	return readTemplate(filepath.Join(a.dir, stack+".template.json"))
}

// templateAt reads the template that a Service Catalog product is loaded from.
func (a *assembly) templateAt(url string) (*cfn.Template, error) {
	path, err := a.asset(url[strings.LastIndex(url, "/")+1:])
	if err != nil {
		return nil, err
	}
	return readTemplate(path)
}

func readTemplate(path string) (*cfn.Template, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no template %s; run `make synth`", path)
	}
	if err != nil {
		return nil, err
	}
	t, err := cfn.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return t, nil
}
