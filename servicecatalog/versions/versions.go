// Package versions has the product template of every released version of a playbook, as
// <playbook>/<version>.template.json. The product offers all of them, so that an old version can be kept or gone back
// to.
//
// A released template never changes. Check reports when the synthesized one would.
package versions

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"hubmend/internal/engine/naming"
)

// Files has the templates.
//
//go:embed */*.template.json
var Files embed.FS

// Suffix ends the name of a template's file.
const Suffix = ".template.json"

// Of lists the released versions of a playbook, the oldest first.
func Of(files fs.FS, playbook string) ([]string, error) {
	names, err := fs.Glob(files, playbook+"/*"+Suffix)
	if err != nil {
		return nil, fmt.Errorf("list versions of %s: %w", playbook, err)
	}
	var all []*semver.Version
	for _, name := range names {
		v, err := semver.StrictNewVersion(strings.TrimSuffix(path.Base(name), Suffix))
		if err != nil {
			return nil, fmt.Errorf("servicecatalog/versions/%s: the name is not <version>%s: %w", name, Suffix, err)
		}
		all = append(all, v)
	}
	slices.SortFunc(all, (*semver.Version).Compare)
	var texts []string
	for _, v := range all {
		texts = append(texts, v.String())
	}
	return texts, nil
}

// File is the name of the template of a version.
func File(playbook, version string) string { return playbook + "/" + version + Suffix }

// Read gives the template in a file, with the names of this deployment.
func Read(files fs.FS, name string) ([]byte, error) {
	text, err := fs.ReadFile(files, name)
	return naming.Own(text), err
}

// Check compares a synthesized template with the released one of the same version. The error says what to do if they
// differ, or if the version was never released.
func Check(files fs.FS, playbook, version string, synthesized []byte) error {
	newer, err := Of(files, playbook)
	if err != nil {
		return err
	}
	if len(newer) > 0 && semver.MustParse(newer[len(newer)-1]).GreaterThan(semver.MustParse(version)) {
		return fmt.Errorf("servicecatalog/%s.yaml: version %s is older than %s, which is released: raise `version:`",
			playbook, version, newer[len(newer)-1])
	}
	released, err := Read(files, File(playbook, version))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("servicecatalog/%s.yaml: version %s has no snapshot: run `make snapshot`, and commit "+
			"servicecatalog/versions/%s", playbook, version, File(playbook, version))
	}
	if err != nil {
		return fmt.Errorf("read snapshot: %w", err)
	}
	places, err := differences(released, synthesized)
	if err != nil {
		return fmt.Errorf("compare %s: %w", File(playbook, version), err)
	}
	if len(places) > 0 {
		return fmt.Errorf("servicecatalog/%s.yaml: the product changed, but not its version: `make snapshot` "+
			"raises it. "+
			"(If %s was never released, delete servicecatalog/versions/%s first.) It differs in %s",
			playbook, version, File(playbook, version), strings.Join(places, ", "))
	}
	return nil
}

// differences names the places where two templates differ, two levels deep: Resources.CIS22ImportedRule. The order of
// keys and white space do not matter.
func differences(a, b []byte) ([]string, error) {
	var one, two map[string]any
	if err := errors.Join(json.Unmarshal(a, &one), json.Unmarshal(b, &two)); err != nil {
		return nil, err
	}
	var places []string
	for _, section := range keys(one, two) {
		x, isX := one[section].(map[string]any)
		y, isY := two[section].(map[string]any)
		if !isX || !isY {
			if !reflect.DeepEqual(one[section], two[section]) {
				places = append(places, section)
			}
			continue
		}
		for _, name := range keys(x, y) {
			if !reflect.DeepEqual(x[name], y[name]) {
				places = append(places, section+"."+name)
			}
		}
	}
	return places, nil
}

// keys are those of either map, sorted.
func keys(a, b map[string]any) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}
