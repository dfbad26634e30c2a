package dist

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// assembly is what `cdk synth` wrote.
type assembly struct {
	stacks []stack
	assets []*asset
}

// stack is a stack of the app, with its template as a file.
type stack struct{ name, file string }

// asset is a file or folder that the CDK would upload to the bootstrap bucket.
type asset struct {
	bucket, key string // as the templates have them
	path        string
	zipped      bool
	title       string
	name        string // within the folder of assets
	used        bool   // some template refers to it
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
		return nil, errors.New("there is no stack")
	}
	return a, nil
}

func (a *assembly) addAssets(dir, file string) error {
	var manifest struct {
		Files map[string]struct {
			DisplayName  string
			Source       struct{ Path, Packaging string }
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
		for _, d := range f.Destinations {
			a.assets = append(a.assets, &asset{
				bucket: d.BucketName, key: d.ObjectKey, path: filepath.Join(dir, f.Source.Path), zipped: f.Source.Packaging == "zip",
				title: f.DisplayName, name: assetName(f.DisplayName, d.ObjectKey),
			})
		}
	}
	return nil
}

var unfit = regexp.MustCompile(`[^a-z0-9.]+`)

// assetName makes a name that a person recognizes and that is another one whenever the
// content is: CloudFormation does not look into a file whose name is the same.
func assetName(title, key string) string {
	title = unfit.ReplaceAllString(strings.ToLower(strings.TrimSuffix(title, " Template")), "-")
	hash, extension, _ := strings.Cut(key, ".")
	return strings.Trim(title+"-"+hash[:min(12, len(hash))], "-") + "." + extension
}

func (a *asset) content() ([]byte, error) {
	if a.zipped {
		return zipFolder(a.path)
	}
	return os.ReadFile(a.path)
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
