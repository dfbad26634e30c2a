package lab_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/facts"
	"hubmend/internal/engine/target"
	"hubmend/internal/lab"
)

// reader gives a reader with the rights that the templates give to dispatch, but for those in except.
func (w world) reader(t *testing.T, now func() time.Time, except ...string) *facts.Reader {
	t.Helper()
	permit := func(account, role, trusted string, statements ...any) {
		w.role(t, account, role, trust(object{"AWS": trusted}, nil))
		text, err := json.Marshal(object{"Version": "2012-10-17", "Statement": append(statements,
			object{"Effect": "Deny", "Action": append(except, "lab:Nothing"), "Resource": "*"})})
		if err != nil {
			t.Fatal(err)
		}
		w.call(t, account, "iam", "PutRolePolicy",
			object{"RoleName": role, "PolicyName": "own", "PolicyDocument": string(text)})
	}
	const function, memberRole = "hubmend-dispatch-function", "hubmend-dispatch"
	permit(admin, function, "arn:aws:iam::"+admin+":root",
		allows("arn:aws:iam::*:role/"+memberRole, "sts:AssumeRole"),
		object{"Effect": "Allow", "Action": "organizations:ListParents",
			"Resource": []any{"arn:aws:organizations::*:account/*", "arn:aws:organizations::*:ou/*"}},
		allows("arn:aws:organizations::*:account/*", "organizations:ListTagsForResource"))
	permit(member, memberRole, "arn:aws:iam::"+admin+":root", allows("*", "tag:GetResources"),
		allows("arn:aws:s3:::*", "s3:GetBucketTagging"), allows("arn:aws:iam::"+member+":user/*", "iam:ListUserTags"),
		allows("arn:aws:iam::"+member+":role/*", "iam:ListRoleTags"),
		allows("arn:aws:iam::"+member+":server-certificate/*", "iam:ListServerCertificateTags"))
	operator, endpoint := lab.Operator(admin), w.Endpoint()
	config := aws.Config{Region: home, BaseEndpoint: &endpoint, Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider(operator.AccessKeyID, operator.SecretAccessKey, "")}
	config.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(config.Copy()),
		"arn:aws:iam::"+admin+":role/"+function))
	return facts.New(&executions.Accounts{Config: config, Partition: "aws"}, now)
}

func TestFactsOfAnAccount(t *testing.T) {
	t.Parallel()
	w := organized(t, func(c *lab.Config) { c.Enforce = true })
	var later time.Duration
	r := w.reader(t, func() time.Time { return time.Now().Add(later) })
	ous := func() []string {
		t.Helper()
		all, err := r.OUs(t.Context(), member)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if diff := cmp.Diff([]string{payments, production, lab.OrganizationRoot}, ous()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w.call(t, lab.ManagementAccount, "organizations", "MoveAccount",
		object{"AccountId": member, "SourceParentId": payments, "DestinationParentId": sandbox})
	later = 10 * time.Minute
	if diff := cmp.Diff([]string{sandbox, lab.OrganizationRoot}, ous()); diff != "" {
		t.Errorf("after the move (-want +got):\n%s", diff)
	}
	if got, err := r.OUs(t.Context(), outsider); err == nil ||
		!strings.Contains(err.Error(), "ChildNotFoundException") {
		t.Errorf("of an account outside the organization: %v, %v", got, err)
	}
	w.call(t, lab.ManagementAccount, "organizations", "TagResource",
		object{"ResourceId": member, "Tags": []any{object{"Key": "env", "Value": "prod"}}})
	account := target.Target{Account: member, Region: home, Resource: "AWS::::Account:" + member}
	got, err := r.Tags(t.Context(), account)
	if diff := cmp.Diff(map[string]string{"env": "prod"}, got); err != nil || diff != "" {
		t.Errorf("tags of the account: %v (-want +got):\n%s", err, diff)
	}
}

// resourcesWithTags makes one resource for each way to read tags, and gives what the reader must read.
func (w world) resourcesWithTags(t *testing.T) map[string]map[string]string {
	t.Helper()
	tags := []any{object{"Key": "env", "Value": "prod"}}
	group := w.call(t, member, "ec2", "CreateSecurityGroup", object{"GroupName": "g", "Description": "g",
		"TagSpecifications": []any{object{"ResourceType": "security-group", "Tags": tags}}})["GroupId"].(string)
	plain := w.call(t, member, "ec2", "CreateSecurityGroup",
		object{"GroupName": "plain", "Description": "p"})["GroupId"].(string)
	for _, bucket := range []string{"tagged", "stacked", "plain"} {
		w.call(t, member, "s3", "CreateBucket", object{"Bucket": bucket})
	}
	w.call(t, member, "s3", "PutBucketTagging", object{"Bucket": "tagged", "Tagging": object{"TagSet": tags}})
	stack := map[string]string{"aws:cloudformation:stack-name": "web"}
	w.call(t, member, "lab", "SetSystemTags", object{"ResourceARN": "arn:aws:s3:::stacked", "Tags": stack})
	w.call(t, member, "iam", "CreateUser", object{"UserName": "alice", "Path": "/team/", "Tags": tags})
	w.role(t, member, "tagged", trust(object{"AWS": member}, nil))
	w.call(t, member, "iam", "TagRole", object{"RoleName": "tagged", "Tags": tags})
	w.call(t, member, "iam", "UploadServerCertificate", object{"ServerCertificateName": "old", "Path": "/web/",
		"CertificateBody": "any", "PrivateKey": "any", "Tags": tags})
	const groups, iam = "arn:aws:ec2:us-east-1:" + member + ":security-group/", "arn:aws:iam::" + member + ":"
	prod, none := map[string]string{"env": "prod"}, map[string]string{}
	return map[string]map[string]string{
		groups + group: prod, groups + plain: none, "arn:aws:s3:::tagged": prod, "arn:aws:s3:::stacked": stack,
		iam + "server-certificate/web/old": prod, "arn:aws:s3:::plain": none,
		iam + "user/team/alice": prod, iam + "role/tagged": prod, iam + "group/g": none,
	}
}

func TestFactsOfResources(t *testing.T) {
	t.Parallel()
	w := organized(t, func(c *lab.Config) { c.Enforce = true })
	want := w.resourcesWithTags(t)
	r := w.reader(t, time.Now)
	for resource, tags := range want {
		got, err := r.Tags(t.Context(), target.Target{Account: member, Region: home, Resource: resource})
		if diff := cmp.Diff(tags, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", resource, err, diff)
		}
	}
	for _, gone := range []string{"arn:aws:s3:::nothing", "arn:aws:iam::" + member + ":user/nobody",
		"arn:aws:iam::" + member + ":role/nobody", "arn:aws:iam::" + member + ":server-certificate/nobody"} {
		got, err := r.Tags(t.Context(), target.Target{Account: member, Region: home, Resource: gone})
		if !errors.Is(err, facts.ErrGone) {
			t.Errorf("%s: %v, %v", gone, got, err)
		}
	}
}

// Without one of the rights, what it is for cannot be read.
func TestFactsWithoutRights(t *testing.T) {
	t.Parallel()
	w := organized(t, func(c *lab.Config) { c.Enforce = true })
	want := w.resourcesWithTags(t)
	want["AWS::::Account:"+member] = nil
	needs := map[string]string{"ec2": "tag:GetResources", "s3": "s3:GetBucketTagging",
		"user": "iam:ListUserTags", "role": "iam:ListRoleTags", "server-certificate": "iam:ListServerCertificateTags",
		"Account": "organizations:ListTagsForResource"}
	r := w.reader(t, time.Now, "tag:*", "s3:*", "iam:*", "organizations:*")
	for resource := range want {
		for part, action := range needs {
			if !strings.Contains(resource, ":"+part) {
				continue
			}
			got, err := r.Tags(t.Context(), target.Target{Account: member, Region: home, Resource: resource})
			if err == nil || !strings.Contains(err.Error(), action) {
				t.Errorf("%s: %v, %v", resource, got, err)
			}
		}
	}
	if got, err := r.OUs(t.Context(), member); err == nil {
		t.Errorf("OUs = %v", got)
	}
}

// AWS throttles: some reads fail, none is wrong, and later all succeed.
func TestFactsAreThrottled(t *testing.T) {
	t.Parallel()
	w := organized(t, func(c *lab.Config) {
		c.Faults = lab.Faults{OrganizationCallsPerSecond: 1,
			TagReadsPerSecond: 1}
	})
	groups := "arn:aws:ec2:us-east-1:" + member + ":security-group/sg-"
	var all sync.WaitGroup
	r := w.reader(t, time.Now)
	for range 10 {
		all.Go(func() {
			if got, err := r.OUs(t.Context(), member); err == nil || !strings.Contains(err.Error(), "TooManyRequests") {
				t.Errorf("OUs = %v, %v", got, err)
			}
		})
	}
	all.Wait()
	var throttled atomic.Int32
	for n := range 5 {
		all.Go(func() {
			_, err := r.Tags(t.Context(),
				target.Target{Account: member, Region: home, Resource: groups + fmt.Sprint(n)})
			switch {
			case awserr.Code(err) == "ThrottledException":
				throttled.Add(1)
			case err != nil:
				t.Error(err)
			}
		})
	}
	if all.Wait(); throttled.Load() == 0 {
		t.Error("no read of tags was throttled")
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	for {
		got, err := r.OUs(ctx, member)
		if err == nil {
			if len(got) != 3 {
				t.Errorf("OUs = %v", got)
			}
			return
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
	}
}
