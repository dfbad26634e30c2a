// Package templates_test checks what the CDK app synthesizes, as CloudFormation would
// read it. The app is built once, from the catalog and one playbook more, so that every
// test also shows that a playbook is nothing but data.
package templates_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/admin"
	"hubmend/infra/app"
	"hubmend/internal/catalog"
	"hubmend/servicecatalog"
	ssmdocuments "hubmend/ssm-documents"
)

var (
	data      *catalog.Catalog
	templates synthesized
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	defer jsii.Close()
	dir, err := os.MkdirTemp("", "hubmend-templates-*")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if data, err = extended(); err != nil {
		return 0, err
	}
	if folders := os.Getenv(restrictedFolders); folders != "" {
		out, functions, _ := strings.Cut(folders, ",")
		return 0, synthesizeRestricted(out, functions)
	}
	functions := filepath.Join(dir, "functions")
	for _, name := range admin.Functions() {
		if err := fake(filepath.Join(functions, name)); err != nil {
			return 0, err
		}
	}
	out := filepath.Join(dir, "cdk.out")
	stacks, err := app.New(&app.Props{Catalog: data, Functions: functions, Out: &out})
	if err != nil {
		return 0, err
	}
	stacks.Synth(nil)
	if templates, err = load(out); err != nil {
		return 0, err
	}
	if err := errors.Join(configure(dir), edit(dir), part(dir, functions), offerOne(dir, functions),
		restrict(context.Background(), dir, functions)); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// fake stands for a compiled function, which the templates know only by its hash.
func fake(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "bootstrap"), []byte(dir), 0o755) //nolint:gosec // stands for a program
}

// second is a framework that names generators the common way, not as an ARN.
const second = "a-second-standard/v/2.0.0"

// extended is the catalog with a second playbook of two groups, one control in each.
func extended() (*catalog.Catalog, error) {
	documents, err := copied(ssmdocuments.Files)
	if err != nil {
		return nil, err
	}
	playbooks, err := copied(servicecatalog.Files)
	if err != nil {
		return nil, err
	}
	var groups strings.Builder
	for i, id := range catalog.Embedded().Playbooks[0].Groups[0].Controls[:2] {
		file := documents["controls/"+id+".yaml"]
		file.Data = []byte(strings.Replace(string(file.Data), "frameworks:\n",
			"frameworks:\n  "+second+": S."+fmt.Sprint(i)+"\n", 1))
		fmt.Fprintf(&groups,
			"  - {id: Second%d, title: Second %d, description: Does it., controls: [%s], separate: true}\n", i, i, id)
	}
	playbooks["second.yaml"] = &fstest.MapFile{Data: []byte("id: second\nname: Second\nversion: 2.1.0\n" +
		"description: A second one.\nframework: " + second + "\ncustomAction: {id: Second, name: Second}\ngroups:\n" +
		groups.String())}
	return catalog.Load(documents, playbooks)
}

func copied(from fs.FS) (fstest.MapFS, error) {
	to := fstest.MapFS{}
	err := fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(from, name)
		to[name] = &fstest.MapFile{Data: text}
		return err
	})
	return to, err
}
