package lab_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"hubmend/internal/build/templates"
	"hubmend/internal/lab"
	"hubmend/internal/lab/python"
	"hubmend/test/labtest"
)

const (
	admin  = "111111111111"
	member = "222222222222"
	home   = "us-east-1"
	linked = "eu-west-1"
)

// stacks are the resources of the three templates. A stack without any gets one that does
// nothing, because a template must have a resource.
type stacks struct {
	admin, roles, runbooks resources
}

type resources map[string]any

type object = map[string]any

// resource is an entry of Resources.
func resource(kind string, properties object) object {
	return object{"Type": kind, "Properties": properties}
}

// synthesize writes the templates.
func (s stacks) synthesize(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	put := func(name string, content any) {
		text, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	template := func(r resources, parameters ...string) object {
		if len(r) == 0 {
			r = resources{"None": resource("AWS::ServiceCatalog::PortfolioProductAssociation", object{})}
		}
		declared := object{"Reevaluate": object{"Type": "String", "Default": "false"}}
		for _, p := range parameters {
			declared[p] = object{"Type": "String"}
		}
		return object{"Parameters": declared, "Resources": r}
	}
	put(lab.AdminStack+".template.json",
		template(s.admin, "OrganizationId", templates.CodeBucket, templates.CodePrefix))
	put(lab.MemberRolesStack+".template.json", template(s.roles, "AdministratorAccount"))
	put(lab.MemberRunbooksStack+".template.json", template(s.runbooks, "AdministratorAccount", "AdministratorRegion"))
	return dir
}

func config(t *testing.T, assembly string) lab.Config {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Python")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	path, err := python.Find(root)
	if err != nil {
		t.Fatal(err)
	}
	c := lab.Defaults
	c.Root, c.Python, c.Assembly = root, path, assembly
	c.Functions = testsFunction
	c.Accounts, c.Regions = []string{admin, member}, []string{home, linked}
	return c
}

// world is a lab that is up.
type world struct{ *lab.Lab }

// up starts a lab with stacks in it.
func up(t *testing.T, s stacks) world {
	t.Helper()
	return upWith(t, nil, s)
}

// upAs is up with a configuration that is changed.
func upAs(t *testing.T, s stacks, change func(*lab.Config)) world {
	t.Helper()
	c := config(t, s.synthesize(t))
	change(&c)
	return start(t, c)
}

// upWith is up on a backend of labs that follow one another.
func upWith(t *testing.T, backend *lab.Backend, s stacks) world {
	t.Helper()
	c := config(t, s.synthesize(t))
	c.Backend = backend
	return start(t, c)
}

func start(t *testing.T, c lab.Config) world {
	t.Helper()
	if c.Backend == nil {
		c.Backend = labtest.Backend(t, c)
	}
	l, err := lab.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := l.Deploy(t.Context()); err != nil {
		t.Fatal(err)
	}
	return world{l}
}

// try makes a call as the operator of an account, in the home Region.
func (w world) try(t *testing.T, account, service, api string, input object) (object, error) {
	t.Helper()
	return w.Call(t.Context(), lab.Call{Account: account, Region: home, Service: service, API: api, Input: input})
}

// call makes a call that must succeed.
func (w world) call(t *testing.T, account, service, api string, input object) object {
	t.Helper()
	out, err := w.try(t, account, service, api, input)
	if err != nil {
		t.Fatalf("%s:%s: %v", service, api, err)
	}
	return out
}

// refused checks that a call is refused with a code and a message that tells why.
func (w world) refused(t *testing.T, account, service, api string, input object, code, message string) {
	t.Helper()
	out, err := w.try(t, account, service, api, input)
	var e smithy.APIError
	if !errors.As(err, &e) {
		t.Errorf("%s:%s answers %v, %v; want the error %s", service, api, out, err, code)
		return
	}
	if e.ErrorCode() != code || !strings.Contains(e.ErrorMessage(), message) {
		t.Errorf("%s:%s: %v; want %s: %s", service, api, err, code, message)
	}
}

func (w world) quiet(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := w.Quiet(ctx); err != nil {
		t.Fatal(err)
	}
}

// problems lists what the story says went wrong.
func (w world) problems() []string {
	var texts []string
	for _, e := range w.Story() {
		if e.Kind == lab.KindProblem {
			texts = append(texts, e.Text)
		}
	}
	slices.Sort(texts)
	return texts
}

// at follows keys and indexes into an answer.
func at(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := value.(object)
			value = m[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

// trust is a trust policy, or any other with one statement.
func trust(principal object, conditions object) object {
	return statement(object{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole",
		"Condition": conditions})
}

func statement(s object) object {
	if s["Condition"] == nil || len(s["Condition"].(object)) == 0 {
		delete(s, "Condition")
	}
	return object{"Version": "2012-10-17", "Statement": []any{s}}
}

// role makes a role by the API.
func (w world) role(t *testing.T, account, name string, trustPolicy object) (arn string) {
	t.Helper()
	text, err := json.Marshal(trustPolicy)
	if err != nil {
		t.Fatal(err)
	}
	w.call(t, account, "iam", "CreateRole", object{"RoleName": name, "AssumeRolePolicyDocument": string(text)})
	return "arn:aws:iam::" + account + ":role/" + name
}
