package main

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hubmend/internal/build/compile"
	"hubmend/internal/build/templates"
	"hubmend/internal/engine/naming"
)

const (
	assembly = templates.Folder
	megabyte = 1 << 20
	kilobyte = 1000
	// The limits for the member templates together.
	mostResources, mostKilobytes = 300, 700
)

// template is what is counted of a template.
type template struct {
	Resources map[string]struct{ Type string }
}

// count returns how many resources of a type it has.
func (t template) count(kind string) int {
	n := 0
	for _, r := range t.Resources {
		if r.Type == kind {
			n++
		}
	}
	return n
}

// sizes weighs what is deployed.
func sizes(ctx context.Context) ([]measurement, error) {
	files, err := filepath.Glob(filepath.Join(assembly, "*.template.json"))
	if err == nil && len(files) == 0 {
		err = errors.New("no template is in " + assembly + "; run `make templates`")
	}
	if err != nil {
		return nil, err
	}
	var each []measurement
	var resources, bytes, roles, documents int
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var t template
		if err := json.Unmarshal(text, &t); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".template.json")
		each = append(each,
			measurement{What: name + ", resources", Value: float64(len(t.Resources))},
			measurement{What: name + ", template", Value: float64(len(text)), Unit: "bytes"},
		)
		if strings.HasPrefix(name, naming.MemberRolesStack) || strings.HasPrefix(name, naming.MemberRunbooksStack) {
			resources, bytes = resources+len(t.Resources), bytes+len(text)
			roles, documents = roles+t.count("AWS::IAM::Role"), documents+t.count("AWS::SSM::Document")
		}
	}
	functions, err := zips(ctx)
	if err != nil {
		return nil, err
	}
	total := []measurement{
		{What: "member templates, roles", Value: float64(roles)},
		{What: "member templates, documents", Value: float64(documents)},
		{What: "member templates, resources", Value: float64(resources), AtMost: mostResources},
		{What: "member templates", Value: float64(bytes) / kilobyte, Unit: "KB", AtMost: mostKilobytes},
	}
	return slices.Concat(functions, []measurement{{What: "templates", Value: float64(len(files))}}, each, total), nil
}

// zips weighs the code of each function as it is uploaded.
func zips(ctx context.Context) ([]measurement, error) {
	const functions = "build/lambdas"
	if err := compile.Functions(ctx, ".", functions, compile.Lambda); err != nil {
		return nil, err
	}
	folders, err := filepath.Glob(filepath.Join(functions, "*", compile.Binary))
	if err != nil {
		return nil, err
	}
	var all []measurement
	for _, file := range folders {
		folder := filepath.Dir(file)
		size, err := zipped(folder)
		if err != nil {
			return nil, fmt.Errorf("weigh function %s: %w", filepath.Base(folder), err)
		}
		all = append(all, measurement{What: "zip of " + naming.Prefix + filepath.Base(folder),
			Value: float64(size) / megabyte, Unit: "MB", AtMost: 8})
	}
	return all, nil
}

// zipped returns the size of a folder's zip file, which is not written anywhere.
func zipped(folder string) (int64, error) {
	var size counter
	w := zip.NewWriter(&size)
	err := errors.Join(w.AddFS(os.DirFS(folder)), w.Close())
	return int64(size), err
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

var _ io.Writer = (*counter)(nil)
