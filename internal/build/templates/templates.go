// Package templates manages the synthesized templates in the repository's folder templates/, similar to snapshots of
// CDK projects.
//
// They load function code and other templates from one bucket, with names without a hash, so they change only if the
// template itself changes. The lab deploys these files, `make dist` publishes them, and a reviewer sees how a change
// affects them. The package must not import the CDK.
package templates

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hubmend/servicecatalog/versions"
)

// Folder is the path of the templates in the repository.
const Folder = "templates"

// Suffix is the end of a template's file name.
const Suffix = ".template.json"

// Code is the folder in the bucket with functions and nested templates.
const Code = "assets/"

// CodeBucket and CodePrefix are the parameters of a template that uses files in the bucket.
const (
	CodeBucket = "CodeBucket"
	CodePrefix = "CodePrefix"
)

// Of returns the content of all files for the folder by name: the templates of the stacks from the output of `cdk
// synth`, and the product template of each playbook. It receives the playbooks' versions by id.
func Of(assembly string, playbooks map[string]string) (map[string][]byte, error) {
	a, err := open(assembly)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", assembly, err)
	}
	files := map[string][]byte{}
	for _, stack := range a.stacks {
		if files[stack.name+Suffix], err = a.rewritten(stack); err != nil {
			return nil, fmt.Errorf("rewrite the template of %s: %w", stack.name, err)
		}
	}
	for id, version := range playbooks {
		// The synth has checked that it is what the app makes of the playbook now.
		if files[Product(id)], err = versions.Read(versions.Files, versions.File(id, version)); err != nil {
			return nil, fmt.Errorf("read the product template: %w", err)
		}
	}
	return files, nil
}

// Product returns the file name of a playbook's product template.
func Product(playbook string) string { return playbook + ".product" + Suffix }

// Differences returns messages about the files of a folder with unexpected content, sorted by name.
func Differences(folder string, want map[string][]byte) ([]string, error) {
	there, err := filepath.Glob(filepath.Join(folder, "*"+Suffix))
	if err != nil {
		return nil, err
	}
	var differ []string
	for _, file := range there {
		if _, wanted := want[filepath.Base(file)]; !wanted {
			differ = append(differ, filepath.Base(file)+" is no longer synthesized")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		text, err := os.ReadFile(filepath.Join(folder, name)) //nolint:gosec // the repository's own folder
		switch {
		case os.IsNotExist(err):
			differ = append(differ, name+" is missing")
		case err != nil:
			return nil, err
		case !bytes.Equal(text, want[name]):
			differ = append(differ, name+" is not what `cdk synth` gives")
		}
	}
	return differ, nil
}

// Write replaces the templates of a folder.
func Write(folder string, files map[string][]byte) error {
	there, err := filepath.Glob(filepath.Join(folder, "*"+Suffix))
	if err != nil {
		return err
	}
	for _, file := range there {
		if _, kept := files[filepath.Base(file)]; !kept {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	for name, text := range files {
		//nolint:gosec // part of the repository
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Referred returns a template that other templates load from the bucket, by its name below Code: a stack's template in
// the folder, or that of a playbook's version.
func Referred(folder fs.FS, name string) ([]byte, error) {
	text, err := fs.ReadFile(folder, name)
	if err == nil || !strings.Contains(name, "/") {
		return text, err
	}
	return versions.Read(versions.Files, name)
}
