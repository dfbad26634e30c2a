package templates_test

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
	"hubmend/infra/member"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
	"hubmend/servicecatalog"
	ssmdocuments "hubmend/ssm-documents"
)

// edited are the runbooks with a change in the text of one.
var edited template

// thought is what the text has more.
const thought = "One more thought: "

// first is the first runbook that is a program.
func first() catalog.Runbook {
	return data.Runbooks[slices.IndexFunc(data.Runbooks, func(r catalog.Runbook) bool { return !r.IsSetting() })]
}

// edit synthesizes them.
func edit(dir string) error {
	documents, err := copied(ssmdocuments.Files)
	if err != nil {
		return err
	}
	file := documents["programs/"+first().Name+".yaml"]
	// what describes the repair, and not its undo
	file.Data = bytes.Replace(file.Data, []byte("###"), []byte("### "+thought), 1)
	changed, err := catalog.Load(documents, servicecatalog.Files)
	if err != nil {
		return err
	}
	out := filepath.Join(dir, "edited")
	stacks := awscdk.NewApp(&awscdk.AppProps{Outdir: &out})
	member.NewRunbooksStack(stacks, jsii.String(app.MemberRunbooks),
		&member.StackProps{Catalog: changed, Part: changed.Parts()[0]})
	stacks.Synth(nil)
	loaded, err := load(out)
	edited = loaded[app.MemberRunbooks]
	return err
}

// A document has a fixed name, so CloudFormation could not replace it. A changed text must
// be an update of the same resource, and a new version; and it must touch nothing else.
func TestChangedRunbookIsANewVersion(t *testing.T) {
	t.Parallel()
	changed := first()
	before := templates[app.MemberRunbooks]
	if diff := cmp.Diff(slices.Sorted(maps.Keys(before.Resources)),
		slices.Sorted(maps.Keys(edited.Resources))); diff != "" {
		t.Fatalf("resources (-before +after):\n%s", diff)
	}
	for id, was := range before.Resources {
		is := edited.Resources[id]
		if was.Properties["Name"] == naming.Document(changed.Name) {
			if !strings.Contains(fmt.Sprint(is.Properties["Content"]), thought) ||
				is.Properties["UpdateMethod"] != "NewVersion" {
				t.Errorf("%s: UpdateMethod %v, or not the new text", id, is.Properties["UpdateMethod"])
			}
			is.Properties = maps.Clone(is.Properties)
			is.Properties["Content"] = was.Properties["Content"]
		}
		if diff := cmp.Diff(was, is); diff != "" {
			t.Errorf("%s changes too (-before +after):\n%s", id, diff)
		}
	}
}
