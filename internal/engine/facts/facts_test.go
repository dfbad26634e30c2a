package facts_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/control"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/facts"
	"hubmend/internal/engine/target"
)

const member = "222222222222"

// answer is what an endpoint says to a call.
type answer struct {
	status int
	body   string
	header map[string]string
}

func ok(body string) answer { return answer{status: 200, body: body} }

func jsonError(code, message string) answer {
	text, _ := json.Marshal(map[string]string{"__type": code, "message": message, "Message": message})
	return answer{status: 400, body: string(text)}
}

func xmlError(status int, code, message string) answer {
	return answer{status: status, body: fmt.Sprintf(
		`<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>`, code,
		message)}
}

func s3Error(status int, code string, header map[string]string) answer {
	return answer{status, fmt.Sprintf(`<Error><Code>%s</Code><Message>x</Message></Error>`, code), header}
}

// endpoint is all services behind one address. It answers a call by its name and what it is about.
type endpoint struct {
	answers map[string]answer
	wait    chan struct{} // of every call but AssumeRole; nil: none

	mu    sync.Mutex
	calls []string // but AssumeRole
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	var in map[string]any
	_ = json.Unmarshal(body, &in)
	if form.Get("Action") == "AssumeRole" {
		_, _ = io.WriteString(w,
			`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>`+
				`<Credentials><AccessKeyId>`+form.Get("RoleArn")[13:25]+
				`</AccessKeyId><SecretAccessKey>s</SecretAccessKey>`+
				`<SessionToken>t</SessionToken><Expiration>2126-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
		return
	}
	if e.wait != nil {
		<-e.wait
	}
	signer := r.Header.Get("Authorization")
	scope := strings.Split(signer[strings.Index(signer, "Credential=")+len("Credential="):], "/")
	call := named(r, form, in, body)
	e.mu.Lock()
	e.calls = append(e.calls, fmt.Sprintf("%s by %s in %s", call, scope[0], scope[2]))
	e.mu.Unlock()
	said, known := e.answers[call+" in "+scope[2]]
	if !known {
		said, known = e.answers[call]
	}
	if !known {
		said = answer{status: 500, body: "no answer for " + call}
	}
	for name, value := range said.header {
		w.Header().Set(name, value)
	}
	if r.Header.Get("Smithy-Protocol") != "" { // the tagging API's
		var content any
		_ = json.Unmarshal([]byte(said.body), &content)
		w.Header().Set("Smithy-Protocol", r.Header.Get("Smithy-Protocol"))
		said.body = string(cbor.Encode(inCBOR(content)))
	}
	w.WriteHeader(said.status)
	_, _ = io.WriteString(w, said.body)
}

// inCBOR converts what JSON has.
func inCBOR(value any) cbor.Value {
	switch value := value.(type) {
	case map[string]any:
		all := cbor.Map{}
		for name, v := range value {
			all[name] = inCBOR(v)
		}
		return all
	case []any:
		all := cbor.List{}
		for _, v := range value {
			all = append(all, inCBOR(v))
		}
		return all
	}
	return cbor.String(fmt.Sprint(value))
}

func named(r *http.Request, form url.Values, in map[string]any, body []byte) string {
	if _, operation, is := strings.Cut(r.URL.Path, "/operation/"); is {
		value, _ := cbor.Decode(body)
		return fmt.Sprint(operation, " ", value.(cbor.Map)["ResourceARNList"])
	}
	if operation := r.Header.Get("X-Amz-Target"); operation != "" {
		subject := ""
		for _, name := range []string{"ChildId", "ResourceId", "NextToken"} {
			if value, given := in[name]; given {
				subject += fmt.Sprint(value)
			}
		}
		return operation[strings.Index(operation, ".")+1:] + " " + subject
	}
	if action := form.Get("Action"); action != "" {
		return action + " " + form.Get("UserName") + form.Get("RoleName") + form.Get("ServerCertificateName") +
			form.Get("Marker")
	}
	return r.Method + " " + r.URL.Path + " of " + r.Header.Get("X-Amz-Expected-Bucket-Owner")
}

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func reader(t *testing.T, e *endpoint) (*facts.Reader, *clock) {
	t.Helper()
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	c := &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	return facts.New(&executions.Accounts{Partition: "aws", Config: aws.Config{
		Region: "eu-central-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1, HTTPClient: server.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("ADMINKEY", "s", ""),
	}}, c.now), c
}

func parents(id, kind string) answer {
	return ok(fmt.Sprintf(`{"Parents":[{"Id":%q,"Type":%q}]}`, id, kind))
}

// tree has an account in an OU in an OU, and another in the outer one.
var tree = map[string]answer{
	"ListParents 222222222222":     parents("ou-ab12-inner111", "ORGANIZATIONAL_UNIT"),
	"ListParents 333333333333":     parents("ou-ab12-outer111", "ORGANIZATIONAL_UNIT"),
	"ListParents ou-ab12-inner111": parents("ou-ab12-outer111", "ORGANIZATIONAL_UNIT"),
	"ListParents ou-ab12-outer111": parents("r-ab12", "ROOT"),
}

func TestOUs(t *testing.T) {
	t.Parallel()
	e := &endpoint{answers: tree}
	r, _ := reader(t, e)
	for account, want := range map[string][]string{
		member:         {"ou-ab12-inner111", "ou-ab12-outer111", "r-ab12"},
		"333333333333": {"ou-ab12-outer111", "r-ab12"},
	} {
		got, err := r.OUs(t.Context(), account)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("OUs(%s) = %v (-want +got):\n%s", account, err, diff)
		}
	}
	if len(e.calls) != 4 || !strings.HasSuffix(e.calls[0], " by ADMINKEY in eu-central-1") {
		t.Errorf("calls: %q, want one of the administrator for each account and OU", e.calls)
	}
}

func TestOUsAcrossPages(t *testing.T) {
	t.Parallel()
	r, _ := reader(t, &endpoint{answers: map[string]answer{
		"ListParents 222222222222":  ok(`{"Parents":[],"NextToken":"2"}`),
		"ListParents 2222222222222": parents("r-ab12", "ROOT"), // with the token
	}})
	got, err := r.OUs(t.Context(), member)
	if diff := cmp.Diff([]string{"r-ab12"}, got); err != nil || diff != "" {
		t.Errorf("OUs = %v (-want +got):\n%s", err, diff)
	}
}

func TestOUsFailClosed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		account, ou answer
		says        string
		isTransient bool
	}{
		"denied": {jsonError("AccessDeniedException", "You don't have permissions to access this resource."),
			answer{}, "AccessDeniedException: You don't have permissions to access this resource.; OUs and the tags",
			false},
		"no organization": {jsonError("AWSOrganizationsNotInUseException", "x"), answer{},
			"AWSOrganizationsNotInUseException", false},
		"another organization": {jsonError("ChildNotFoundException", "x"), answer{}, "ChildNotFoundException", false},
		"throttled": {jsonError("TooManyRequestsException", "x"), answer{}, "TooManyRequestsException",
			true},
		"no parent": {ok(`{"Parents":[]}`), answer{}, "no parent of 222222222222", false},
		"half the way": {parents("ou-ab12-inner111", "ORGANIZATIONAL_UNIT"), jsonError("TooManyRequestsException", "x"),
			"TooManyRequestsException", true},
		"circle": {parents("ou-ab12-inner111", "ORGANIZATIONAL_UNIT"),
			parents("ou-ab12-inner111", "ORGANIZATIONAL_UNIT"),
			"no root above", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := reader(t, &endpoint{answers: map[string]answer{
				"ListParents 222222222222": tc.account, "ListParents ou-ab12-inner111": tc.ou}})
			got, err := r.OUs(t.Context(), member)
			if err == nil || got != nil || !strings.Contains(err.Error(), tc.says) ||
				!strings.Contains(err.Error(), "account "+member) || awserr.IsTransient(err) != tc.isTransient {
				t.Errorf("OUs = %v, %v; transient %t", got, err, awserr.IsTransient(err))
			}
		})
	}
}

// An old value is never used, even if no new one can be read.
func TestOUsAreKeptForTenMinutes(t *testing.T) {
	t.Parallel()
	answers := map[string]answer{"ListParents 222222222222": parents("r-ab12", "ROOT")}
	e := &endpoint{answers: answers}
	r, c := reader(t, e)
	read := func() (string, error) {
		got, err := r.OUs(t.Context(), member)
		return strings.Join(got, " "), err
	}
	if got, err := read(); got != "r-ab12" {
		t.Fatalf("OUs = %s, %v", got, err)
	}
	answers["ListParents 222222222222"] = jsonError("TooManyRequestsException", "x")
	c.pass(10*time.Minute - time.Second)
	if got, err := read(); got != "r-ab12" {
		t.Errorf("within the time: %s, %v", got, err)
	}
	c.pass(time.Second)
	for range 2 { // the error is kept for a moment
		if got, err := read(); err == nil {
			t.Errorf("after the time: %s", got)
		}
	}
	answers["ListParents 222222222222"] = parents("r-cd34", "ROOT")
	c.pass(5 * time.Second)
	if got, err := read(); got != "r-cd34" {
		t.Errorf("after the error: %s, %v", got, err)
	}
	if len(e.calls) != 3 {
		t.Errorf("calls: %q", e.calls)
	}
}

// Of many findings of an account that arrive together, one asks Organizations.
func TestOneReadInFlight(t *testing.T) {
	t.Parallel()
	e := &endpoint{answers: tree, wait: make(chan struct{})}
	r, _ := reader(t, e)
	hurried, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	var all sync.WaitGroup
	all.Go(func() { // it gives up, and another one reads
		if got, err := r.OUs(hurried, member); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("without time: %v, %v", got, err)
		}
	})
	for range 20 {
		all.Go(func() {
			if got, err := r.OUs(t.Context(), member); len(got) != 3 {
				t.Errorf("OUs = %v, %v", got, err)
			}
		})
	}
	<-hurried.Done()
	time.Sleep(50 * time.Millisecond)
	close(e.wait)
	all.Wait()
	if len(e.calls) > 4 { // the first one's too, whose answer nobody awaits
		t.Errorf("%d calls: %q", len(e.calls), e.calls)
	}
}

func resources(body string) answer {
	return ok(`{"ResourceTagMappingList":[` + body + `],"PaginationToken":""}`)
}

const (
	group = "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-1"
	user  = "arn:aws:iam::222222222222:user/team/alice"
)

func TestTags(t *testing.T) {
	t.Parallel()
	const pair = `<member><Key>env</Key><Value>prod</Value></member>`
	xml := func(call, tags string) answer {
		return ok(fmt.Sprintf(
			`<%sResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><%[1]sResult>%s</%[1]sResult></%[1]sResponse>`,
			call, tags))
	}
	prod := map[string]string{"env": "prod"}
	for name, tc := range map[string]struct {
		resource, region string
		answers          map[string]answer
		want             map[string]string
		call             string // the last one
	}{
		"tagging API": {group, "eu-west-1", map[string]answer{"GetResources [" + group + "]": resources(
			`{"ResourceARN":"` + group + `","Tags":[{"Key":"env","Value":"prod"},` +
				`{"Key":"aws:cloudformation:stack-name","Value":"web"}]}`)},
			map[string]string{"env": "prod", "aws:cloudformation:stack-name": "web"},
			"GetResources [" + group + "] by 222222222222 in eu-west-1"},
		"never tagged": {group, "eu-west-1", map[string]answer{"GetResources [" + group + "]": resources("")},
			map[string]string{}, "GetResources [" + group + "] by 222222222222 in eu-west-1"},
		"trail of another Region": {"arn:aws:cloudtrail:eu-west-2:222222222222:trail/t", "eu-west-2",
			map[string]answer{"GetResources [arn:aws:cloudtrail:eu-west-2:222222222222:trail/t]": resources("")},
			map[string]string{},
			"GetResources [arn:aws:cloudtrail:eu-west-2:222222222222:trail/t] by 222222222222 in eu-west-2"},
		"distribution": {"arn:aws:cloudfront::222222222222:distribution/E1", target.Global,
			map[string]answer{"GetResources [arn:aws:cloudfront::222222222222:distribution/E1]": resources("")},
			map[string]string{},
			"GetResources [arn:aws:cloudfront::222222222222:distribution/E1] by 222222222222 in us-east-1"},
		"database": {"arn:aws:rds:eu-west-1:222222222222:db:main", "eu-west-1",
			map[string]answer{"GetResources [arn:aws:rds:eu-west-1:222222222222:db:main]": resources("")},
			map[string]string{},
			"GetResources [arn:aws:rds:eu-west-1:222222222222:db:main] by 222222222222 in eu-west-1"},
		"bucket": {"arn:aws:s3:::b.example", "eu-west-1", map[string]answer{"GET /b.example of 222222222222": ok(
			`<Tagging><TagSet><Tag><Key>env</Key><Value>prod</Value></Tag></TagSet></Tagging>`)}, prod,
			"GET /b.example of 222222222222 by 222222222222 in eu-west-1"},
		"bucket of another Region": {"arn:aws:s3:::b", "eu-west-1", map[string]answer{
			"GET /b of 222222222222": ok(
				`<Tagging><TagSet><Tag><Key>env</Key><Value>prod</Value></Tag></TagSet></Tagging>`),
			"GET /b of 222222222222 in eu-west-1": s3Error(301, "PermanentRedirect",
				map[string]string{"X-Amz-Bucket-Region": "eu-south-1"}),
		}, prod, "GET /b of 222222222222 by 222222222222 in eu-south-1"},
		"bucket without tags": {"arn:aws:s3:::b", "eu-west-1",
			map[string]answer{"GET /b of 222222222222": s3Error(404, "NoSuchTagSet", nil)}, map[string]string{},
			"GET /b of 222222222222 by 222222222222 in eu-west-1"},
		"user": {user, target.Global, map[string]answer{
			"ListUserTags alice": xml("ListUserTags",
				"<Tags>"+pair+"</Tags><IsTruncated>true</IsTruncated><Marker>-2</Marker>"),
			"ListUserTags alice-2": xml("ListUserTags",
				"<Tags><member><Key>a</Key><Value></Value></member></Tags><IsTruncated>false</IsTruncated>")},
			map[string]string{"env": "prod", "a": ""}, "ListUserTags alice-2 by 222222222222 in eu-central-1"},
		"role": {"arn:aws:iam::222222222222:role/r", target.Global,
			map[string]answer{"ListRoleTags r": xml("ListRoleTags", "<Tags>"+pair+"</Tags>")}, prod,
			"ListRoleTags r by 222222222222 in eu-central-1"},
		"certificate": {"arn:aws:iam::222222222222:server-certificate/c", target.Global,
			map[string]answer{"ListServerCertificateTags c": xml("ListServerCertificateTags", "<Tags></Tags>")},
			map[string]string{}, "ListServerCertificateTags c by 222222222222 in eu-central-1"},
		"IAM group": {"arn:aws:iam::222222222222:group/g", target.Global, nil, map[string]string{}, ""},
		"account": {"AWS::::Account:222222222222", "eu-west-1", map[string]answer{
			"ListTagsForResource 222222222222":   ok(`{"Tags":[{"Key":"env","Value":"prod"}],"NextToken":"-2"}`),
			"ListTagsForResource 222222222222-2": ok(`{"Tags":[]}`)}, prod,
			"ListTagsForResource 222222222222-2 by ADMINKEY in eu-central-1"},
		"account without an organization": {"AWS::::Account:222222222222", "eu-west-1", map[string]answer{
			"ListTagsForResource 222222222222": jsonError("AWSOrganizationsNotInUseException", "x")},
			map[string]string{},
			"ListTagsForResource 222222222222 by ADMINKEY in eu-central-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &endpoint{answers: tc.answers}
			r, c := reader(t, e)
			subject := target.Target{Account: member, Region: tc.region, Runbook: "R", Resource: tc.resource}
			for range 2 { // the second time from memory, and not what the caller did with the first
				got, err := r.Tags(t.Context(), subject)
				if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
					t.Fatalf("Tags = %v (-want +got):\n%s", err, diff)
				}
				got["own"] = "caller's"
			}
			calls := len(e.calls)
			if tc.call == "" && calls == 0 {
				return
			}
			if calls == 0 || e.calls[calls-1] != tc.call {
				t.Fatalf("calls: %q, want the last to be %s", e.calls, tc.call)
			}
			c.pass(10 * time.Minute)
			if _, err := r.Tags(t.Context(), subject); err != nil || len(e.calls) != 2*calls {
				t.Errorf("after its time: %v, %q", err, e.calls)
			}
		})
	}
}

func TestTagsAreKeptForAMinute(t *testing.T) {
	t.Parallel()
	e := &endpoint{answers: map[string]answer{"GetResources [" + group + "]": resources("")}}
	r, c := reader(t, e)
	subject := target.Target{Account: member, Region: "eu-west-1", Runbook: "R", Resource: group}
	for i, wait := range []time.Duration{0, 59 * time.Second, time.Second} {
		c.pass(wait)
		if _, err := r.Tags(t.Context(), subject); err != nil || len(e.calls) != 1+i/2 {
			t.Errorf("after %s more: %v, %q", wait, err, e.calls)
		}
	}
}

func TestTagsFailClosed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		resource string
		answers  map[string]answer
		says     string
		gone     bool
	}{
		"denied": {group, map[string]answer{"GetResources [" + group + "]": jsonError("AccessDeniedException", "no")},
			"tag:GetResources: AccessDeniedException: no; update the template hubmend-member-roles of account " +
				member,
			false},
		"throttled": {group, map[string]answer{"GetResources [" + group + "]": jsonError("ThrottledException", "slow")},
			"tag:GetResources: ThrottledException: slow", false},
		"another resource": {group, map[string]answer{"GetResources [" + group + "]": resources(
			`{"ResourceARN":"arn:aws:ec2:eu-west-1:222222222222:security-group/sg-2","Tags":[]}`)}, "sg-2", false},
		"another account": {"arn:aws:ec2:eu-west-1:333333333333:security-group/sg-1", nil,
			"the resource is in account 333333333333", false},
		"account of another target": {"AWS::::Account:333333333333", nil, "no ARN", false},
		"unknown type": {"arn:aws:lambda:eu-west-1:222222222222:function:f", nil,
			`type "lambda:"`, false},
		"part of a known type": {"arn:aws:ec2:eu-west-1:222222222222:security-group-rule/sgr-1", nil,
			`type "ec2:security-group-rule"`, false},
		"denied user": {user, map[string]answer{"ListUserTags alice": xmlError(403, "AccessDenied", "no")},
			"iam:ListUserTags: AccessDenied: no; update the template", false},
		"no user": {user, map[string]answer{"ListUserTags alice": xmlError(404, "NoSuchEntity", "x")},
			"does not exist", true},
		"no bucket": {"arn:aws:s3:::b", map[string]answer{"GET /b of 222222222222": s3Error(404, "NoSuchBucket", nil)},
			"does not exist", true},
		"denied bucket": {"arn:aws:s3:::b",
			map[string]answer{"GET /b of 222222222222": s3Error(403, "AccessDenied", nil)},
			"or the bucket's own policy", false},
		"redirected bucket": {"arn:aws:s3:::b", map[string]answer{"GET /b of 222222222222": s3Error(301,
			"PermanentRedirect", map[string]string{"X-Amz-Bucket-Region": "eu-south-1"})}, "PermanentRedirect", false},
		"no account": {"AWS::::Account:222222222222", map[string]answer{
			"ListTagsForResource 222222222222": jsonError("TargetNotFoundException", "x")}, "not in the organization",
			true},
		"denied account": {"AWS::::Account:222222222222", map[string]answer{
			"ListTagsForResource 222222222222": jsonError("AccessDeniedException", "no")}, "delegated administrator",
			false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := reader(t, &endpoint{answers: tc.answers})
			got, err := r.Tags(t.Context(),
				target.Target{Account: member, Region: "eu-west-1", Runbook: "R", Resource: tc.resource})
			if err == nil || got != nil || !strings.Contains(err.Error(), tc.says) ||
				!strings.Contains(err.Error(), tc.resource) || errors.Is(err, facts.ErrGone) != tc.gone {
				t.Errorf("Tags = %v, %v", got, err)
			}
		})
	}
}

// Every resource that a runbook repairs has a way to read its tags.
func TestEveryResourceOfTheCatalog(t *testing.T) {
	t.Parallel()
	denied := &endpoint{answers: map[string]answer{}}
	r, _ := reader(t, denied)
	checked := 0
	for _, c := range catalog.Embedded().Controls {
		if c.Runbook == "" {
			continue
		}
		resource := control.Fill(c.Resource.ID, func(name string) string {
			part := map[string]string{"partition": "aws", "account": member, "region": "eu-west-1", "Identity": "user",
				"Path": "team/"}
			if value, known := part[name]; known {
				return value
			}
			return "x"
		})
		_, err := r.Tags(t.Context(), target.Target{Account: member, Region: "eu-west-1", Runbook: c.Runbook,
			Resource: resource})
		if err != nil && (strings.Contains(err.Error(), "is not known") || strings.Contains(err.Error(), "no ARN")) {
			t.Errorf("%s: %v", c.ID, err)
		}
		checked++
	}
	if checked == 0 || len(denied.calls) == 0 {
		t.Error("nothing was checked")
	}
}
