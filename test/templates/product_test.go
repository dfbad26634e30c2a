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
	"hubmend/internal/engine/control"
	"hubmend/servicecatalog/portfolio"
)

func product(t *testing.T, p catalog.Playbook) template {
	t.Helper()
	for _, found := range templates.products() {
		if strings.Contains(found.Description, p.Name+",") {
			return found
		}
	}
	t.Fatalf("no product template for %s", p.ID)
	return template{}
}

func eachGroup(t *testing.T, check func(*testing.T, template, catalog.Playbook, catalog.Group)) {
	for _, p := range data.Playbooks {
		for _, g := range p.Groups {
			t.Run(p.ID+"/"+g.ID, func(t *testing.T) {
				t.Parallel()
				check(t, product(t, p), p, g)
			})
		}
	}
}

func TestPortfolioOffersEveryPlaybook(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	for _, p := range data.Playbooks {
		stack.one(t, "AWS::ServiceCatalog::CloudFormationProduct", "Name", p.Name)
	}
	products := len(stack.all("AWS::ServiceCatalog::CloudFormationProduct"))
	if got := len(stack.all("AWS::ServiceCatalog::PortfolioProductAssociation")); got != products ||
		got != len(data.Playbooks) {
		t.Errorf("%d products in the portfolio, %d products, want %d of both", got, products, len(data.Playbooks))
	}
}

func TestGroupParameterStartsDisabled(t *testing.T) {
	t.Parallel()
	eachGroup(t, func(t *testing.T, tmpl template, _ catalog.Playbook, g catalog.Group) {
		p := tmpl.Parameters[g.Parameter()]
		if p["Default"] != "DISABLED" || !cmp.Equal(p["AllowedValues"], []any{"ENABLED", "DISABLED"}) {
			t.Errorf("parameter %s = %v", g.Parameter(), p)
		}
		if text, _ := p["Description"].(string); !strings.Contains(text, g.Description) {
			t.Errorf("the description %q does not say what the group does", text)
		}
		form := tmpl.Metadata["AWS::CloudFormation::Interface"]
		var headings []string
		for _, section := range list(at(form, "ParameterGroups")) {
			if slices.Contains(list(at(section, "Parameters")), any(g.Parameter())) {
				heading, _ := at(section, "Label", "default").(string)
				headings = append(headings, heading)
			}
		}
		service, _, _ := strings.Cut(g.Controls[0], ".")
		if len(headings) != 1 || len(g.Controls) == 1 && !g.Separate && !strings.HasPrefix(headings[0], service+":") {
			t.Errorf("the launch form shows the parameter under %q", headings)
		}
		if got, _ := at(form, "ParameterLabels", g.Parameter(), "default").(string); !strings.HasPrefix(got, g.Title) {
			t.Errorf("label = %v, want %s", got, g.Title)
		}
	})
}

func TestCustomActionsAlwaysWork(t *testing.T) {
	t.Parallel()
	for _, p := range data.Playbooks {
		tmpl := product(t, p)
		for _, a := range p.CustomActions() {
			checkCustomAction(t, tmpl, p, a)
		}
		if got := len(tmpl.all("Custom::HubmendCustomAction")); got != len(p.CustomActions()) {
			t.Errorf("%s has %d custom actions, want %d", p.ID, got, len(p.CustomActions()))
		}
	}
}

func checkCustomAction(t *testing.T, tmpl template, p catalog.Playbook, a control.CustomAction) {
	t.Helper()
	action := tmpl.one(t, "Custom::HubmendCustomAction", "Id", a.ID)
	description := "Remediates the finding, of any control of " + p.Name + " that Hubmend can remediate."
	if g, ok := p.Group(a.ID); ok {
		description = g.Description
	}
	want := object{
		"ServiceToken": local("lambda:function:hubmend-custom-action"), "ServiceTimeout": "120",
		"Id": a.ID, "Name": a.Name, "Description": description,
	}
	if diff := cmp.Diff(want, action.Properties); diff != "" {
		t.Errorf("custom action (-want +got):\n%s", diff)
	}
	rule := tmpl.one(t, "AWS::Events::Rule", "Name", "hubmend-"+a.ID+"-custom-action")
	if rule.Properties["State"] != "ENABLED" {
		t.Errorf("State = %v, want ENABLED", rule.Properties["State"])
	}
	if got := list(at(rule.Properties, "EventPattern", "detail-type")); !cmp.Equal(got,
		[]any{"Security Hub Findings - Custom Action", "Security Hub Insight Results"}) {
		t.Errorf("the rule matches %v", got)
	}
	id, _ := at(rule.Properties, "EventPattern", "resources", 0, "Ref").(string)
	if tmpl.Resources[id].Properties["Id"] != a.ID {
		t.Errorf("the rule listens to %q, which is not the action", id)
	}
	checkTarget(t, rule)
}

func TestGroupParameterSwitchesImportedFindings(t *testing.T) {
	t.Parallel()
	eachGroup(t, func(t *testing.T, tmpl template, p catalog.Playbook, g catalog.Group) {
		if !g.Separate {
			return
		}
		rule := tmpl.one(t, "AWS::Events::Rule", "Name", "hubmend-"+g.ID+"-imported")
		if diff := cmp.Diff(any(ref(g.Parameter())), rule.Properties["State"]); diff != "" {
			t.Errorf("State (-want +got):\n%s", diff)
		}
		var ids, generators []any
		for _, id := range g.Controls {
			c, _ := data.ByID(id)
			ids = append(ids, object{"equals-ignore-case": id})
			generators = append(generators, object{"equals-ignore-case": "security-control/" + id})
			for _, standard := range slices.Sorted(maps.Keys(c.Frameworks)) {
				if standard == p.Framework || standard == "pci-dss/v/3.2.1" {
					generators = append(generators, generatorOf(standard, c.Frameworks[standard]))
				}
			}
		}
		want := object{
			"source": []any{"aws.securityhub"}, "detail-type": []any{"Security Hub Findings - Imported"},
			"detail": object{"findings": object{
				"ProductArn":  []any{object{"suffix": "::product/aws/securityhub"}},
				"RecordState": []any{"ACTIVE"},
				"Workflow":    object{"Status": []any{"NEW"}},
				"Compliance":  object{"Status": []any{"FAILED"}},
				"$or": []any{object{"Compliance": object{"SecurityControlId": ids}},
					object{"GeneratorId": generators}},
			}},
		}
		if diff := cmp.Diff(any(want), rule.Properties["EventPattern"]); diff != "" {
			t.Errorf("EventPattern (-want +got):\n%s", diff)
		}
		checkTarget(t, rule)
	})
}

// A control of a group that is not separate is in exactly one shared rule, on the condition that its group is ENABLED.
func TestGroupParameterSwitchesControls(t *testing.T) {
	t.Parallel()
	for _, p := range data.Playbooks {
		tmpl := product(t, p)
		matched := map[string]int{}
		for _, rule := range tmpl.all("AWS::Events::Rule") {
			name, _ := rule.Properties["Name"].(string)
			if !strings.HasPrefix(name, "hubmend-"+p.ID+"-imported-") {
				continue
			}
			ids := list(at(rule.Properties, "EventPattern", "detail", "findings", "Compliance", "SecurityControlId"))
			if rule.Properties["State"] != "ENABLED" || len(ids) < 2 || ids[0] != "no control" {
				t.Errorf("%s: %v, %v", name, rule.Properties["State"], ids)
			}
			for _, id := range ids[1:] {
				branch := list(at(id, "Fn::If"))
				condition, _ := branch[0].(string)
				control, _ := at(branch[1], "equals-ignore-case").(string)
				g, _ := p.GroupOf(control)
				equals := object{"Fn::Equals": []any{ref(g.Parameter()), "ENABLED"}}
				if diff := cmp.Diff(any(equals), tmpl.Conditions[condition]); diff != "" ||
					!cmp.Equal(branch[2], any(ref("AWS::NoValue"))) {
					t.Errorf("%s: %s (-want +got):\n%s", name, control, diff)
				}
				matched[control]++
			}
			checkTarget(t, rule)
		}
		for _, g := range p.Groups {
			for _, id := range g.Controls {
				if want := map[bool]int{false: 1}[g.Separate]; matched[id] != want {
					t.Errorf("%s: %s is in %d shared rules, want %d", p.ID, id, matched[id], want)
				}
			}
		}
	}
}

// The new Security Hub sends its own event about each finding. A control is in exactly one rule for new ones, on the
// condition that its group is ENABLED, and in one for those that are In Progress, whatever its group says.
func TestFindingsOfTheNewSecurityHub(t *testing.T) {
	t.Parallel()
	for _, p := range data.Playbooks {
		tmpl := product(t, p)
		imported, inProgress := map[string]int{}, map[string]int{}
		for _, rule := range tmpl.all("AWS::Events::Rule") {
			name, _ := rule.Properties["Name"].(string)
			controls := list(at(rule.Properties, "EventPattern", "detail", "findings", "compliance", "control"))
			switch {
			case strings.HasPrefix(name, "hubmend-"+p.ID+"-v2-imported-"):
				checkV2Rule(t, rule, 1, "ENABLED")
				for _, id := range controls[1:] {
					branch := list(at(id, "Fn::If"))
					control, _ := at(branch[1], "equals-ignore-case").(string)
					g, _ := p.GroupOf(control)
					equals := object{"Fn::Equals": []any{ref(g.Parameter()), "ENABLED"}}
					condition, _ := branch[0].(string)
					if diff := cmp.Diff(any(equals), tmpl.Conditions[condition]); diff != "" {
						t.Errorf("%s: %s (-want +got):\n%s", name, control, diff)
					}
					imported[control]++
				}
			case strings.HasPrefix(name, "hubmend-"+p.ID+"-v2-in-progress-"):
				checkV2Rule(t, rule, 2, ref(catalog.InProgress))
				for _, id := range controls {
					control, _ := at(id, "equals-ignore-case").(string)
					inProgress[control]++
				}
			}
		}
		for _, id := range p.Guides {
			if imported[id] != 0 || inProgress[id] != 1 {
				t.Errorf("%s: %s, which has no runbook, is in %d rules for new findings and in %d for In Progress",
					p.ID, id, imported[id], inProgress[id])
			}
		}
		for _, g := range p.Groups {
			for _, id := range g.Controls {
				if imported[id] != 1 || inProgress[id] != 1 {
					t.Errorf("%s: %s is in %d rules for new findings and in %d for In Progress, want 1 each", p.ID, id,
						imported[id], inProgress[id])
				}
			}
		}
	}
}

func checkV2Rule(t *testing.T, rule resource, status float64, state any) {
	t.Helper()
	pattern := allEnabled(rule.Properties["EventPattern"])
	want := object{
		"source": []any{"aws.securityhub"}, "detail-type": []any{"Findings Imported V2"},
		"detail": object{"findings": object{
			"class_uid":   []any{2003.0},
			"activity_id": []any{object{"anything-but": 3.0}},
			"status_id":   []any{status},
			"metadata":    object{"product": object{"uid": []any{object{"suffix": "::productv2/aws/securityhub"}}}},
			"compliance": object{"status_id": []any{3.0},
				"control": at(pattern, "detail", "findings", "compliance", "control")},
		}},
	}
	if diff := cmp.Diff(any(want), pattern); diff != "" {
		t.Errorf("EventPattern of %v (-want +got):\n%s", rule.Properties["Name"], diff)
	}
	if diff := cmp.Diff(state, rule.Properties["State"]); diff != "" {
		t.Errorf("State of %v (-want +got):\n%s", rule.Properties["Name"], diff)
	}
	checkTarget(t, rule)
}

// The status In Progress starts remediations of groups that are DISABLED too, so nobody may turn it on by mistake.
func TestInProgressStartsNothingAtFirst(t *testing.T) {
	t.Parallel()
	for _, p := range data.Playbooks {
		tmpl := product(t, p)
		parameter := tmpl.Parameters[catalog.InProgress]
		if text, _ := parameter["Description"].(string); parameter["Default"] != "DISABLED" ||
			!strings.Contains(text, "also for control groups that are DISABLED") {
			t.Errorf("%s: parameter %v", p.ID, parameter)
		}
		form := tmpl.Metadata["AWS::CloudFormation::Interface"]
		sections := list(at(form, "ParameterGroups"))
		last := sections[len(sections)-1]
		heading, _ := at(last, "Label", "default").(string)
		if !cmp.Equal(list(at(last, "Parameters")), []any{catalog.InProgress}) ||
			!strings.Contains(heading, "also for groups that are DISABLED") {
			t.Errorf("%s: the last section of the launch form is %v", p.ID, last)
		}
	}
}

// allEnabled replaces each Fn::If by the value for a group that is ENABLED.
func allEnabled(value any) any {
	switch value := value.(type) {
	case object:
		if branch := list(value["Fn::If"]); branch != nil {
			return allEnabled(branch[1])
		}
		all := object{}
		for name, part := range value {
			all[name] = allEnabled(part)
		}
		return all
	case []any:
		all := make([]any, len(value))
		for i, part := range value {
			all[i] = allEnabled(part)
		}
		return all
	}
	return value
}

func generatorOf(framework, rule string) any {
	if framework == "cis-aws-foundations-benchmark/v/1.2.0" {
		return object{"suffix": framework + "/rule/" + rule} // of an ARN, whose partition varies
	}
	return framework + "/" + rule
}

func checkTarget(t *testing.T, rule resource) {
	t.Helper()
	want := []any{object{
		"Id": "findings", "Arn": local("sqs:hubmend-findings"),
		"DeadLetterConfig": object{"Arn": local("sqs:hubmend-findings-dlq")},
		"RetryPolicy":      object{"MaximumEventAgeInSeconds": 86400.0, "MaximumRetryAttempts": 185.0},
	}}
	if diff := cmp.Diff(any(want), rule.Properties["Targets"]); diff != "" {
		t.Errorf("Targets (-want +got):\n%s", diff)
	}
}

// All playbooks may be launched in one account, which has room for 300 rules and 50 custom actions. The limits here
// leave most of it to others.
func TestAllPlaybooksTogetherFit(t *testing.T) {
	t.Parallel()
	rules, actions := 0, 0
	for _, p := range data.Playbooks {
		tmpl := product(t, p)
		rules += len(tmpl.all("AWS::Events::Rule"))
		actions += len(tmpl.all("Custom::HubmendCustomAction"))
		if n := len(tmpl.Parameters); n > 150 {
			t.Errorf("%s has %d parameters, more than 150", p.ID, n)
		}
	}
	if rules > 100 || actions > 25 {
		t.Errorf("%d rules and %d custom actions, more than 100 and 25", rules, actions)
	}
}

// EventBridge counts the pattern with its references filled in, and every group may be ENABLED.
func TestPatternsFitEventBridge(t *testing.T) {
	t.Parallel()
	longest := strings.NewReplacer("${AWS::Partition}", "aws-us-gov", "${AWS::Region}", "ap-southeast-1",
		"${AWS::AccountId}", "123456789012")
	for name, tmpl := range templates {
		for _, rule := range tmpl.all("AWS::Events::Rule") {
			text, err := json.Marshal(allEnabled(rule.Properties["EventPattern"]))
			if err != nil {
				t.Fatal(err)
			}
			if n := len(longest.Replace(string(text))); n > portfolio.PatternLimit {
				t.Errorf("%s: the pattern of %v has %d characters, more than %d", name, rule.Properties["Name"], n,
					portfolio.PatternLimit)
			}
		}
	}
}
