package templates_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
	"hubmend/infra/offer"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
)

// offered are the templates of a deployment that offers only the second playbook.
var offered synthesized

// offerOne synthesizes them.
func offerOne(dir, functions string) error {
	out := filepath.Join(dir, "offered")
	stacks, err := app.New(&app.Props{Catalog: data, Functions: functions, Out: &out,
		Context: &map[string]any{offer.ContextKey: []string{"second"}}})
	if err != nil {
		return err
	}
	stacks.Synth(nil)
	offered, err = load(out)
	return err
}

// A product is the same whatever else is offered, because its released versions must stay the same.
func TestPortfolioHasTheOfferedPlaybooksOnly(t *testing.T) {
	t.Parallel()
	products := offered[app.Admin].all("AWS::ServiceCatalog::CloudFormationProduct")
	if len(products) != 1 || products[0].Properties["Name"] != "Second" {
		t.Errorf("products %+v", products)
	}
	if len(offered.products()) != 1 {
		t.Errorf("%d product templates", len(offered.products()))
	}
	for name, product := range offered.products() {
		if diff := cmp.Diff(templates[name].Text, product.Text); diff != "" {
			t.Errorf("%s (-with all playbooks +alone):\n%s", name, diff)
		}
	}
}

// Members get the runbooks of the offered playbooks with their undos and roles, and what all runbooks need.
func TestMembersHaveTheOfferedRunbooksOnly(t *testing.T) {
	t.Parallel()
	i := slices.IndexFunc(data.Playbooks, func(p catalog.Playbook) bool { return p.ID == "second" })
	var documents []string
	for _, g := range data.Playbooks[i].Groups {
		for _, name := range data.RunbooksOf(g) {
			documents = append(documents, naming.Document(name))
		}
	}
	slices.Sort(documents)
	documents = slices.Compact(documents)
	if diff := cmp.Diff(documents,
		propertyOf(offered[app.MemberRunbooks].all("AWS::SSM::Document"), "Name")); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
	roles := append(documents, naming.DispatchRole, naming.SettleRole, naming.ForwardRole)
	slices.Sort(roles)
	if diff := cmp.Diff(roles, propertyOf(offered[app.MemberRoles].all("AWS::IAM::Role"), "RoleName")); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	if len(offered[app.MemberRunbooks].all("AWS::Events::Rule")) != 1 {
		t.Error("the rule that forwards outcomes is missing")
	}
}

// propertyOf lists a property of resources, sorted.
func propertyOf(resources []resource, property string) []string {
	var all []string
	for _, r := range resources {
		name, _ := r.Properties[property].(string)
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
