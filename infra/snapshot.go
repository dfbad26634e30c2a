package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/Masterminds/semver/v3"

	"hubmend/infra/restricted"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
	"hubmend/servicecatalog/portfolio"
	"hubmend/servicecatalog/versions"
)

// playbooks is the folder of the playbooks' files, relative to the top of the repository.
const playbooks = "servicecatalog"

// snapshots is the folder of released product templates, relative to the top of the repository.
const snapshots = "servicecatalog/versions"

// snapshotCommand writes the templates of versions that are not released yet, instead of refusing them. A product that
// changed gets the next minor version.
const snapshotCommand = "snapshot"

// checkVersions compares the product templates in a folder with the released ones. A product that changed without a new
// version is an error, because a version that people launched must stay the same.
func checkVersions(dir string, products []catalog.Playbook) error {
	var errs []error
	for _, p := range products {
		text, err := synthesized(dir, p)
		if err != nil {
			return fmt.Errorf("read the synthesized product: %w", err)
		}
		if slices.Contains(os.Args[1:], snapshotCommand) {
			err = release(p, text)
		} else {
			err = versions.Check(versions.Files, p.ID, p.Version, text)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// synthesized finds the template of a playbook in a folder.
func synthesized(dir string, p catalog.Playbook) ([]byte, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.product.template.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var template struct{ Description string }
		if err := json.Unmarshal(text, &template); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if template.Description == portfolio.Description(p) {
			return text, nil
		}
	}
	return nil, fmt.Errorf("none of the %d templates in %s is that of %s %s", len(files), dir, p.ID, p.Version)
}

// raise gives a playbook the next minor version, in its file and in its template.
func raise(p *catalog.Playbook, template []byte) ([]byte, error) {
	version, err := semver.StrictNewVersion(p.Version)
	if err != nil {
		return nil, fmt.Errorf("%s.yaml: version: %w", p.ID, err)
	}
	file := filepath.Join(playbooks, p.ID+".yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	was := *p
	p.Version = version.IncMinor().String()
	text = bytes.Replace(text, []byte("\nversion: "+was.Version+"\n"), []byte("\nversion: "+p.Version+"\n"), 1)
	if err := os.WriteFile(file, text, 0o644); err != nil { //nolint:gosec // part of the repository
		return nil, err
	}
	fmt.Println("raised", file, "to", p.Version)
	return bytes.Replace(template, []byte(portfolio.Description(was)), []byte(portfolio.Description(*p)), 1), nil
}

// release writes the template of a version that has none. A released template stays, because people may have launched
// it.
func release(p catalog.Playbook, text []byte) error {
	if naming.Prefix != naming.Mark {
		return fmt.Errorf("a released product must not have a name prefix: remove namePrefix from %s",
			restricted.ContextKey)
	}
	released, err := versions.Of(versions.Files, p.ID)
	if err != nil {
		return err
	}
	if slices.Contains(released, p.Version) {
		if versions.Check(versions.Files, p.ID, p.Version, text) == nil {
			return nil
		}
		if text, err = raise(&p, text); err != nil {
			return err
		}
	}
	file := filepath.Join(snapshots, versions.File(p.ID, p.Version))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	fmt.Println("wrote", file)
	return os.WriteFile(file, text, 0o644) //nolint:gosec // part of the repository
}
