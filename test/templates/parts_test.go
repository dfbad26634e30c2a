package templates_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
	"hubmend/internal/catalog"
	"hubmend/servicecatalog"
	ssmdocuments "hubmend/ssm-documents"
	"hubmend/test/assembly"
)

// parted are the templates of a catalog whose last two runbooks are in a second part.
var parted synthesized

// further are these two.
var further []string

// part synthesizes them.
func part(dir, functions string) error {
	documents, err := copied(ssmdocuments.Files)
	if err != nil {
		return err
	}
	for _, r := range catalog.Embedded().Runbooks[len(catalog.Embedded().Runbooks)-2:] {
		further = append(further, r.Name)
	}
	text := string(documents["parts.yaml"].Data)
	for _, name := range further {
		text = strings.Replace(text, name+": 1\n", name+": 2\n", 1)
	}
	documents["parts.yaml"] = &fstest.MapFile{Data: []byte(text)}
	divided, err := catalog.Load(documents, servicecatalog.Files)
	if err != nil {
		return err
	}
	out := filepath.Join(dir, "parted")
	stacks, err := app.New(&app.Props{Catalog: divided, Functions: functions, Out: &out})
	if err != nil {
		return err
	}
	stacks.Synth(nil)
	parted, err = load(out)
	return err
}

// A part is a pair of stacks with the documents and the roles of its runbooks and nothing else.
func TestSecondPartHasItsRunbooksOnly(t *testing.T) {
	t.Parallel()
	var want []string
	for _, name := range further {
		want = append(want, "hubmend-"+name)
	}
	for stack, of := range map[string]struct {
		kind, property string
		shared         int // resources that the roles of a part share
	}{
		app.MemberRoles: {"AWS::IAM::Role", "RoleName", 1}, app.MemberRunbooks: {"AWS::SSM::Document", "Name", 0},
	} {
		second := parted[stack+"-2"]
		var got []string
		for _, r := range second.all(of.kind) {
			got = append(got, r.Properties[of.property].(string))
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" || len(second.Resources) != len(got)+of.shared {
			t.Errorf("%s-2 has %d resources, (-want +got):\n%s", stack, len(second.Resources), diff)
		}
		for name, p := range second.Parameters { // a StackSet of a further part gives none
			if p["Default"] == nil {
				t.Errorf("%s-2 has the parameter %s without a default", stack, name)
			}
		}
		if n, whole := len(parted[stack].Resources), len(templates[stack].Resources); n != whole-len(further) {
			t.Errorf("%s has %d resources, want %d", stack, n, whole-len(further))
		}
		for _, name := range want {
			if strings.Contains(parted[stack].Text, `"`+name+`"`) {
				t.Errorf("%s has %s too", stack, name)
			}
		}
	}
}

// Each part is rolled out by its own pair of StackSets, whose runbooks wait for the roles of the part.
func TestEachPartIsRolledOut(t *testing.T) {
	t.Parallel()
	stack := parted[app.Rollout]
	if n := len(stack.all(stackSet)); n != 4 {
		t.Fatalf("%d StackSets, want 4", n)
	}
	for _, name := range []string{app.MemberRoles + "-2", app.MemberRunbooks + "-2"} {
		set := stack.one(t, stackSet, "StackSetName", name)
		if parameters := list(set.Properties["Parameters"]); len(parameters) != 0 {
			t.Errorf("%s is given %v, which its template does not ask for", name, parameters)
		}
	}
	var waits []any
	assembly.Walk(stack.one(t, stackSet, "StackSetName", app.MemberRunbooks+"-2").Properties["AutoDeployment"],
		func(o object) {
			waits = append(waits, list(o["DependsOn"])...)
		})
	if len(waits) != 1 || !strings.HasSuffix(lastRef(waits[0]), "MemberRoles2") {
		t.Errorf("the second runbooks wait for %v, want the second roles", waits)
	}
}

// lastRef is the resource whose name ends an ARN.
func lastRef(v any) string {
	parts := list(at(v, "Fn::Join", 1))
	if len(parts) == 0 {
		return ""
	}
	name, _ := at(parts[len(parts)-1], "Ref").(string)
	return name
}
