package iam

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
)

// iamAnswer has what the lab reads of IAM's answers. Documents are percent-encoded.
type iamAnswer struct {
	ID       string   `xml:"GetRoleResult>Role>RoleId"`
	Path     string   `xml:"GetRoleResult>Role>Path"`
	Trust    string   `xml:"GetRoleResult>Role>AssumeRolePolicyDocument"`
	Boundary string   `xml:"GetRoleResult>Role>PermissionsBoundary>PermissionsBoundaryArn"`
	Names    []string `xml:"ListRolePoliciesResult>PolicyNames>member"`
	Document string   `xml:"GetRolePolicyResult>PolicyDocument"`
	Version  string   `xml:"GetPolicyResult>Policy>DefaultVersionId"`
	Managed  string   `xml:"GetPolicyVersionResult>PolicyVersion>Document"`
	Attached []string `xml:"ListAttachedRolePoliciesResult>AttachedPolicies>member>PolicyArn"`
}

// readRole reads a role from moto. It does not use the worker: the call that waits for the answer may hold the worker's
// last thread.
func (a *Authority) readRole(ctx context.Context, role roleName, action string, more ...string) (iamAnswer, error) {
	answer, err := a.readIAM(ctx, role.account, action, append(more, "RoleName", role.name)...)
	if err != nil {
		return iamAnswer{}, fmt.Errorf("read the role %s: %w", role.name, err)
	}
	return answer, nil
}

func (a *Authority) readIAM(ctx context.Context, account, action string, parameters ...string) (iamAnswer, error) {
	form := url.Values{"Action": {action}, "Version": {"2010-05-08"}}
	for i := 0; i < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.lab.Backend.Moto.URL(),
		strings.NewReader(form.Encode()))
	if err != nil {
		return iamAnswer{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization",
		"AWS4-HMAC-SHA256 Credential="+apicall.Operator(
			account).AccessKeyID+"/20260101/"+a.lab.Home+"/iam/aws4_request")
	r.Header.Set("X-Moto-Account-Id", account)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return iamAnswer{}, errors.Join(err, a.lab.Backend.Moto.Err())
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return iamAnswer{}, err
	}
	if response.StatusCode != http.StatusOK {
		return iamAnswer{}, errors.New(response.Status)
	}
	var answer iamAnswer
	if err := xml.Unmarshal(body, &answer); err != nil {
		return iamAnswer{}, err
	}
	for _, document := range []*string{&answer.Trust, &answer.Document, &answer.Managed} {
		if *document, err = url.QueryUnescape(*document); err != nil {
			return iamAnswer{}, err
		}
	}
	return answer, nil
}

// permissions limit the sessions of a role: its policies, and its permissions boundary if it has one.
type permissions struct {
	policies, boundary []policy.Named
}

// permissionsOf reads the permissions of a role.
func (a *Authority) permissionsOf(ctx context.Context, role roleName) (permissions, error) {
	about, err := a.readRole(ctx, role, "GetRole")
	if err != nil {
		return permissions{}, err
	}
	var p permissions
	if about.Boundary != "" {
		boundary, err := a.managedPolicy(ctx, role.account, about.Boundary)
		if err != nil {
			return permissions{}, fmt.Errorf("read the permissions boundary of the role %s: %w", role.name, err)
		}
		p.boundary = []policy.Named{boundary}
	}
	p.policies, err = a.rolePolicies(ctx, role)
	return p, err
}

// managedPolicy gives the default version of a managed policy. It reads it once, as hundreds of roles may share it.
func (a *Authority) managedPolicy(ctx context.Context, account, arn string) (policy.Named, error) {
	key := managedPolicy{account, arn}
	a.mu.Lock()
	known, ok := a.managed[key]
	a.mu.Unlock()
	if ok {
		return known, nil
	}
	about, err := a.readIAM(ctx, account, "GetPolicy", "PolicyArn", arn)
	if err != nil {
		return policy.Named{}, err
	}
	version, err := a.readIAM(ctx, account, "GetPolicyVersion", "PolicyArn", arn, "VersionId", about.Version)
	if err != nil {
		return policy.Named{}, err
	}
	document, err := policy.ParseIdentity(version.Managed)
	read := policy.Named{Name: managedName(arn), Document: document}
	if err == nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.managed[key] = read
	}
	return read, err
}

func managedName(arn string) string { return apicall.LastPart(arn, "/") }

// rolePolicies reads the inline and the attached policies of a role.
func (a *Authority) rolePolicies(ctx context.Context, role roleName) ([]policy.Named, error) {
	attached, err := a.readRole(ctx, role, "ListAttachedRolePolicies")
	if err != nil {
		return nil, err
	}
	list, err := a.readRole(ctx, role, "ListRolePolicies")
	if err != nil {
		return nil, err
	}
	var policies []policy.Named
	for _, name := range list.Names {
		inline, err := a.readRole(ctx, role, "GetRolePolicy", "PolicyName", name)
		if err != nil {
			return nil, err
		}
		document, err := policy.ParseIdentity(inline.Document)
		if err != nil {
			return nil, fmt.Errorf("policy %s of the role %s: %w", name, role.name, err)
		}
		policies = append(policies, policy.Named{Name: name, Document: document})
	}
	for _, arn := range attached.Attached {
		named, err := a.managedPolicy(ctx, role.account, arn)
		if err != nil {
			return nil, fmt.Errorf("policy %s of the role %s: %w", arn, role.name, err)
		}
		policies = append(policies, named)
	}
	return policies, nil
}

// Serve forwards a call of IAM to moto, and records changes to the policies of a role.
func (a *Authority) Serve(moto http.Handler, w http.ResponseWriter, r *http.Request, q apicall.Request) {
	form, err := url.ParseQuery(string(q.Body))
	if err == nil {
		err = a.inline.check(q.Caller.Account, q.API, form)
	}
	if err != nil {
		apicall.WriteError(w, "query", err)
		return
	}
	answer := apicall.NewHeld()
	role := roleName{q.Caller.Account, form.Get("RoleName")}
	var trusted trustedIDs
	if q.API == "CreateRole" || q.API == "UpdateAssumeRolePolicy" {
		if trusted, err = a.identify(form); err != nil {
			apicall.WriteError(w, "query", err)
			return
		}
	}
	moto.ServeHTTP(answer, r)
	if answer.Status == http.StatusOK {
		a.inline.note(q.Caller.Account, q.API, form)
		a.note(q.API, role, form)
		a.noteManaged(q.API, role, form.Get("PolicyArn"))
		a.trust(role, trusted)
	}
	answer.Send(w)
}

// trust stores the ids of the roles that a new trust policy names.
func (a *Authority) trust(role roleName, ids trustedIDs) {
	if ids == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.trusted[role] = ids
}

// note makes the next call of a role's session read its policies again, and records which policies exist.
func (a *Authority) note(api string, role roleName, form url.Values) {
	if role.name == "" || strings.HasPrefix(api, "Get") || strings.HasPrefix(api, "List") {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.policies, role)
	named := form.Get("PolicyName")
	switch api {
	case "DeleteRole":
		delete(a.roles, role)
		delete(a.trusted, role)
	case "DeleteRolePolicy", "PutRolePolicy":
		a.roles[role] = slices.DeleteFunc(a.roles[role], func(p policy.Named) bool { return p.Name == named })
	}
	// A policy that cannot be read is an error as soon as a session of the role does something.
	if document, err := policy.ParseIdentity(form.Get("PolicyDocument")); api == "PutRolePolicy" && err == nil {
		a.roles[role] = append(a.roles[role], policy.Named{Name: named, Document: document})
	}
}

// noteManaged records a managed policy that was attached to a role, detached, or changed.
func (a *Authority) noteManaged(api string, role roleName, arn string) {
	if slices.Contains([]string{"CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion",
		"DeletePolicy"},
		api) {
		a.mu.Lock()
		delete(a.managed, managedPolicy{role.account, arn})
		a.mu.Unlock()
	}
	if !slices.Contains([]string{"AttachRolePolicy", "DetachRolePolicy", "CreatePolicyVersion",
		"SetDefaultPolicyVersion"}, api) {
		return
	}
	// A policy that cannot be read is an error as soon as a session of the role does something.
	now, err := a.managedPolicy(a.lab.Context, role.account, arn)
	a.mu.Lock()
	defer a.mu.Unlock()
	is := func(p policy.Named) bool { return p.Name == managedName(arn) }
	if api == "AttachRolePolicy" || api == "DetachRolePolicy" {
		a.roles[role] = slices.DeleteFunc(a.roles[role], is)
		if api == "AttachRolePolicy" && err == nil {
			a.roles[role] = append(a.roles[role], now)
		}
		return
	}
	for other, policies := range a.roles {
		if i := slices.IndexFunc(policies, is); i >= 0 && other.account == role.account {
			delete(a.policies, other)
			policies[i] = now
		}
	}
}
