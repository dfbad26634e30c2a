// Package facts reads what a policy may ask about a repair beyond its finding: the organizational units (OUs) of the
// account and the tags of the resource. A fact that cannot be read is an error, never an empty answer.
package facts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
)

// Reader reads facts and keeps them for a short time. Several goroutines may use it.
type Reader struct {
	accounts *executions.Accounts

	parents     cache[parent]
	accountTags cache[map[string]string]
	tags        cache[map[string]string]

	organizations func() *organizations.Client
	clients       clients // of members
}

const (
	// keepOrganization is long, because Organizations allows few calls per second, and accounts seldom move.
	keepOrganization = 10 * time.Minute
	// keepTags joins the findings of one resource, which arrive together.
	keepTags = time.Minute
)

// New returns a reader that calls Organizations as the function and other services in the members. It makes no call.
func New(accounts *executions.Accounts, now func() time.Time) *Reader {
	return &Reader{
		accounts:    accounts,
		parents:     cache[parent]{keep: keepOrganization, now: now},
		accountTags: cache[map[string]string]{keep: keepOrganization, now: now},
		tags:        cache[map[string]string]{keep: keepTags, now: now},
		organizations: sync.OnceValue(func() *organizations.Client {
			return organizations.NewFromConfig(accounts.Config) // the SDK knows the Region of each partition
		}),
		clients: clients{config: accounts.Config},
	}
}

// ErrGone is the error for a resource that does not exist. Not every service reports it: see Tags.
var ErrGone = errors.New("the resource does not exist")

// OUs returns the ids of the organizational units that contain an account, from its own up to the root of the
// organization, which is the last.
func (r *Reader) OUs(ctx context.Context, account string) ([]string, error) {
	var all []string
	for child := account; len(all) < maxDepth; {
		p, err := r.parents.get(ctx, child,
			func(ctx context.Context) (parent, error) { return r.readParent(ctx, child) })
		if err != nil {
			return nil, fmt.Errorf("read the organizational units of account %s: %w", account, err)
		}
		all = append(all, p.id)
		if p.isRoot {
			return all, nil
		}
		child = p.id
	}
	return nil, fmt.Errorf("read the organizational units of account %s: no root above %v", account, all)
}

// Tags returns the tags of a target's resource. It is an empty map, not nil, for a resource without tags. So it is for
// a resource that is gone, except for users, roles and server certificates of IAM, buckets and accounts, which give
// ErrGone.
func (r *Reader) Tags(ctx context.Context, t target.Target) (map[string]string, error) {
	tags, err := r.cachedTags(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("read the tags of %s in account %s: %w", t.Resource, t.Account, err)
	}
	return maps.Clone(tags), nil
}

// callError is the error of a call, in the words of the service and without those of the SDK.
type callError struct {
	action string
	err    error
	remedy string // empty unless the call was denied
}

func (e *callError) Error() string { return e.action + ": " + awserr.Message(e.err) + e.remedy }

func (e *callError) Unwrap() error { return e.err }

// explain names the call that failed and, if it was denied, what to do.
func explain(err error, action, remedy string) error {
	e := callError{action: action, err: err}
	if awserr.IsDenied(err) {
		e.remedy = "; " + remedy
	}
	return &e
}

// updateMember is what to do when a member denies a call.
func updateMember(account string) string {
	return fmt.Sprintf("update the template hubmend-member-roles of account %s, or the policy that denies role %s",
		account, naming.DispatchRole)
}
