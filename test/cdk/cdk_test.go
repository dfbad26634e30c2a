// Package cdk_test runs the real CDK command line, in the version that package.json pins,
// against the lab: what it deploys must work, and what the lab cannot create must be named.
package cdk_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/build/templates"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
	"hubmend/internal/lab"
	"hubmend/internal/lab/python"
	"hubmend/internal/lab/samplefinding"
	"hubmend/test/assembly"
)

const (
	account = "111111111111"
	region  = "us-east-1"
	control = "EC2.13"

	// The environment variable of the admin stack's parameter MaxAttempts.
	maxAttempts, function = "HUBMEND_MAX_ATTEMPTS", "hubmend-dispatch"
)

// stacks are the stacks that the README deploys in a single account.
var stacks = []string{lab.AdminStack, lab.MemberRolesStack, lab.MemberRunbooksStack}

// The steps build on one another, because that is how a stack lives.
func TestCommandLine(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Python and Node")
	}
	app := assembly.CopyApp(t, root(t))
	l := start(t)
	profiles, err := l.WriteProfiles(t.TempDir()) // as `lab up` does for a user
	if err != nil {
		t.Fatal(err)
	}
	c := cli{profiles: profiles, root: root(t)}
	w := world{l}

	step(t, "bootstrap", func(t *testing.T) {
		c.must(t, app, "bootstrap", "aws://"+account+"/"+region)
		w.status(t, "CDKToolkit", "CREATE_COMPLETE")
	})
	step(t, "deploy where the name of a role is taken", func(t *testing.T) { testNameTaken(t, w, c, app) })
	step(t, "deploy", func(t *testing.T) { // the admin stack for the second time
		c.must(t, app, append([]string{"deploy", "--require-approval", "never", "--concurrency", "3",
			"--parameters", lab.MemberRolesStack + ":AdministratorAccount=" + account,
			"--parameters", lab.MemberRunbooksStack + ":AdministratorAccount=" + account,
			"--parameters", lab.MemberRunbooksStack + ":AdministratorRegion=" + region}, stacks...)...)
		for _, name := range stacks {
			w.status(t, name, "CREATE_COMPLETE")
		}
	})
	step(t, "what is deployed repairs", func(t *testing.T) { testRepair(t, w) })
	step(t, "diff is empty", func(t *testing.T) {
		out := c.must(t, app, append([]string{"diff", "--fail"}, stacks...)...)
		if n := strings.Count(out, "There were no differences"); n != len(stacks) {
			t.Errorf("cdk diff says of %d stacks that there were no differences, want %d:\n%s", n, len(stacks), out)
		}
	})
	step(t, "deploy after a change of a parameter", func(t *testing.T) {
		before, _ := l.Environment(function)
		c.must(t, app, "deploy", "--require-approval", "never", "--parameters", "MaxAttempts=5", lab.AdminStack)
		w.status(t, lab.AdminStack, "UPDATE_COMPLETE")
		after, _ := l.Environment(function)
		want := maps.Clone(before)
		want[maxAttempts] = "5"
		if diff := cmp.Diff(want, after); diff != "" || before[maxAttempts] == "5" {
			t.Errorf("environment of the function, which was %v (-want +got):\n%s", before, diff)
		}
	})
	step(t, "deploy after a change of the template that cannot be made", func(t *testing.T) { testRefused(t, w, c) })
	step(t, "destroy", func(t *testing.T) {
		w.terminate(t)
		c.must(t, app, append([]string{"destroy", "--force"}, stacks...)...)
		want := []string{"AWS::DynamoDB::Table hubmend-ledger"} // which the template says to retain
		if diff := cmp.Diff(want, w.left(t)); diff != "" {
			t.Errorf("what is left (-want +got):\n%s", diff)
		}
	})
	step(t, "deploy beside the ledger that was kept", func(t *testing.T) {
		c.must(t, app, "deploy", "--require-approval", "never", "--import-existing-resources", lab.AdminStack)
		w.status(t, lab.AdminStack, "CREATE_COMPLETE")
	})
	if problems := w.problems(); len(problems) > 0 {
		t.Errorf("problems: %q", problems)
	}
	list(t, app)
}

// step is a subtest without which those that follow make no sense.
func step(t *testing.T, name string, f func(*testing.T)) {
	t.Helper()
	begin := time.Now()
	if !t.Run(name, f) {
		t.FailNow()
	}
	t.Logf("%-60s %5.1f s", name, time.Since(begin).Seconds())
}

// testNameTaken makes the first deployment fail, late. It must leave nothing that the next one would find.
func testNameTaken(t *testing.T, w world, c cli, app string) {
	role := object{"RoleName": naming.FunctionRole(naming.SweepFunction)}
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	w.call(t, "iam", "CreateRole", object{"RoleName": role["RoleName"], "AssumeRolePolicyDocument": trust})
	if code, out := c.run(t, app, "deploy", "--require-approval", "never", lab.AdminStack); code == 0 ||
		!strings.Contains(out, "EntityAlreadyExists") {
		t.Errorf("cdk deploy exits with %d, want a failure that says EntityAlreadyExists:\n%s", code, out)
	}
	w.status(t, lab.AdminStack, "ROLLBACK_COMPLETE")
	w.call(t, "iam", "DeleteRole", role)
	// which the command line deletes before it deploys again
	want := []string{"AWS::CloudFormation::Stack " + lab.AdminStack}
	if diff := cmp.Diff(want, w.left(t)); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
	}
}

// testRepair launches the product and breaks something: the deployed functions repair it.
func testRepair(t *testing.T, w world) {
	group, _ := catalog.Embedded().Playbooks[0].GroupOf(control)
	if err := w.Launch(t.Context(), catalog.Embedded().Playbooks[0].Name,
		map[string]string{group.Parameter(): "ENABLED"}); err != nil {
		t.Fatal(err)
	}
	w.call(t, "securityhub", "EnableSecurityHub", object{})
	id := w.call(t, "ec2", "CreateSecurityGroup", object{"GroupName": "web", "Description": "web"})["GroupId"].(string)
	w.call(t, "ec2", "AuthorizeSecurityGroupIngress",
		object{"GroupId": id, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"})
	spec, _ := catalog.Embedded().ByID(control)
	f, err := samplefinding.Build(samplefinding.Spec{
		Control: spec, Account: account, Region: region, Form: samplefinding.Consolidated, ID: "cdk", Now: time.Now(),
		Resource: fmt.Sprintf("arn:aws:ec2:%s:%s:security-group/%s", region, account, id),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.call(t, "securityhub", "BatchImportFindings", object{"Findings": []any{f}})
	w.quiet(t)
	found, _ := w.Finding(f["Id"].(string))
	workflow, _ := found["Workflow"].(object)
	if workflow["Status"] != "RESOLVED" {
		t.Errorf("the finding is %v", found)
	}
	groups := w.call(t, "ec2", "DescribeSecurityGroups", object{"GroupIds": []any{id}})["SecurityGroups"].([]any)
	if rules := groups[0].(object)["IpPermissions"].([]any); len(rules) > 0 {
		t.Errorf("the group still has %v", rules)
	}
	for _, e := range w.Executions() {
		if e.Status != "Success" {
			t.Errorf("execution %+v", e)
		}
	}
}

// testRefused deploys a template with a change that can be made and a resource that cannot:
// the latter is named, and the former is undone.
func testRefused(t *testing.T, w world, c cli) {
	const kind, id = "AWS::Odd::Thing", "Impossible"
	app := assembly.CopyApp(t, root(t))
	change(t, app, lab.AdminStack, func(template object) {
		resources := template["Resources"].(object)
		for _, r := range resources {
			properties, _ := r.(object)["Properties"].(object)
			environment, _ := properties["Environment"].(object)
			if variables, ok := environment["Variables"].(object); ok && variables[maxAttempts] != nil {
				variables[maxAttempts] = "9"
			}
		}
		// After the functions, so that there is something to undo.
		resources[id] = object{"Type": kind, "Properties": object{}, "DependsOn": slices.Sorted(maps.Keys(resources))}
	})
	before, _ := w.Environment(function)
	if code, out := c.run(t, app, "diff", "--fail", "--method", "template", lab.AdminStack); code != 1 ||
		!strings.Contains(out, id) {
		t.Errorf("cdk diff exits with %d, want 1 and %s to be named:\n%s", code, id, out)
	}
	code, out := c.run(t, app, "deploy", "--require-approval", "never", lab.AdminStack)
	if code == 0 || !strings.Contains(out, kind) || !strings.Contains(out, id) {
		t.Errorf("cdk deploy exits with %d, want a failure that names %s and %s:\n%s", code, kind, id, out)
	}
	w.status(t, lab.AdminStack, "UPDATE_ROLLBACK_COMPLETE")
	after, _ := w.Environment(function)
	if diff := cmp.Diff(before, after); diff != "" || after[maxAttempts] != "5" {
		t.Errorf("environment after the rollback (-before +after):\n%s", diff)
	}
}

// list prints what the lab cannot create of what was deployed here, and what it creates with
// something lacking. docs/lab.md must say the same.
func list(t *testing.T, app string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root(t), "docs", "lab.md"))
	if err != nil {
		t.Fatal(err)
	}
	known := lab.ResourceTypes()
	for _, kind := range used(t, app) {
		lacks, ok := known[kind]
		switch {
		case !ok:
			t.Logf("cannot create %s", kind)
		case lacks != "":
			t.Logf("creates %s, but: %s", kind, lacks)
		default:
			continue
		}
		if row := fmt.Sprintf("| `%s` | %s |", kind, lacks); ok && !strings.Contains(string(page), row) ||
			!strings.Contains(string(page), kind) {
			t.Errorf("docs/lab.md does not say it; the row is: %s", row)
		}
	}
}

// used lists the types of all templates of an assembly, and of the CDK's bootstrap stack.
func used(t *testing.T, app string) []string {
	t.Helper()
	kinds := map[string]struct{}{"AWS::KMS::Key": {}, "AWS::KMS::Alias": {}} // cdk bootstrap --bootstrap-customer-key
	for kind := range lab.ResourceTypes() {
		if strings.HasPrefix(kind, "AWS::S3::") || strings.HasPrefix(kind, "AWS::ECR::") {
			kinds[kind] = struct{}{}
		}
	}
	files, err := filepath.Glob(filepath.Join(app, "*.template.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	for _, file := range files {
		var template struct {
			Resources map[string]struct{ Type string }
		}
		assembly.Read(t, file, &template)
		for _, r := range template.Resources {
			kinds[r.Type] = struct{}{}
		}
	}
	return slices.Sorted(maps.Keys(kinds))
}

func start(t *testing.T) *lab.Lab {
	t.Helper()
	config := lab.Defaults
	config.Root, config.Assembly, config.Enforce = root(t), filepath.Join(root(t), templates.Folder), true
	config.Accounts, config.Regions = []string{account}, []string{region}
	var err error
	if config.Python, err = python.Find(config.Root); err != nil {
		t.Fatal(err)
	}
	l, err := lab.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
