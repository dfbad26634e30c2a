package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hubmend/internal/lab"
	"hubmend/internal/ops/playbook"
	"hubmend/test/labtest"
)

func TestPlaybookBadInput(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args string
		env  []string
		want string
	}{
		"unknown command": {args: "playbook start", want: `unknown command "start"`},
		"two playbooks":   {args: "playbook launch a b", want: "at most 1 argument, not 2"},
		"group without a value": {args: "playbook launch --set CIS22AutoRemediation",
			want: `"CIS22AutoRemediation" sets nothing; write a value, such as CIS4142=ENABLED`},
		"update nothing": {args: "playbook update",
			want: "nothing to change; use --set GROUP=ENABLED or --version VERSION"},
		"enable nothing": {args: "playbook enable", want: "takes 1 or more arguments, not 0"},
		"enable an unknown group": {args: "playbook enable CIS4124",
			want: "unknown control group CIS4124; did you mean CIS4142?"},
		"enable in silence": {args: "playbook enable CIS4142 --json",
			want: "--json does not ask for confirmation; add --yes"},
		"share with nobody": {args: "playbook share",
			want: "use one of --organization, --ou and --account"},
		"share with two": {args: "playbook share --organization o-a1b2c3d4e5 --account 222222222222",
			want: "use one of --organization"},
		"no Region": {args: "playbook list", want: "no AWS Region is set; set AWS_REGION"},
		"no credentials": {args: "playbook launch", env: []string{"AWS_REGION=eu-west-1"},
			want: "no AWS credentials found; log in, or set AWS_PROFILE"},
		"nobody answers": {args: "playbook list",
			env: []string{"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=y",
				"AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_MAX_ATTEMPTS=1"},
			want: "Service Catalog does not respond in eu-west-1"},
		"no credentials, status": {args: "playbook status", env: []string{"AWS_REGION=eu-west-1"},
			want: "no AWS credentials found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := hubmend(t, slices.Concat(nobody, tc.env), strings.Fields(tc.args)...)
			if code != exitUsage || stdout != "" {
				t.Errorf("exits with %d and prints %q", code, stdout)
			}
			if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "hubmend: ") ||
				!strings.Contains(stderr, tc.want) {
				t.Errorf("says %q, want one line that says %q", stderr, tc.want)
			}
		})
	}
}

const (
	administrator = "111111111111"
	homeRegion    = "us-east-1"
	cis           = "CIS AWS Foundations v1.2.0"
)

// terminal is a shell with credentials of the lab.
type terminal struct {
	lab *lab.Lab
	env []string
}

func startTerminal(t *testing.T) terminal {
	t.Helper()
	return terminalOf(labtest.Start(t, "../..", labtest.Synthesize))
}

func terminalOf(l *lab.Lab) terminal {
	o := lab.Operator(administrator)
	return terminal{l, slices.Concat(nobody, []string{
		"AWS_ENDPOINT_URL=" + l.Endpoint(), "AWS_REGION=" + homeRegion, "AWS_ACCESS_KEY_ID=" + o.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + o.SecretAccessKey,
	})}
}

// as gives a terminal with credentials of a role, which it makes with a policy.
func (s terminal) as(t *testing.T, role, policy string) terminal {
	t.Helper()
	call := func(service, api string, input map[string]any) map[string]any {
		out, err := s.lab.Call(t.Context(),
			lab.Call{Account: administrator, Region: homeRegion, Service: service, API: api, Input: input})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	trust := fmt.Sprintf(
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::%s:root"}}]}`, administrator)
	call("iam", "CreateRole", map[string]any{"RoleName": role, "AssumeRolePolicyDocument": trust})
	call("iam", "PutRolePolicy", map[string]any{"RoleName": role, "PolicyName": "may", "PolicyDocument": policy})
	out := call("sts", "AssumeRole",
		map[string]any{"RoleArn": "arn:aws:iam::" + administrator + ":role/" + role, "RoleSessionName": "ann"})
	c, _ := out["Credentials"].(map[string]any)
	return terminal{s.lab, append(slices.Clone(s.env),
		fmt.Sprint("AWS_ACCESS_KEY_ID=", c["AccessKeyId"]), fmt.Sprint("AWS_SECRET_ACCESS_KEY=", c["SecretAccessKey"]),
		fmt.Sprint("AWS_SESSION_TOKEN=", c["SessionToken"]))}
}

// in gives a terminal with another setting.
func (s terminal) in(setting string) terminal {
	return terminal{s.lab, append(slices.Clone(s.env), setting)}
}

// does runs a command that must succeed, and gives what it prints.
func (s terminal) does(t *testing.T, args string) string {
	t.Helper()
	code, stdout, stderr := hubmend(t, s.env, strings.Fields("playbook "+args)...)
	if code != 0 || stderr != "" {
		t.Fatalf("%s exits with %d, says %q, prints %q", args, code, stderr, stdout)
	}
	return stdout
}

// fails runs a command that must not, and checks the one line that it says.
func (s terminal) fails(t *testing.T, args string, want int, wants ...string) string {
	t.Helper()
	code, stdout, stderr := hubmend(t, s.env, strings.Fields("playbook "+args)...)
	if code != want || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "hubmend: ") {
		t.Errorf("%s exits with %d, want %d with one line, and says %q", args, code, want, stderr)
	}
	for _, w := range wants {
		if !strings.Contains(stderr, w) {
			t.Errorf("%s says %q, which lacks %q", args, stderr, w)
		}
	}
	return stdout
}

func (s terminal) status(t *testing.T) state {
	t.Helper()
	var got state
	if err := json.Unmarshal([]byte(s.does(t, "status --json")), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// One lab for all, one test after the other: a playbook is launched once in a lab.
func TestPlaybook(t *testing.T) {
	t.Parallel()
	s := startTerminal(t)
	newest := labtest.Playbook().Version
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"nothing is launched", func(t *testing.T) {
			if out := s.does(t, "list"); !strings.Contains(out, "cis-1.2.0") || !strings.Contains(out, newest+", ") ||
				!strings.Contains(out, ", 1.0.0") {
				t.Errorf("list prints\n%s", out)
			}
			s.fails(t, "status", exitFailed, "is not launched in this account and us-east-1")
			if out := s.fails(t, "status --json", exitFailed, "is not launched"); out != `{"playbook":"`+cis+
				`","newest":"`+labtest.Broken+`","launched":null,"groups":{}}`+"\n" {
				t.Errorf("status --json prints %s", out)
			}
			s.fails(t, "update --version 1.0.0", exitUsage, "is not launched", "hubmend playbook launch")
			s.fails(t, "terminate --yes", exitUsage, "is not launched")
		}},
		{"what is wrong is said before anything begins", func(t *testing.T) {
			s.fails(t, "launch pci", exitUsage, "unknown playbook pci; the playbooks in us-east-1 are cis-1.2.0")
			s.fails(t, "launch cis-1.3.0", exitUsage, "unknown playbook cis-1.3.0; did you mean cis-1.2.0?")
			s.fails(t, "launch --version 7.0.0", exitUsage, cis+" has no version 7.0.0; it has ", newest+", ")
			s.fails(t, "launch --version 1.0.0 --set CIS99AutoRemediation=ENABLED", exitUsage,
				"1.0.0: unknown parameter CIS99AutoRemediation; did you mean CIS29AutoRemediation?")
			if out := s.fails(t, "launch --set CIS4124=ENABLED", exitUsage, "unknown parameter CIS4124; "); out != "" {
				t.Errorf("what an unknown parameter means: %s", out)
			}
			s.fails(t, "launch --version 1.0.0 --set CIS22AutoRemediation=on", exitUsage,
				`CIS22AutoRemediation must be ENABLED or DISABLED, not "on"`)
			if out := s.does(t, "list --json"); strings.Contains(out, "hubmend-cis") {
				t.Errorf("something was launched: %s", out)
			}
		}},
		{"who may not", func(t *testing.T) {
			s.as(t, "nobody", `{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}`).fails(t, "list", exitUsage, "list products: access denied for these AWS credentials: attach the policy hubmend-catalog-user")
			s.as(t, labtest.Stranger, labtest.UserPolicy).fails(t, "launch", exitUsage,
				"these AWS credentials see no playbook in us-east-1", "EndUserRole")
			s.in("AWS_REGION=eu-west-1").fails(t, "list --json", exitUsage, "see no playbook in eu-west-1")
			s.in("AWS_REGION=eu-west-1").fails(t, "launch", exitUsage, "see no playbook in eu-west-1", "home Region")
			s.in("AWS_ACCESS_KEY_ID="+lab.Operator("222222222222").AccessKeyID).fails(t, "list", exitUsage,
				"administrator's account")
		}},
		{"launch, by a role that may", func(t *testing.T) {
			friend := s.as(t, labtest.Friend, labtest.UserPolicy)
			out := friend.does(t, "launch CIS-1.2.0 --version 1.0.0 --set cis4142=enabled")
			for _, want := range []string{"Findings of these controls that are already open are remediated too",
				"launch " + cis + " 1.0.0 as hubmend-cis-1.2.0: CREATED\n", ": SUCCEEDED\n"} {
				if !strings.Contains(out, want) {
					t.Errorf("launch does not print %q but\n%s", want, out)
				}
			}
			if !strings.Contains(s.does(t, "list"), "hubmend-cis-1.2.0 (1.0.0, AVAILABLE)") {
				t.Error("list does not show it")
			}
			// All that people need is in their policy; the rest the launch role may.
			friend.does(t, "terminate --yes")
			friend.does(t, "launch --version 1.0.0 --set CIS4142AutoRemediation=ENABLED")
			friend.does(t, "update --set CIS22=DISABLED")
			friend.does(t, "enable CIS22 --yes")
			friend.does(t, "disable CIS22 --yes")
			friend.does(t, "status")
			friend.fails(t, "share --ou ou-ab12-cd34ef56", exitUsage,
				"list portfolios: access denied for these AWS credentials",
				"hubmend-catalog-administrator")
		}},
		{"twice", func(t *testing.T) {
			s.fails(t, "launch --name other", exitUsage,
				"is launched in this account and us-east-1 already, as hubmend-cis-1.2.0 (1.0.0, AVAILABLE); "+
					"change it with "+
					"`hubmend playbook update`")
		}},
		{"an old version", func(t *testing.T) {
			if got := s.status(t); got.Launched.Version != "1.0.0" || got.Launched.Status != "AVAILABLE" ||
				len(got.Groups) != 0 || !strings.Contains(got.Launched.By, labtest.Friend) {
				t.Errorf("status = %+v", got)
			}
			out := s.does(t, "status")
			if !strings.Contains(out, "not reported by version 1.0.0") ||
				!strings.Contains(out, "hubmend playbook update --version "+labtest.Broken) {
				t.Errorf("status prints\n%s", out)
			}
		}},
		{"upgrade", func(t *testing.T) {
			s.does(t, "update --version "+newest)
			if got := s.status(t); got.Launched.Version != newest || got.Groups["CIS4142"] != "ENABLED" ||
				got.Groups["CIS22"] != "DISABLED" {
				t.Errorf("status = %+v", got)
			}
		}},
		{"set groups", func(t *testing.T) {
			var got outcome
			if err := json.Unmarshal(
				[]byte(s.does(t, "update --json --set CIS4142AutoRemediation=DISABLED,CIS22AutoRemediation=ENABLED")),
				&got); err != nil {
				t.Fatal(err)
			}
			if got.Playbook != cis || got.Name != "hubmend-cis-1.2.0" || got.Version != newest ||
				!got.Record.Succeeded() {
				t.Errorf("update = %+v", got)
			}
			out := s.does(t, "status")
			if lines := strings.Join(strings.Fields(out), " "); !strings.Contains(lines, "CIS22 ENABLED low ") ||
				!strings.Contains(lines, "CIS4142 DISABLED medium ") {
				t.Errorf("status prints\n%s", out)
			}
		}},
		{"enable and disable", func(t *testing.T) {
			s.fails(t, "enable cis4142", exitUsage, "no answer; nothing was changed; add --yes")
			if code, out := s.answering(t, "y\n", "playbook enable cis4142 CIS22"); code != 0 ||
				strings.Contains(out, "CIS22 (") ||
				!strings.Contains(out, "CIS4142 (EC2.13, EC2.14): Closes SSH") ||
				!strings.Contains(out, ": SUCCEEDED\n") ||
				!strings.Contains(out, "already open are remediated too") {
				t.Errorf("enable exits with %d and prints\n%s", code, out)
			}
			if got := s.status(t); got.Groups["CIS4142"] != "ENABLED" || got.Groups["CIS22"] != "ENABLED" ||
				got.Groups["CIS43"] != "DISABLED" || got.Launched.Version != newest {
				t.Errorf("status = %+v", got)
			}
			if out := s.does(t, "enable CIS22"); out != "Nothing to change: already ENABLED in hubmend-cis-1.2.0.\n" {
				t.Errorf("prints %s", out)
			}
			s.does(t, "disable CIS4142 --yes --json --playbook cis-1.2.0")
			if got := s.status(t); got.Groups["CIS4142"] != "DISABLED" {
				t.Errorf("status = %+v", got)
			}
		}},
		{"the status In Progress", func(t *testing.T) {
			const name = "InProgressStartsRemediation"
			if got := s.status(t); got.InProgress != groupDisabled || got.Groups[name] != "" {
				t.Errorf("status = %+v", got)
			}
			if out := s.does(t, "status"); !strings.Contains(out, "In Progress DISABLED: the status starts nothing") {
				t.Errorf("status prints\n%s", out)
			}
			s.fails(t, "enable "+name, exitUsage, "no answer; nothing was changed; add --yes")
			code, out := s.answering(t, "y\n", "playbook enable "+strings.ToLower(name)+" CIS43")
			for _, want := range []string{"will start the remediation of a finding, also for groups that are DISABLED",
				"CIS43 (EC2.2)", "Enable 1 group and " + name + " of hubmend-cis-1.2.0?", ": SUCCEEDED\n"} {
				if code != 0 || !strings.Contains(strings.Join(strings.Split(out, "\n"), " ")+"\n"+out, want) {
					t.Errorf("enable exits with %d and does not print %q but\n%s", code, want, out)
				}
			}
			if got := s.status(t); got.InProgress != groupEnabled || got.Groups["CIS43"] != "ENABLED" {
				t.Errorf("status = %+v", got)
			}
			if out := s.does(t, "enable "+name); !strings.Contains(out, "Nothing to change") {
				t.Errorf("enable prints %s", out)
			}
			s.does(t, "disable "+name+" CIS43 --yes")
			out = s.does(t, "update --set "+name+"=ENABLED")
			if strings.Contains(out, "already open") || !strings.Contains(out, "also for groups that are DISABLED") {
				t.Errorf("update prints\n%s", out)
			}
			s.does(t, "disable "+name+" --yes --json")
			if got := s.status(t); got.InProgress != groupDisabled || got.Groups["CIS43"] != "DISABLED" {
				t.Errorf("status = %+v", got)
			}
		}},
		{"an upgrade that fails", func(t *testing.T) {
			out := s.fails(t, "update --version "+labtest.Broken, exitFailed,
				"update hubmend-cis-1.2.0 to "+labtest.Broken+" failed: ", "Zebra")
			if !strings.Contains(out, ": FAILED\n") {
				t.Errorf("prints %s", out)
			}
			if got := s.status(t); got.Launched.Version != newest || got.Launched.Status != "TAINTED" ||
				got.Groups["CIS22"] != "ENABLED" {
				t.Errorf("status = %+v", got)
			}
		}},
		{"share", func(t *testing.T) {
			if out := s.does(t, "share --ou ou-ab12-cd34ef56"); !strings.Contains(out,
				"with the organizational unit ou-ab12-cd34ef56") {
				t.Errorf("prints %s", out)
			}
			s.fails(t, "share --organization o-somebodyelse", exitUsage, "share the portfolio with o-somebodyelse: ",
				"not in the organization")
			s.in("AWS_REGION=eu-west-1").fails(t, "share --ou ou-ab12-cd34ef56", exitUsage,
				`there is no portfolio "Hubmend playbooks" in eu-west-1`)
		}},
		{"terminate", func(t *testing.T) {
			s.fails(t, "terminate", exitUsage, "no answer; nothing was changed; add --yes")
			s.fails(t, "terminate --name other --yes", exitUsage, "is not launched as other, but as hubmend-cis-1.2.0")
			if out := s.does(t, "terminate --yes"); !strings.Contains(out, "terminate hubmend-cis-1.2.0: SUCCEEDED") {
				t.Errorf("prints %s", out)
			}
			s.fails(t, "status", exitFailed, "is not launched")
		}},
		{"a launch that fails leaves room for the next", func(t *testing.T) {
			out := s.fails(t, "launch --json --version "+labtest.Broken, exitFailed, "failed: ", "Zebra")
			var got outcome
			if err := json.Unmarshal([]byte(out), &got); err != nil || got.Record.Error == "" ||
				got.Record.Status != "FAILED" {
				t.Errorf("prints %s: %v", out, err)
			}
			var all []listed
			if err := json.Unmarshal([]byte(s.does(t, "list --json")), &all); err != nil || len(all) != 1 ||
				len(all[0].Launched) != 0 {
				t.Errorf("list = %+v, %v", all, err)
			}
			s.does(t, "launch --version 1.0.0")
			s.does(t, "terminate --yes --json")
		}},
	} {
		if !t.Run(test.name, test.run) {
			return
		}
	}
}

func TestLatestVersion(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		versions []playbook.Version
		want     string
	}{
		"the first":             {[]playbook.Version{{Name: "1.1.0"}, {Name: "1.0.0"}}, "1.1.0"},
		"not one that is going": {[]playbook.Version{{Name: "1.1.0", Deprecated: true}, {Name: "1.0.0"}}, "1.0.0"},
		"unless all are":        {[]playbook.Version{{Name: "1.1.0", Deprecated: true}}, "1.1.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := (playbook.Product{Versions: tc.versions}).Latest().Name; got != tc.want {
				t.Errorf("Latest = %s, want %s", got, tc.want)
			}
		})
	}
}
