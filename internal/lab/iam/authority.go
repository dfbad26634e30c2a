// Package iam evaluates the policies of roles and opens their sessions, for IAM and STS. moto stores users, roles and
// policies, but checks none of them.
package iam

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"hubmend/internal/aws/authz"
	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/story"
	"hubmend/internal/lab/world"
)

// Authority decides what the sessions of roles may do, by the policies of the roles. The operator of the lab may do
// everything.
type Authority struct {
	lab    *world.World
	table  authz.Table
	keys   keyPolicies
	owner  func(bucket string) (account string)
	inline inlineSizes

	mu        sync.Mutex
	policies  map[roleName]permissions       // dropped when the role changes
	roles     map[roleName][]policy.Named    // all that exist, evaluated or not
	trusted   map[roleName]trustedIDs        // of their trust policies
	managed   map[managedPolicy]policy.Named // default versions that were read; dropped when the policy changes
	decisions map[string]*authz.Decision
}

// managedPolicy is a managed policy as an account sees it.
type managedPolicy struct{ account, arn string }

// keyPolicies knows what a call needs of KMS, and what the policies of keys allow.
type keyPolicies interface {
	Needs(call []authz.Need) []authz.Need
	Allows(ctx context.Context, key string, who policy.Request) error
}

// New reads the table of the permissions that calls need. It asks for the owners of buckets to fill condition keys.
func New(w *world.World, keys keyPolicies, owner func(bucket string) string) (*Authority, error) {
	table, err := authz.Embedded()
	if err != nil {
		return nil, err
	}
	return &Authority{lab: w, table: table, keys: keys, owner: owner, policies: map[roleName]permissions{},
		roles: map[roleName][]policy.Named{}, trusted: map[roleName]trustedIDs{},
		managed: map[managedPolicy]policy.Named{}, decisions: map[string]*authz.Decision{}}, nil
}

// roleName is a role in an account.
type roleName struct{ account, name string }

// denial is a permission that a session lacks.
type denial struct {
	who      apicall.Caller
	action   string
	resource string
	by       *policy.Place // of an explicit deny
	bounded  bool          // only the permissions boundary denies it
}

// Error implements error in the words of AWS.
func (d *denial) Error() string {
	why := "because no identity-based policy allows the " + d.action + " action"
	switch {
	case d.by != nil:
		why = "with an explicit deny in an identity-based policy"
	case d.bounded:
		why = "because no permissions boundary allows the " + d.action + " action"
	}
	return fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s", d.who.ARN, d.action, d.resource,
		why)
}

// Permit checks that a session may make a call, and that services can use the roles that the call passes to them.
func (a *Authority) Permit(who apicall.Caller, region, service, api string, input map[string]any) error {
	if who.IsOperator() || !a.lab.Enforce {
		return nil
	}
	call := authz.Call{Partition: a.lab.Partition, Region: region, Account: who.Account, Service: service, API: api,
		Input: input}
	answer, err := a.table.Needs(call)
	if err != nil {
		return err
	}
	if err := a.judgeAll(who, region, service+":"+api, answer.Needs); err != nil {
		return err
	}
	if err := a.mayUseKeys(who, region, service+":"+api, answer.Needs); err != nil {
		return err
	}
	for _, acting := range answer.Acting {
		if err := a.act(region, acting); err != nil {
			return &unfit{acting, err}
		}
	}
	return nil
}

// act checks that a service can use a role that was passed to it.
func (a *Authority) act(region string, acting authz.Acting) error {
	_, under, err := a.Assume(acting.Role, "service",
		policy.Request{Service: acting.Service, Context: acting.Context})
	if err != nil {
		return err
	}
	return a.judgeAll(under, region, acting.Service, acting.Needs)
}

// unfit is a role that was passed to a service, which cannot use it.
type unfit struct {
	authz.Acting
	err error
}

// Error implements error.
func (u *unfit) Error() string {
	return fmt.Sprintf("Access denied. Check the trust relationships and the permissions of your role: %s cannot "+
		"use %s: %v", u.Service, u.Role, u.err)
}

func (a *Authority) judgeAll(who apicall.Caller, region, call string, needs []authz.Need) error {
	for _, n := range needs {
		for _, resource := range n.Resources {
			if err := a.Judge(who, region, call, resource, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// Judge decides about one resource, and records the decision.
func (a *Authority) Judge(who apicall.Caller, region, call, resource string, n authz.Need) error {
	limits, err := a.of(who)
	if err != nil {
		return err
	}
	r := policy.Request{Caller: who.Role, Account: who.Account, Action: n.Action, Resource: resource,
		Context: a.Context(who, region, resource)}
	r.Known = append(a.Known(r.Context), n.Keys...)
	maps.Copy(r.Context, n.Context)
	d, err := policy.Evaluate(limits.policies, r)
	if err != nil {
		return fmt.Errorf("evaluate the policies of %s: %w", who.Role, err)
	}
	a.record(who, call, r, d)
	if !d.Allowed() {
		return &denial{who, n.Action, resource, d.Denied, false}
	}
	return a.withinBoundary(who, limits, r)
}

// withinBoundary checks that the permissions boundary of a role allows what its policies allow.
func (a *Authority) withinBoundary(who apicall.Caller, limits permissions, r policy.Request) error {
	if limits.boundary == nil {
		return nil
	}
	d, err := policy.Evaluate(limits.boundary, r)
	if err != nil {
		return fmt.Errorf("evaluate the permissions boundary of %s: %w", who.Role, err)
	}
	if !d.Allowed() {
		a.lab.Story.Tell(story.KindDenied, who.Account, "",
			"%s may not %s on %s: its permissions boundary does not allow it",
			who.Role, r.Action, r.Resource)
		return &denial{who, r.Action, r.Resource, nil, true}
	}
	return nil
}

// alwaysKnown are condition keys that any call could have.
var alwaysKnown = []string{"aws:SourceAccount", "aws:SourceArn", "aws:PrincipalOrgID", "aws:ResourceOrgID"}

// Known lists the condition keys that the lab knows for a call: those that are set, and those that could be.
func (*Authority) Known(context map[string]string) []string {
	return append(slices.Collect(maps.Keys(context)), alwaysKnown...)
}

// Context gives the global condition keys of a call.
func (a *Authority) Context(who apicall.Caller, region, resource string) map[string]string {
	owner := who.Account
	if part := strings.SplitN(resource, ":", 6); len(part) == 6 && part[2] == "s3" {
		bucket, _, _ := strings.Cut(part[5], "/")
		owner = cmp.Or(a.owner(bucket), owner)
	} else if len(part) == 6 && part[4] != "" {
		owner = part[4]
	}
	context := map[string]string{
		"aws:PrincipalArn": cmp.Or(who.Role, who.ARN), "aws:PrincipalAccount": who.Account,
		"aws:RequestedRegion": region, "aws:SecureTransport": "true", "aws:ResourceAccount": owner,
	}
	if id, ok := a.lab.OrganizationOf(who.Account); ok {
		context["aws:PrincipalOrgID"] = id
	}
	if id, ok := a.lab.OrganizationOf(owner); ok {
		context["aws:ResourceOrgID"] = id
	}
	return context
}

// of gives the permissions of a session's role.
func (a *Authority) of(who apicall.Caller) (permissions, error) {
	role := roleOf(who.Role)
	a.mu.Lock()
	policies, known := a.policies[role]
	a.mu.Unlock()
	if known {
		return policies, nil
	}
	policies, err := a.permissionsOf(a.lab.Context, role)
	if err != nil {
		return permissions{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.policies[role] = policies
	return policies, nil
}

func roleOf(arn string) roleName {
	m := roleARN.FindStringSubmatch(arn)
	if m == nil {
		return roleName{}
	}
	return roleName{m[2], m[3]}
}

func (a *Authority) record(who apicall.Caller, call string, r policy.Request, d policy.Decision) {
	one := authz.Decision{Role: who.Role, Call: call, Action: r.Action, Resource: r.Resource, Allowed: d.Allowed(),
		Denied: d.Denied, Grants: d.Grants}
	key := fmt.Sprint(one.Role, call, one.Action, one.Resource, d.Denied, d.Grants)
	a.mu.Lock()
	known := a.decisions[key]
	if known == nil {
		known = new(one) // a copy, because others count in it meanwhile
		a.decisions[key] = known
	}
	known.Times++
	first := known.Times == 1
	a.mu.Unlock()
	if first {
		a.lab.Log("iam", fmt.Sprintf("%s %s on %s: %s", who.ARN, r.Action, r.Resource, one.Why()))
	}
	if !one.Allowed {
		a.lab.Story.Tell(story.KindDenied, who.Account, "", "%s may not %s on %s: %s",
			strings.TrimPrefix(who.Role, "arn:"+a.lab.Partition+":iam::"), r.Action, r.Resource, one.Why())
	}
}

// Decisions lists the decisions so far.
func (a *Authority) Decisions() []authz.Decision {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []authz.Decision
	for _, d := range a.decisions {
		all = append(all, *d)
	}
	slices.SortFunc(all, func(x, y authz.Decision) int {
		return cmp.Or(cmp.Compare(x.Role, y.Role), cmp.Compare(x.Call, y.Call), cmp.Compare(x.Action, y.Action),
			cmp.Compare(x.Resource, y.Resource))
	})
	return all
}

// Roles lists the roles that have policies.
func (a *Authority) Roles() []authz.Role {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []authz.Role
	for role, policies := range a.roles {
		all = append(all, authz.Role{Name: role.name, Account: role.account, Policies: slices.Clone(policies)})
	}
	slices.SortFunc(all, func(x, y authz.Role) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Account, y.Account))
	})
	return all
}

// mayUseKeys checks the use of keys by the policies of the role and by those of the keys.
func (a *Authority) mayUseKeys(who apicall.Caller, region, call string, needs []authz.Need) error {
	uses := a.keys.Needs(needs)
	if err := a.judgeAll(who, region, call, uses); err != nil {
		return err
	}
	for _, n := range uses {
		for _, key := range n.Resources {
			if err := a.keys.Allows(a.lab.Context, key,
				policy.Request{Caller: who.Role, Account: who.Account, Action: n.Action}); err != nil {
				return &denial{who, n.Action, key, nil, false}
			}
		}
	}
	return nil
}
