package templates

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// assembly is the output of `cdk synth`.
type assembly struct {
	stacks []stack
	assets []asset
}

// stack is a stack of the app with its template file.
type stack struct{ name, file string }

// asset is a file or folder that the CDK would upload to the bootstrap bucket.
type asset struct {
	bucket, key string // as the templates have them
	name        string // that the app gave it, without a hash
}

// open reads the manifests of an assembly.
func open(dir string) (*assembly, error) {
	var manifest struct {
		Artifacts map[string]struct {
			Type       string
			Properties struct{ TemplateFile, File string }
		}
	}
	if err := readJSON(filepath.Join(dir, "manifest.json"), &manifest); err != nil {
		return nil, fmt.Errorf("%w; run `make synth`", err)
	}
	a := &assembly{}
	for _, id := range slices.Sorted(maps.Keys(manifest.Artifacts)) {
		switch artifact := manifest.Artifacts[id]; artifact.Type {
		case "aws:cloudformation:stack":
			a.stacks = append(a.stacks, stack{id, filepath.Join(dir, artifact.Properties.TemplateFile)})
		case "cdk:asset-manifest":
			if err := a.addAssets(dir, artifact.Properties.File); err != nil {
				return nil, err
			}
		}
	}
	if len(a.stacks) == 0 {
		return nil, errors.New("no stack found")
	}
	return a, nil
}

func (a *assembly) addAssets(dir, file string) error {
	var manifest struct {
		Files map[string]struct {
			DisplayName  string
			Source       struct{ Packaging string }
			Destinations map[string]struct{ BucketName, ObjectKey string }
		}
		DockerImages map[string]any
	}
	if err := readJSON(filepath.Join(dir, file), &manifest); err != nil {
		return err
	}
	if len(manifest.DockerImages) > 0 {
		return fmt.Errorf("%s has container images, which no bucket can hold", file)
	}
	for _, id := range slices.Sorted(maps.Keys(manifest.Files)) {
		f := manifest.Files[id]
		name := f.DisplayName
		if f.Source.Packaging == "zip" {
			name += ".zip"
		}
		for _, d := range f.Destinations {
			a.assets = append(a.assets, asset{d.BucketName, d.ObjectKey, name})
		}
	}
	return nil
}

func readJSON(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	return nil
}
