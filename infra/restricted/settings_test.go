package restricted_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/restricted"
	"hubmend/internal/build/compile"
	"hubmend/internal/engine/naming"
)

func fromEnvironment() (*restricted.Settings, error) {
	context, err := restricted.Context()
	if err != nil {
		return nil, err
	}
	return restricted.FromContext(context)
}

func TestSettings(t *testing.T) {
	for text, want := range map[string]compile.Target{
		``:                      compile.Lambda,
		`{"hubmend:rollout":1}`: compile.Lambda,
		`{"hubmend:restrictions":{"architecture":"x86_64"}}`: {
			OS: "linux", Arch: "amd64"},
		`{"hubmend:restrictions":"{\"architecture\":\"arm64\",\"permissionsBoundary\":\"team/acme-boundary\"}"}`: compile.Lambda,
	} {
		t.Setenv("CDK_CONTEXT_JSON", text)
		s, err := fromEnvironment()
		if err != nil || s.Target() != want {
			t.Errorf("%s: %+v, %v; want %v", text, s, err, want)
		}
	}
}

func TestSettingsSayAllThatIsWrong(t *testing.T) {
	for text, wants := range map[string][]string{
		`{"hubmend:restrictions":{"architecture":"amd64","permissionsBoundary":"arn:aws:iam::111111111111:policy/acme","path":"/x/"}}`: {
			`unknown setting "path"`, `architecture: "amd64" is neither`, `permissionsBoundary: "arn:`,
		},
		`{"hubmend:restrictions":{"rolePath":"acme","namePrefix":"Acme"}}`: {
			`rolePath: "acme" is not a path`, `namePrefix: "Acme" is not`},
		`{"hubmend:restrictions":{"kmsKey":"alias/acme"}}`: {
			`kmsKey: "alias/acme" is neither "create" nor the ARN of a key`},
		`{"hubmend:restrictions":{"kmsKey":"arn:aws:kms:eu-central-1:111111111111:alias/acme"}}`: {
			`an alias is not enough`},
		`{"hubmend:restrictions":{"kmsKey":true}}`: {
			`kmsKey: must be a string in quotes, such as "create"`},
		`{"hubmend:restrictions":{"architecture":64,"permissionsBoundary":["acme"]}}`: {
			`architecture: must be a string`,
			`permissionsBoundary: must be a string in quotes, such as "acme-boundary"`},
		`{"hubmend:restrictions":"acme-boundary"}`: {
			"must be a JSON object"},
		`{"@aws-cdk/core:permissionsBoundary":"{\"name\":\"acme-boundary\"}"}`: {
			"the CDK ignores the string"},
	} {
		t.Setenv("CDK_CONTEXT_JSON", text)
		_, err := fromEnvironment()
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want an error that says %s", text, err, want)
			}
		}
	}
}

// The process that synthesizes has these names from its start.
func TestEnvironmentOfTheSynthesis(t *testing.T) {
	t.Setenv("CDK_CONTEXT_JSON", `{"hubmend:restrictions":{"rolePath":"/team/","namePrefix":"acme-"}}`)
	s, err := fromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	got := s.Environment()
	slices.Sort(got)
	if diff := cmp.Diff([]string{"HUBMEND_NAME_PREFIX=acme-", "HUBMEND_ROLE_PATH=/team/"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// With another variable than the setting, the command line would look for resources that do not exist.
func TestNamesThatDiffer(t *testing.T) {
	t.Setenv(naming.EnvRolePath, "/team/")
	t.Setenv(naming.EnvNamePrefix, "acme-")
	t.Setenv("CDK_CONTEXT_JSON", `{"hubmend:restrictions":{"rolePath":"/other/"}}`)
	_, err := fromEnvironment()
	for _, want := range []string{`rolePath: "/other/" differs from the environment variable HUBMEND_ROLE_PATH`,
		`namePrefix: "" differs`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error that says %s", err, want)
		}
	}
}
