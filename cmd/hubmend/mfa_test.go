package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

const mfaProfile = `[profile base]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = x
[profile admin]
role_arn = arn:aws:iam::111111111111:role/Admin
source_profile = base
mfa_serial = arn:aws:iam::111111111111:mfa/pat
region = us-east-1
`

func TestMFAWithoutATerminal(t *testing.T) {
	t.Parallel()
	env := slices.Concat(nobody, []string{"AWS_CONFIG_FILE=" + write(t, "config", mfaProfile), "AWS_PROFILE=admin"})
	for _, args := range []string{"status", "plan --control EC2.13 --resource sg-1"} {
		terminal{env: env}.says(t, exitUsage, args,
			"hubmend: the AWS profile needs an MFA code, and there is no terminal",
			"aws configure export-credentials")
	}
}

func TestAskMFA(t *testing.T) {
	t.Parallel()
	const device = "arn:aws:iam::111111111111:mfa/pat"
	for typed, want := range map[string]string{"123456\n": "123456", " 123456": "123456", "\n": "", "": ""} {
		var out strings.Builder
		code, err := askMFA(t.Context(), device, strings.NewReader(typed), &out)
		if code != want || (err == nil) != (want != "") || out.String() != "MFA code of "+device+": " {
			t.Errorf("%q: %q, %v, asks %q", typed, code, err, out.String())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	silent, _ := io.Pipe()
	if _, err := askMFA(ctx, device, silent, io.Discard); err == nil {
		t.Error("Ctrl-C gives a code")
	}
}

// A code is valid once, so a plan, which opens its configuration more than once, must ask for it once.
func TestPlanAsksForMFAOnce(t *testing.T) { //nolint:paralleltest // it sets the environment
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _ = r.ParseForm(); r.Form.Get("Action") == "AssumeRole" {
			calls++
			fmt.Fprint(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>b`+
				`</SecretAccessKey><SessionToken>c</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>`+
				`</AssumeRoleResult></AssumeRoleResponse>`)
			return
		}
		fmt.Fprint(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111111111111:user/pat</Arn>`+
			`<Account>111111111111</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	}))
	t.Cleanup(server.Close)
	for _, setting := range slices.Concat(nobody, []string{"AWS_CONFIG_FILE=" + write(t, "config",
		strings.Replace(mfaProfile, "mfa_serial = arn:aws:iam::111111111111:mfa/pat\n", "", 1)), "AWS_PROFILE=admin",
		"AWS_ENDPOINT_URL_STS=" + server.URL}) {
		name, value, _ := strings.Cut(setting, "=")
		t.Setenv(name, value)
	}
	o := &operator{}
	for _, region := range []string{"", "eu-west-1"} {
		if _, _, err := o.open(t.Context(), region); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 1 {
		t.Errorf("the role was assumed %d times", calls)
	}
}
