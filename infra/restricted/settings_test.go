package restricted_test

import (
	"strings"
	"testing"

	"hubmend/infra/restricted"
	"hubmend/internal/compile"
)

func TestSettings(t *testing.T) {
	for text, want := range map[string]compile.Target{
		``:                      compile.Lambda,
		`{"hubmend:rollout":1}`: compile.Lambda,
		`{"hubmend:restrictions":{"architecture":"x86_64"}}`:                                                     {OS: "linux", Arch: "amd64"},
		`{"hubmend:restrictions":"{\"architecture\":\"arm64\",\"permissionsBoundary\":\"team/acme-boundary\"}"}`: compile.Lambda,
	} {
		t.Setenv("CDK_CONTEXT_JSON", text)
		s, err := restricted.FromEnvironment()
		if err != nil || s.Target() != want {
			t.Errorf("%s: %+v, %v; want %v", text, s, err, want)
		}
	}
}

func TestSettingsSayAllThatIsWrong(t *testing.T) {
	for text, wants := range map[string][]string{
		`{"hubmend:restrictions":{"architecture":"amd64","permissionsBoundary":"arn:aws:iam::111111111111:policy/acme","path":"/x/"}}`: {
			`unknown field "path"`, `architecture: "amd64" is neither`, `permissionsBoundary: "arn:`,
		},
		`{"hubmend:restrictions":{"architecture":64,"permissionsBoundary":["acme"]}}`: {`architecture: must be a text`, `permissionsBoundary: must be a text in quotes, such as "acme-boundary"`},
		`{"hubmend:restrictions":"acme-boundary"}`:                                    {"must be a JSON object"},
		`{"@aws-cdk/core:permissionsBoundary":"{\"name\":\"acme-boundary\"}"}`:        {"the CDK ignores the text"},
	} {
		t.Setenv("CDK_CONTEXT_JSON", text)
		_, err := restricted.FromEnvironment()
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want an error that says %s", text, err, want)
			}
		}
	}
}
