package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
)

// twoPlaybooks is a catalog with a playbook whose runbook passes a role to a service, and another playbook.
func twoPlaybooks(t *testing.T) *catalog.Catalog {
	t.Helper()
	second := strings.NewReplacer("X.1", "X.2", "CloseThing", "AlterThing", "some-standard", "other-standard")
	passing := strings.Replace(goodPermissions, "}\n", `, also: [{actions: ["iam:PassRole"], `+
		`resources: ["arn:${AWS::Partition}:iam::${AWS::AccountId}:role/hubmend-delivery"], `+
		`passedTo: x.amazonaws.com}]}`+"\n", 1)
	c, err := catalog.Load(files(map[string]string{
		"controls/X.2.yaml":        second.Replace(goodControl),
		"programs/AlterThing.py":   "alter",
		"programs/AlterThing.yaml": goodHeader,
		"permissions/x.yaml":       passing,
		"parts.yaml":               "CloseThing: 1\nUndoCloseThing: 1\nAlterThing: 2\nUndoAlterThing: 2\n",
		"playbooks/standard-2.yaml": strings.NewReplacer("standard-1", "standard-2", "some-standard", "other-standard",
			"S41", "O41", "S1", "S2", "X.1", "X.2").Replace(goodPlaybook),
	}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func names(runbooks []catalog.Runbook) []string {
	var all []string
	for _, r := range runbooks {
		all = append(all, r.Name)
	}
	return all
}

func TestOfferedHasWhatItsPlaybooksNeed(t *testing.T) {
	t.Parallel()
	c := twoPlaybooks(t)
	got, err := c.Offered([]string{"standard-2"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Playbooks) != 1 || got.Playbooks[0].ID != "standard-2" {
		t.Errorf("playbooks %+v", got.Playbooks)
	}
	if diff := cmp.Diff([]string{"AlterThing", "UndoAlterThing"}, names(got.Runbooks)); diff != "" {
		t.Errorf("runbooks (-want +got):\n%s", diff)
	}
	if len(got.Roles) != 1 {
		t.Errorf("roles %+v, want the one that a runbook passes", got.Roles)
	}
	if _, known := got.ByID("X.1"); !known || len(got.Controls) != 2 {
		t.Errorf("controls %+v, want all: findings of other controls are answered too", got.Controls)
	}
	if len(c.Runbooks) != 4 || len(c.Playbooks) != 2 {
		t.Error("the whole catalog was changed")
	}
}

func TestOfferedWithoutAPassedRole(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load(files(nil))
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Offered([]string{"standard-1"})
	if err != nil || len(got.Runbooks) != 2 || len(got.Roles) != 0 {
		t.Errorf("%d runbooks, roles %+v, %v", len(got.Runbooks), got.Roles, err)
	}
}

// The first part has what exists once, even if all its runbooks are those of playbooks that are not offered.
func TestOfferedKeepsTheParts(t *testing.T) {
	t.Parallel()
	got, err := twoPlaybooks(t).Offered([]string{"standard-2"})
	if err != nil {
		t.Fatal(err)
	}
	parts := got.Parts()
	if len(parts) != 2 || parts[0].Number != 1 || len(parts[0].Runbooks) != 0 || parts[1].Number != 2 ||
		len(parts[1].Runbooks) != 2 {
		t.Errorf("parts %+v", parts)
	}
}

// Each playbook alone gives members the runbooks of its own controls, and all together no more than the catalog has.
func TestEachPlaybookCanBeOfferedAlone(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	var all []string
	for _, p := range c.Playbooks {
		got, err := c.Offered([]string{p.ID})
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range p.Groups {
			for _, id := range g.Controls {
				control, _ := c.ByID(id)
				if _, ok := got.Runbook(control.Runbook); control.Runbook != "" && !ok {
					t.Errorf("%s: %s has no runbook", p.ID, id)
				}
			}
		}
		all = append(all, names(got.Runbooks)...)
	}
	slices.Sort(all)
	for _, name := range slices.Compact(all) {
		if _, ok := c.Runbook(name); !ok {
			t.Errorf("runbook %s is not the catalog's", name)
		}
	}
}
