package catalog_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/prepared"
	"hubmend/internal/engine/target"
	"hubmend/servicecatalog"
	ssmdocuments "hubmend/ssm-documents"
)

// The tests in this file walk the data that the binaries carry; they name no control.

func embedded(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load(ssmdocuments.Files, servicecatalog.Files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const account, region = "222222222222", "eu-west-1"

// sampleParts are the parts of resource ids that a runbook's allowedPattern has an opinion on.
var sampleParts = map[string]string{
	"partition": "aws", "region": region, "account": account, "GroupId": "sg-0123456789abcdef0",
	"VpcId": "vpc-0123456789abcdef0", "InstanceId": "i-0123456789abcdef0", "NetworkAclId": "acl-0123456789abcdef0",
	"Identity": "user",
	"KeyId":    "0a1b2c3d-0000-4000-8000-000000000001",
}

// sampleID fills a control's resource.id as a real resource would.
func sampleID(c catalog.Control) string {
	return regexp.MustCompile(`\{([A-Za-z]+)[+*]?\}`).ReplaceAllStringFunc(c.Resource.ID, func(p string) string {
		if part, ok := sampleParts[strings.Trim(p, "{+*}")]; ok {
			return part
		}
		if strings.HasSuffix(p, "*}") {
			return "some/path/"
		}
		return "example"
	})
}

// sampleFindings are a control's findings in every shape: consolidated, and for each standard
// with and without the consolidated id. Without it, a number that the standard gives to several controls tells nothing.
func sampleFindings(t testing.TB, c catalog.Control) map[string]finding.Finding {
	t.Helper()
	parse := func(generator, idPart, controlID string) finding.Finding {
		text, err := json.Marshal(map[string]any{
			"Id":         "arn:aws:securityhub:" + region + ":" + account + ":" + idPart + "/finding/0a1b2c3d",
			"ProductArn": "arn:aws:securityhub:" + region + "::product/aws/securityhub", "GeneratorId": generator,
			"AwsAccountId": account, "Region": region, "UpdatedAt": "2026-03-01T10:00:00Z",
			"Compliance": map[string]string{"Status": "FAILED", "SecurityControlId": controlID},
			"Resources":  []map[string]string{{"Type": c.Resource.Type, "Id": sampleID(c)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		f, err := finding.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		return f
	}
	samples := map[string]finding.Finding{"consolidated": parse("security-control/"+c.ID, "security-control/"+c.ID,
		c.ID)}
	all := catalog.Embedded()
	own := prepared.Rules(slices.Concat(all.Controls, all.Guides))
	for standard := range c.Frameworks {
		for _, rule := range c.Numbers(standard) {
			idPart, name := "subscription/"+standard+"/"+rule, standard+" "+rule
			samples[name+" with id"] = parse(standard+"/"+rule, idPart, c.ID)
			if own[prepared.RuleKey(standard, rule)] == "" {
				continue
			}
			samples[name] = parse(standard+"/"+rule, idPart, "")
			samples[name+" as ruleset"] = parse("arn:aws:securityhub:::ruleset/"+standard+"/rule/"+rule, idPart, "")
		}
	}
	return samples
}

func TestEmbeddedFindingsFindTheirControl(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	for _, control := range c.Controls {
		var first target.Target
		for shape, f := range sampleFindings(t, control) {
			got, ok := c.Control(f)
			if !ok || got.ID != control.ID {
				t.Errorf("%s, %s: found %q", control.ID, shape, got.ID)
				continue
			}
			bound, parameters, err := got.Bind(f)
			if err != nil {
				t.Errorf("%s, %s: %v", control.ID, shape, err)
				continue
			}
			if first == (target.Target{}) {
				first = bound
			}
			if bound != first || bound.Account != account || bound.Runbook != control.Runbook {
				t.Errorf("%s, %s: target %s differs from %s", control.ID, shape, bound, first)
			}
			if want := map[bool]string{true: target.Global,
				false: region}[control.Scope == catalog.GlobalScope]; bound.Region != want {
				t.Errorf("%s, %s: Region %q, want %q", control.ID, shape, bound.Region, want)
			}
			checkParameters(t, c, control, parameters)
		}
	}
}

// checkParameters demands that Systems Manager would take what a finding binds to.
func checkParameters(t *testing.T, c *catalog.Catalog, control catalog.Control, parameters target.Parameters) {
	t.Helper()
	r, _ := c.Runbook(control.Runbook)
	for name, p := range parameters {
		declared, ok := r.Document.Parameters[name]
		if !ok {
			t.Errorf("%s: %s has no parameter %s", control.ID, r.Name, name)
			continue
		}
		for _, value := range p.Values {
			if declared.AllowedPattern != "" && !regexp.MustCompile(declared.AllowedPattern).MatchString(value) {
				t.Errorf("%s: %s = %q does not match %s", control.ID, name, value, declared.AllowedPattern)
			}
			if len(declared.AllowedValues) > 0 && !slices.Contains(declared.AllowedValues, value) {
				t.Errorf("%s: %s = %q is not one of %q", control.ID, name, value, declared.AllowedValues)
			}
		}
		if n := len(p.Values); p.List && (n < declared.MinItems || declared.MaxItems > 0 && n > declared.MaxItems) {
			t.Errorf("%s: %s has %d items, not %d to %d", control.ID, name, n, declared.MinItems, declared.MaxItems)
		}
	}
}

func TestEmbeddedControls(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	for i, control := range c.Controls {
		if i > 0 && catalog.Compare(c.Controls[i-1].ID, control.ID) >= 0 {
			t.Errorf("%s comes after %s", control.ID, c.Controls[i-1].ID)
		}
		if got, ok := c.ByID(control.ID); !ok || got.ID != control.ID {
			t.Errorf("ByID(%s) = %q, %t", control.ID, got.ID, ok)
		}
		if strings.TrimSpace(control.Title) != control.Title || strings.TrimSpace(control.Repair) != control.Repair {
			t.Errorf("%s: title or repair has spaces around it", control.ID)
		}
		if !strings.Contains(control.Resource.ID, "{account}") && control.Scope == catalog.Regional &&
			!strings.Contains(control.Resource.ID, ":s3:::") {
			t.Errorf("%s: resource.id does not fix the account", control.ID)
		}
		for _, p := range c.Playbooks {
			if control.Frameworks[p.Framework] != "" &&
				!slices.ContainsFunc(p.Groups,
					func(g catalog.Group) bool { return slices.Contains(g.Controls, control.ID) }) {
				t.Errorf("%s is not in the playbook of %s", control.ID, p.Framework)
			}
		}
	}
}

func TestEmbeddedRunbooks(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	called := map[string]bool{}
	for _, r := range c.Runbooks {
		if !regexp.MustCompile(`^[A-Z][A-Za-z0-9]+$`).MatchString(r.Name) || len("hubmend-"+r.Name) > 64 {
			t.Errorf("%q cannot name a document and a role", r.Name)
		}
		for _, name := range []string{"Before", "Change"} {
			if !slices.ContainsFunc(r.Document.Outputs, func(o string) bool { return strings.HasSuffix(o, "."+name) }) {
				t.Errorf("%s: outputs lack %s", r.Name, name)
			}
		}
		last := r.Document.MainSteps[len(r.Document.MainSteps)-1]
		if !last.IsEnd || last.OnFailure != "" || last.IsCritical != nil {
			t.Errorf("%s: the last step, %s, does not decide whether the repair succeeded", r.Name, last.Name)
		}
		if pattern := r.Document.Parameters["AutomationAssumeRole"].AllowedPattern; !strings.Contains(pattern,
			"hubmend-"+r.Name+"$") {
			t.Errorf("%s: AutomationAssumeRole may be another role: %s", r.Name, pattern)
		}
		statements, err := c.Policy(r)
		if err != nil || len(statements) == 0 {
			t.Errorf("%s: policy of %d statements, %v", r.Name, len(statements), err)
		}
		for _, s := range statements {
			for _, action := range s.Actions {
				called[action] = true
			}
		}
	}
	for call, p := range c.Permissions {
		derived, err := runbook.Derive(call, []string{"Bucket"})
		if err == nil && len(p.Also) == 0 && len(p.Policies) == 0 && slices.Equal(p.Actions, derived.Actions) &&
			slices.Equal(p.Resources, derived.Resources) {
			t.Errorf("permissions: %s: the reference says the same", call)
		}
		for _, action := range p.Actions {
			if !called[action] {
				t.Errorf("permissions: %s: no runbook calls it", call)
			}
		}
	}
}

// A document is read without what all share. Read whole, as Systems Manager does, it is the same.
func TestEmbeddedRunbooksAreTheirTexts(t *testing.T) {
	t.Parallel()
	for _, r := range embedded(t).Runbooks {
		whole, err := runbook.Parse(r.Text)
		if err != nil {
			t.Fatalf("%s: %v", r.Name, err)
		}
		whole.Program = r.Document.Program
		if diff := cmp.Diff(whole, r.Document); diff != "" {
			t.Errorf("%s (-whole +read):\n%s", r.Name, diff)
		}
	}
}

// A repair is one billed step, and so is an undo.
func TestEmbeddedRunbooksAreOneStep(t *testing.T) {
	t.Parallel()
	for _, r := range embedded(t).Runbooks {
		if steps := r.Document.MainSteps; len(steps) != 1 || steps[0].Action != "aws:executeScript" {
			t.Errorf("%s has %d steps", r.Name, len(steps))
		}
	}
}

// Each undo runbook has the parameter that the engine passes to it.
func TestEmbeddedUndosTakeWhatTheyAreGiven(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	undos := 0
	for _, r := range c.Runbooks {
		repair, ok := strings.CutPrefix(r.Name, naming.UndoRunbook(""))
		if !ok {
			continue
		}
		undos++
		p := r.Document.Parameters[decide.UndoParameter]
		pattern, err := regexp.Compile(p.AllowedPattern)
		if err != nil || !pattern.MatchString("0b0a7756-0ea4-451a-a703-a558b933e274") ||
			pattern.MatchString("0b0a7756-0ea4-451a-a703-a558b933e274/x") {
			t.Errorf("%s: parameter %s takes %q", r.Name, decide.UndoParameter, p.AllowedPattern)
		}
		if text := string(r.Text); !strings.Contains(text, `REPAIR = "`+naming.Document(repair)+`"`) &&
			!strings.Contains(text, `run_undo(undo, "`+naming.Document(repair)+`"`) {
			t.Errorf("%s undoes executions that are not repairs by %s", r.Name, naming.Document(repair))
		}
	}
	if undos == 0 {
		t.Error("no runbook is an undo")
	}
}

func TestEmbeddedPlaybooks(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	for _, p := range c.Playbooks {
		seen := map[string]string{}
		for _, g := range p.Groups {
			if got, ok := p.Group(g.ID); !ok || got.Title != g.Title {
				t.Errorf("%s: Group(%s) = %q, %t", p.ID, g.ID, got.Title, ok)
			}
			for _, id := range g.Controls {
				if other, twice := seen[id]; twice {
					t.Errorf("%s: %s is in %s and in %s: one finding would start twice", p.ID, id, other, g.ID)
				}
				seen[id] = g.ID
			}
		}
		for _, a := range p.CustomActions() {
			if got, ok := c.CustomAction(a.ID); !ok || got.Name != a.Name || len(got.Controls) != len(a.Controls) {
				t.Errorf("%s: CustomAction(%s) = %+v, %t", p.ID, a.ID, got, ok)
			}
		}
		if _, ok := p.Group("NoSuchGroup"); ok {
			t.Errorf("%s: Group found NoSuchGroup", p.ID)
		}
	}
	if _, ok := c.CustomAction("NoSuchAction"); ok {
		t.Error("CustomAction found NoSuchAction")
	}
	for _, one := range slices.Concat(c.Controls, c.Guides) {
		offered := slices.ContainsFunc(c.Playbooks,
			func(p catalog.Playbook) bool { return one.Frameworks[p.Framework] != "" })
		if a, ok := c.CustomActionFor(one.ID); ok != offered || ok && !slices.Contains(a.Controls, one.ID) {
			t.Errorf("CustomActionFor(%s) = %+v, %t", one.ID, a, ok)
		}
	}
}

// An update of a playbook must not change what was launched with a version before custom actions were shared.
func TestSeparateGroups(t *testing.T) {
	t.Parallel()
	for _, p := range embedded(t).Playbooks {
		var separate []string
		for _, g := range p.Groups {
			if g.Separate {
				separate = append(separate, g.ID)
			}
		}
		want := []string(nil)
		if p.ID == "cis-1.2.0" {
			want = []string{"CIS1314", "CIS15111", "CIS22", "CIS23", "CIS24", "CIS26", "CIS28", "CIS29", "CIS4142",
				"CIS43"}
		}
		if !slices.Equal(separate, want) {
			t.Errorf("%s: separate groups are %v, want %v", p.ID, separate, want)
		}
	}
}

func TestControlOfNothing(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	control := c.Controls[0]
	var standard, rule string
	for standard, rule = range control.Frameworks {
		break
	}
	for name, f := range map[string]finding.Finding{
		"nothing known":         {},
		"another control":       {ControlID: "Nothing.1"},
		"another rule":          {Standard: standard, Rule: "99.99"},
		"another standard":      {Standard: "x/v/1.0.0", Rule: rule},
		"the id wins over rule": {ControlID: "Nothing.1", Standard: standard, Rule: rule},
	} {
		if got, ok := c.Control(f); ok {
			t.Errorf("%s: found %s", name, got.ID)
		}
	}
	if _, ok := c.ByID("Nothing.1"); ok {
		t.Error("ByID found Nothing.1")
	}
	if _, ok := c.Runbook("Nothing"); ok {
		t.Error("Runbook found Nothing")
	}
}

func TestBindErrorsAreMismatches(t *testing.T) {
	t.Parallel()
	for _, control := range embedded(t).Controls {
		f := sampleFindings(t, control)["consolidated"]
		f.ResourceType = "AwsOther"
		if _, _, err := control.Bind(f); !errors.Is(err, catalog.ErrMismatch) {
			t.Errorf("%s: error = %v", control.ID, err)
		}
	}
}
