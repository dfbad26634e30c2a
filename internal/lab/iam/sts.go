package iam

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
)

var (
	roleARN     = regexp.MustCompile(`^arn:(aws[a-z-]*):iam::(\d{12}):role/(?:.*/)?([\w+=,.@-]+)$`)
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

// ServeSTS answers AssumeRole and GetCallerIdentity. A role must exist, and its trust policy must allow the caller.
// moto checks neither.
func (a *Authority) ServeSTS(q apicall.Request) (any, error) {
	form, err := url.ParseQuery(string(q.Body))
	if err != nil {
		return nil, apicall.Refuse("MalformedQueryString", "%v", err)
	}
	if q.API == "GetCallerIdentity" {
		return fmt.Sprintf(
			`<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
				`<Arn>%s</Arn><UserId>%s</UserId><Account>%s</Account></GetCallerIdentityResult>`+
				`<ResponseMetadata><RequestId>lab</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
			apicall.Escape(q.Caller.ARN), apicall.Escape(q.Caller.UserID), q.Caller.Account), nil
	}
	arn, session := form.Get("RoleArn"), form.Get("RoleSessionName")
	if !sessionName.MatchString(session) {
		return nil, apicall.Refuse("ValidationError", "RoleSessionName %q must match %s", session, sessionName)
	}
	if form.Get("Policy") != "" || form.Get("PolicyArns.member.1.arn") != "" {
		return nil, &apicall.Error{Status: 501, Code: "NotImplemented",
			Message: "the lab does not evaluate session policies"}
	}
	// In a session aws:PrincipalArn is the ARN of the role, not that of the session.
	principal := cmp.Or(q.Caller.Role, q.Caller.ARN)
	who := policy.Request{Caller: principal, CallerID: q.Caller.RoleID, Account: q.Caller.Account,
		Context: map[string]string{
			"aws:PrincipalArn": principal, "aws:PrincipalAccount": q.Caller.Account,
		}}
	if id, ok := a.lab.OrganizationOf(who.Account); ok {
		who.Context["aws:PrincipalOrgID"] = id
	}
	c, caller, err := a.Assume(arn, session, who)
	if err != nil {
		return nil, &apicall.Error{Status: 403, Code: "AccessDenied",
			Message: fmt.Sprintf("User: %s is not authorized to perform: sts:AssumeRole on resource: %s (%v)",
				q.Caller.ARN, arn,
				err)}
	}
	a.lab.Callers.Belongs(c, q.Caller.Function)
	a.lab.Callers.Frees(c, q.Caller)
	return fmt.Sprintf(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>`+
		`<AssumedRoleUser><AssumedRoleId>%s</AssumedRoleId><Arn>%s</Arn></AssumedRoleUser><Credentials>`+
		`<AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>%s</Expiration>`+
		`</Credentials></AssumeRoleResult><ResponseMetadata><RequestId>lab</RequestId></ResponseMetadata></AssumeRoleResponse>`,
		caller.UserID, apicall.Escape(caller.ARN), c.AccessKeyID, c.SecretAccessKey, c.SessionToken,
		time.Now().Add(time.Hour).UTC().Format(time.RFC3339)), nil
}

// Assume opens a session of a role for a caller or service that its trust policy allows.
func (a *Authority) Assume(arn, session string, who policy.Request) (apicall.Credentials, apicall.Caller, error) {
	m := roleARN.FindStringSubmatch(arn)
	if m == nil {
		return apicall.Credentials{}, apicall.Caller{}, fmt.Errorf("%q is not the ARN of a role", arn)
	}
	role, err := a.readRole(a.lab.Context, roleName{m[2], m[3]}, "GetRole")
	if err != nil {
		return apicall.Credentials{}, apicall.Caller{}, fmt.Errorf("the role %s does not exist", arn)
	}
	whole := "arn:" + m[1] + ":iam::" + m[2] + ":role" + role.Path + m[3]
	if arn != whole { // IAM's names are unique without the path, and its ARNs have it
		return apicall.Credentials{}, apicall.Caller{}, fmt.Errorf("the role %s does not exist", arn)
	}
	trust, err := policy.Parse(role.Trust)
	if err != nil {
		return apicall.Credentials{}, apicall.Caller{}, err
	}
	a.mu.Lock()
	a.trusted[roleName{m[2], m[3]}].resolve(trust)
	a.mu.Unlock()
	who.Action = "sts:AssumeRole"
	allowed, err := trust.Allows(who)
	if err != nil {
		return apicall.Credentials{}, apicall.Caller{}, err
	}
	if !allowed {
		return apicall.Credentials{}, apicall.Caller{},
			fmt.Errorf("its trust policy does not allow %s", cmp.Or(who.Service, who.Caller))
	}
	c, caller := a.lab.Callers.Session(apicall.Caller{
		Account: m[2],
		ARN:     "arn:" + m[1] + ":sts::" + m[2] + ":assumed-role/" + m[3] + "/" + session,
		Role:    whole,
		RoleID:  role.ID,
		UserID:  role.ID + ":" + session,
	})
	return c, caller, nil
}
