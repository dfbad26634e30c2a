// Package restricted_test runs scenarios as in an account with every restriction there is: names with a prefix, roles
// with a path and a permissions boundary, a key of the account, and another processor.
package restricted_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/admin"
	"hubmend/infra/app"
	"hubmend/infra/restricted"
	"hubmend/internal/build/templates"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
	"hubmend/internal/lab"
	"hubmend/internal/lab/python"
	"hubmend/internal/lab/scenario"
	"hubmend/test/postcondition"
)

const (
	prefix, path, boundary = "acme-", "/team/security/", "team/boundary"
	root                   = "../.."
)

type object = map[string]any

var kept string // the folder of the templates

// The names of a process are fixed when it starts, so the tests run in another, which has them.
func TestMain(m *testing.M) {
	do := again
	if naming.NamePrefix == prefix {
		do = run
	}
	code, err := do(m)
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

func again(*testing.M) (int, error) {
	child := exec.CommandContext(context.Background(), os.Args[0], os.Args[1:]...) //nolint:gosec // this test
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	child.Env = append(os.Environ(), naming.EnvNamePrefix+"="+prefix, naming.EnvRolePath+"="+path)
	err := child.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

func run(m *testing.M) (int, error) {
	defer jsii.Close()
	dir, err := os.MkdirTemp("", "hubmend-restricted-*")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	kept = filepath.Join(dir, "templates")
	if err := synthesize(dir); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// synthesize writes the templates as `make templates` does, for functions that the lab compiles itself.
func synthesize(dir string) error {
	out, functions := filepath.Join(dir, "cdk.out"), filepath.Join(dir, "functions")
	for _, name := range admin.Functions() {
		folder := filepath.Join(functions, name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		// the templates know its hash
		if err := os.WriteFile(filepath.Join(folder, "bootstrap"), []byte(name), 0o600); err != nil {
			return err
		}
	}
	stacks, err := app.New(&app.Props{Catalog: catalog.Embedded(), Functions: functions, Out: &out,
		Context: &map[string]any{
			restricted.ContextKey: object{
				"namePrefix": prefix, "rolePath": path, "permissionsBoundary": boundary, "kmsKey": restricted.CreateKey,
				"architecture": "x86_64",
			},
		}})
	if err != nil {
		return err
	}
	stacks.Synth(nil)
	files, err := templates.Of(out, catalog.Embedded().Versions())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(kept, 0o755); err != nil {
		return err
	}
	return templates.Write(kept, files)
}

// Actions outside a role's policy or boundary are denied, and so is the use of the key.
func TestScenarios(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Python")
	}
	for _, name := range []string{
		"three-accounts",  // StackSets, trust between accounts
		"cis24-automatic", // a role that a runbook passes on
		"poison",          // dead letters
		"killed-and-lost", // what the sweep sends
		"contradicted",    // notifications
	} {
		t.Run(name, func(t *testing.T) {
			s, err := scenario.Load(filepath.Join(root, "test", "scenarios", name+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			result, err := scenario.Run(t.Context(), s, config(t),
				scenario.Hooks{Started: bind(s), Check: postcondition.Check})
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range result.Verdicts {
				if !v.Passed {
					t.Errorf("%+v", v)
				}
			}
			for _, role := range result.Permissions.Roles {
				if !strings.HasPrefix(role.Name, prefix) {
					t.Errorf("the role %s has no prefix", role.Name)
				}
			}
		})
	}
}

// bind makes the boundary, which the organization has in every account before Hubmend comes.
func bind(s *scenario.Scenario) func(context.Context, *lab.Lab) error {
	return func(ctx context.Context, l *lab.Lab) error {
		var actions []string
		for _, service := range []string{"automation", "cloudformation", "cloudtrail", "dynamodb", "ec2", "events",
			"iam", "kms", "lambda", "logs", "organizations", "s3", "securityhub", "sns", "sqs", "ssm", "sts", "tag"} {
			actions = append(actions, service+":*")
		}
		document, err := json.Marshal(object{"Version": "2012-10-17",
			"Statement": []any{object{"Effect": "Allow", "Action": actions, "Resource": "*"}}})
		if err != nil {
			return err
		}
		for _, account := range append(append([]string{}, s.Accounts...), s.Outsiders...) {
			if _, err := l.Call(ctx,
				lab.Call{Account: account, Region: s.Regions[0], Service: "iam", API: "CreatePolicy", Input: object{
					"PolicyName": filepath.Base(boundary), "Path": "/" + filepath.Dir(boundary) + "/",
					"PolicyDocument": string(document),
				}}); err != nil {
				return fmt.Errorf("make the boundary in %s: %w", account, err)
			}
		}
		return nil
	}
}

func config(t *testing.T) lab.Config {
	t.Helper()
	c := lab.Defaults
	var err error
	if c.Root, err = filepath.Abs(root); err != nil {
		t.Fatal(err)
	}
	if c.Python, err = python.Find(c.Root); err != nil {
		t.Fatal(err)
	}
	c.Assembly, c.Enforce = kept, true
	return c
}
