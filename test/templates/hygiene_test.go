package templates_test

import (
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hubmend/infra/app"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/engine/naming"
	"hubmend/test/assembly"
)

func TestEveryStackIsThere(t *testing.T) {
	t.Parallel()
	if got, want := len(templates), 4+len(data.Playbooks); got != want {
		t.Fatalf("%d templates, want %d: %v", got, want, slices.Sorted(maps.Keys(templates)))
	}
	for _, name := range []string{app.Admin, app.MemberRoles, app.MemberRunbooks, app.Rollout} {
		if templates[name].Description == "" {
			t.Errorf("%s has no description", name)
		}
	}
}

var region = regexp.MustCompile(
	`\b(us|eu|ap|sa|ca|me|af|il|mx|cn)-(gov-)?(north|south|east|west|central|northeast|southeast|southwest|northwest)-\d\b`)

func TestTemplatesFitEveryPartitionAndRegion(t *testing.T) {
	t.Parallel()
	for name, tmpl := range templates {
		if strings.Contains(tmpl.Text, "arn:aws:") {
			t.Errorf("%s names a partition", name)
		}
		for id, r := range tmpl.Resources {
			if found := region.FindString(fmt.Sprint(r.Properties)); found != "" && id != speaksS3 &&
				id != naming.UndoRunbook(speaksS3) {
				t.Errorf("%s: %s names the Region %s", name, id, found)
			}
		}
	}
}

// speaksS3 is the program that must know which Regions S3 calls by no name, or by an old one. The undo has
// all of it, too.
const speaksS3 = "EnableBucketLogging"

// helpers are resources and parameters that the CDK adds automatically unless it is configured not to.
var helpers = []string{"BootstrapVersion", "CDKMetadata", "LogRetention", "Custom::CDK", "Custom::S3AutoDelete",
	"AWS::CDK"}

// ordered are types whose order no property says: a product must be in a portfolio before it
// is constrained there, rules of products wait for custom actions (TestCustomActionIsFirst), and
// the ledger waits for everything (TestLedgerIsCreatedLast).
var ordered = map[string]bool{"AWS::ServiceCatalog::LaunchRoleConstraint": true, "AWS::Events::Rule": true,
	"AWS::DynamoDB::Table": true}

func TestTheCDKAddsNothing(t *testing.T) {
	t.Parallel()
	for name, tmpl := range templates {
		for _, helper := range helpers {
			if strings.Contains(tmpl.Text, helper) {
				t.Errorf("%s contains %s", name, helper)
			}
		}
		for id, r := range tmpl.Resources {
			// whose lanes have a test of their own
			if r.DependsOn != nil && name != app.MemberRunbooks && !ordered[r.Type] {
				t.Errorf("%s: %s depends on %v, which its properties should say", name, id, r.DependsOn)
			}
		}
	}
}

func TestPlainTemplates(t *testing.T) {
	t.Parallel()
	for name, tmpl := range templates.plain() {
		if tmpl.Transform != nil || tmpl.Rules != nil {
			t.Errorf("%s: Transform %v, Rules %v", name, tmpl.Transform, tmpl.Rules)
		}
		for _, word := range []string{"cdk-hnb659fds", `"S3Bucket"`, "TemplateURL", "AWS::CloudFormation::Stack",
			"Fn::ImportValue", "Fn::Transform"} {
			if strings.Contains(tmpl.Text, word) {
				t.Errorf("%s contains %s", name, word)
			}
		}
		// CloudFormation takes 1 MB from a bucket. The runbooks are more than the 51,200 bytes
		// that it takes inline.
		if n := len(tmpl.Text); n > 1<<20 {
			t.Errorf("%s has %d bytes", name, n)
		}
	}
}

func TestNothingIsAllowedWholesale(t *testing.T) {
	t.Parallel()
	reasons := map[string]bool{} // actions that have no narrower resource
	note := func(all []runbook.Permission) {
		for _, p := range all {
			for _, action := range p.Actions {
				reasons[action] = p.Reason != ""
			}
		}
	}
	for _, r := range data.Runbooks {
		policy, err := data.Policy(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range policy {
			for _, action := range s.Actions {
				reasons[action] = s.Reason != ""
			}
		}
	}
	for _, r := range data.Roles {
		note(r.Permissions)
	}
	for _, action := range unlimited {
		reasons[action] = true
	}
	seen := 0
	for name, tmpl := range templates {
		for id, r := range tmpl.Resources {
			assembly.Walk(r.Properties, func(o object) {
				if o["Effect"] != "Allow" {
					return
				}
				seen++
				for _, action := range list(o["Action"]) {
					action, _ := action.(string)
					if strings.Contains(action, "*") {
						t.Errorf("%s: %s allows %s", name, id, action)
					}
					if slices.Contains(list(o["Resource"]), any("*")) && !reasons[action] &&
						!(o["Condition"] != nil && slices.Contains(leveled, action)) {
						t.Errorf("%s: %s allows %s on everything", name, id, action)
					}
				}
			})
		}
	}
	if seen == 0 {
		t.Error("no statement was looked at")
	}
}

// evaluated are the functions that the lab computes, and so the only ones there may be.
var evaluated = []string{"Ref", "Fn::GetAtt", "Fn::Sub", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::If", "Fn::Equals",
	"Fn::Not", "Fn::And", "Fn::Or", "Fn::FindInMap"}

func TestOnlyPlainFunctions(t *testing.T) {
	t.Parallel()
	for name, tmpl := range templates {
		check := func(o object) {
			for key := range o {
				if strings.HasPrefix(key, "Fn::") && !slices.Contains(evaluated, key) {
					t.Errorf("%s uses %s", name, key)
				}
			}
		}
		assembly.Walk(tmpl.Conditions, check)
		for _, r := range tmpl.Resources {
			assembly.Walk(r.Properties, check)
		}
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	var files []string
	for _, tmpl := range templates {
		files = append(files, tmpl.File)
	}
	for _, tmpl := range rollouts {
		files = append(files, tmpl.File)
	}
	lint(t, files)
}

func lint(t *testing.T, files []string) {
	t.Helper()
	linter, err := filepath.Abs("../../.venv/bin/cfn-lint")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath(linter); err != nil {
		t.Skipf("no cfn-lint (%v): make the virtual environment of requirements.txt in .venv", err)
	}
	args := append([]string{"--config-file", "../../.cfnlintrc.yaml", "--template"}, files...)
	if output, err := exec.CommandContext(t.Context(), linter, args...).CombinedOutput(); err != nil {
		t.Errorf("cfn-lint: %v\n%s", err, output)
	}
}
