package templates_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
	"hubmend/servicecatalog/portfolio"
	"hubmend/servicecatalog/versions"
)

// handled are the calls that CloudFormation makes for each type in a product: to make, read,
// change and delete one, and to tag it as Service Catalog tags what it launches.
var handled = map[string][]string{
	"AWS::Events::Rule": {
		"events:PutRule", "events:PutTargets", "events:DescribeRule", "events:ListTargetsByRule",
		"events:RemoveTargets", "events:DeleteRule",
		"events:TagResource", "events:UntagResource", "events:ListTagsForResource",
	},
	"Custom::HubmendCustomAction": {"lambda:InvokeFunction"},
}

// The launch role may do what CloudFormation does for the types in the products, old versions
// included, and what Service Catalog does with their stacks; nothing else.
func TestLaunchRole(t *testing.T) {
	t.Parallel()
	want := map[string]bool{}
	for _, action := range []string{
		"cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:DeleteStack",
		"cloudformation:SetStackPolicy",
		"cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents", "cloudformation:TagResource",
		"cloudformation:CreateChangeSet", "cloudformation:DescribeChangeSet", "cloudformation:ListChangeSets",
		"cloudformation:ExecuteChangeSet", "cloudformation:DeleteChangeSet",
		"cloudformation:GetTemplateSummary", "cloudformation:ValidateTemplate", "s3:GetObject",
	} {
		want[action] = true
	}
	for name, tmpl := range launchable(t) {
		for id, r := range tmpl.Resources {
			if handled[r.Type] == nil {
				t.Errorf("%s: the launch role can do nothing with %s, which is %s", name, id, r.Type)
			}
			for _, action := range handled[r.Type] {
				want[action] = true
			}
		}
	}
	role := templates[app.Admin].one(t, "AWS::IAM::Role", "RoleName", naming.LaunchRole)
	got := map[string]bool{}
	var grants []string
	for _, s := range statements(t, role) {
		for _, action := range list(at(s, "Action")) {
			got[action.(string)] = true
		}
		grants = append(grants, at(s, "Sid").(string)+" on "+templates[app.Admin].named(at(s, "Resource")))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("actions (-needed +granted):\n%s", diff)
	}
	if diff := cmp.Diff([]string{
		"Stacks on cloudformation stack/SC-*", "Templates on *", "TemplateFiles on s3:::*/*",
		"Rules on events rule/hubmend-*", "CustomActions on lambda function:hubmend-custom-action",
	}, grants); diff != "" {
		t.Errorf("statements (-want +got):\n%s", diff)
	}
	for _, s := range statements(t, role) {
		tagged := at(s, "Condition", "StringEquals", "s3:ExistingObjectTag/servicecatalog:provisioning")
		if (at(s, "Action") == "s3:GetObject") != (tagged == "true") {
			t.Errorf("%v: condition %v", at(s, "Sid"), at(s, "Condition"))
		}
	}
	trusted := trust(object{"Service": "servicecatalog.amazonaws.com"}, object{
		"StringEquals": object{"aws:SourceAccount": ref("AWS::AccountId")},
		"ArnLike":      object{"aws:SourceArn": local("servicecatalog:*")},
	})
	if diff := cmp.Diff(trusted, role.Properties["AssumeRolePolicyDocument"]); diff != "" {
		t.Errorf("trust (-want +got):\n%s", diff)
	}
}

// launchable are all templates that can be launched: synthesized and released ones.
func launchable(t *testing.T) synthesized {
	t.Helper()
	all := templates.products()
	for _, p := range data.Playbooks {
		released, err := versions.Of(versions.Files, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range released {
			text, err := versions.Files.ReadFile(versions.File(p.ID, name))
			if err != nil {
				t.Fatal(err)
			}
			tmpl := template{Text: string(text)}
			if err := json.Unmarshal(text, &tmpl); err != nil {
				t.Fatal(err)
			}
			all[versions.File(p.ID, name)] = tmpl
		}
	}
	return all
}

func TestProductsAreLaunchedUnderTheRole(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	var constrained, associated []any
	for _, c := range stack.all("AWS::ServiceCatalog::LaunchRoleConstraint") {
		// By its name, so that it is the launcher's own role where the portfolio is shared.
		if c.Properties["RoleArn"] != nil ||
			stack.behind(c.Properties["LocalRoleName"]).Properties["RoleName"] != naming.LaunchRole {
			t.Errorf("launch constraint = %v", c.Properties)
		}
		constrained = append(constrained, c.Properties["ProductId"])
	}
	for _, a := range stack.all("AWS::ServiceCatalog::PortfolioProductAssociation") {
		associated = append(associated, a.Properties["ProductId"])
	}
	if diff := cmp.Diff(associated, constrained); diff != "" || len(constrained) != len(data.Playbooks) {
		t.Errorf("products with a launch role (-offered +constrained):\n%s", diff)
	}
}

// A product that changed without a new version gives people who launched the version something
// else under the same name.
func TestReleasedVersionsDoNotChange(t *testing.T) {
	t.Parallel()
	for _, p := range catalog.Embedded().Playbooks {
		if err := versions.Check(versions.Files, p.ID, p.Version, []byte(product(t, p).Text)); err != nil {
			t.Error(err)
		}
	}
}

func TestEveryReleasedVersionIsOffered(t *testing.T) {
	t.Parallel()
	for _, p := range data.Playbooks {
		want, err := versions.Of(versions.Files, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(want, p.Version) {
			want = append(want, p.Version)
		}
		var got []string
		urls := map[string]bool{}
		resource := templates[app.Admin].one(t, "AWS::ServiceCatalog::CloudFormationProduct", "Name", p.Name)
		for _, v := range list(resource.Properties["ProvisioningArtifactParameters"]) {
			got = append(got, at(v, "Name").(string))
			url, _ := at(v, "Info", "LoadTemplateFromURL", "Fn::Sub").(string)
			urls[url] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: versions, the latest last (-want +got):\n%s", p.ID, diff)
		}
		if len(urls) != len(got) || urls[""] {
			t.Errorf("%s: the templates are %v", p.ID, slices.Collect(maps.Keys(urls)))
		}
		// Service Catalog would else take old versions away from those who launched them.
		if resource.Properties["ReplaceProvisioningArtifacts"] != nil {
			t.Errorf("%s replaces its versions", p.ID)
		}
	}
}

// A custom action that moved to another logical id would be made by its new one and then
// deleted by its old one.
func TestActionsKeepTheirLogicalIDs(t *testing.T) {
	t.Parallel()
	ids := map[any]string{}
	for name, tmpl := range launchable(t) {
		for id, r := range tmpl.Resources {
			if r.Type != "Custom::HubmendCustomAction" {
				continue
			}
			action := r.Properties["Id"]
			if known := ids[action]; known != "" && known != id {
				t.Errorf("%s: the action %v is %s, and %s in another version", name, action, id, known)
			}
			ids[action] = id
		}
	}
	if len(ids) == 0 {
		t.Error("there are no custom actions")
	}
}

// The first thing that a second launch does is to be refused, in words that help.
func TestCustomActionIsFirst(t *testing.T) {
	t.Parallel()
	for _, p := range data.Playbooks {
		tmpl := product(t, p)
		for _, rule := range tmpl.all("AWS::Events::Rule") {
			name, _ := rule.Properties["Name"].(string)
			owner, _, imported := strings.Cut(strings.TrimPrefix(name, "hubmend-"), "-imported")
			if owner = strings.TrimSuffix(owner, "-v2"); owner == p.ID {
				owner = p.CustomAction.ID
			}
			first := list(rule.DependsOn)
			if imported && (len(first) != 1 || tmpl.Resources[first[0].(string)].Properties["Id"] != owner) {
				t.Errorf("%s depends on %v", name, first)
			}
		}
	}
}

func TestLaunchFormTellsTheRisk(t *testing.T) {
	t.Parallel()
	eachGroup(t, func(t *testing.T, tmpl template, p catalog.Playbook, g catalog.Group) {
		text, _ := tmpl.Parameters[g.Parameter()]["Description"].(string)
		risk := data.Risk(g)
		action := p.CustomAction.Name
		if g.Separate {
			action = g.Title
		}
		wants := []string{g.Description, "Risk: " + risk.Level + ".", `"` + action + `"`, "ENABLED: ", "DISABLED: "}
		for _, id := range g.Controls {
			c, _ := data.ByID(id)
			wants = append(wants, strings.TrimSpace(c.RiskReason))
			if len(g.Controls) > 1 || g.Separate {
				wants = append(wants, id+" ("+c.Frameworks[p.Framework]+")")
			}
			if c.Approval != "" {
				wants = append(wants, "wait for the custom action. "+c.Approval)
				continue
			}
			wants = append(wants, "Findings that are already open are remediated when Security Hub next checks them")
		}
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("the form does not say %q but %q", want, text)
			}
		}
		if n := len(text); n > portfolio.DescriptionLimit {
			t.Errorf("the description has %d characters, more than %d", n, portfolio.DescriptionLimit)
		}
	})
}

func TestProductTellsHowItIsSet(t *testing.T) {
	t.Parallel()
	eachGroup(t, func(t *testing.T, tmpl template, _ catalog.Playbook, g catalog.Group) {
		var outputs struct{ Outputs map[string]object }
		if err := json.Unmarshal([]byte(tmpl.Text), &outputs); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(any(ref(g.Parameter())), outputs.Outputs[g.State()]["Value"]); diff != "" {
			t.Errorf("output %s (-want +got):\n%s", g.State(), diff)
		}
	})
}
