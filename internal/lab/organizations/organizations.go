// Package organizations holds the organization: its OUs, and the accounts in them.
package organizations

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/world"
)

// ServiceName is the name that requests are signed for.
const ServiceName = "organizations"

// Organization is the tree of OUs. The Security Hub administrator is a delegated administrator.
type Organization struct {
	lab *world.World

	mu      sync.Mutex
	parents map[string]string            // of accounts and OUs, by their ids
	tags    map[string]map[string]string // of accounts
	calls   []time.Time                  // of the last second
}

// New puts the accounts of a lab into the OUs that it is to have, and the others into the root.
func New(w *world.World) (*Organization, error) {
	o := &Organization{lab: w, parents: map[string]string{}, tags: map[string]map[string]string{}}
	o.parents[world.Management] = world.Root
	for _, account := range w.Accounts {
		if _, in := w.OrganizationOf(account); in {
			o.parents[account] = world.Root
		}
	}
	return o, o.place(w.OUs, world.Root)
}

// place puts OUs, with what they contain, below a parent.
func (o *Organization) place(ous map[string]world.OU, parent string) error {
	for _, id := range slices.Sorted(maps.Keys(ous)) {
		if o.parents[id] != "" {
			return fmt.Errorf("the OU %s occurs twice", id)
		}
		o.parents[id] = parent
		for _, account := range ous[id].Accounts {
			switch o.parents[account] {
			case world.Root:
				o.parents[account] = id
			case "":
				return fmt.Errorf("OU %s contains account %s, which is not in the organization", id, account)
			default:
				return fmt.Errorf("account %s is in the OUs %s and %s", account, o.parents[account], id)
			}
		}
		if err := o.place(ous[id].OUs, id); err != nil {
			return err
		}
	}
	return nil
}

// input are the members of the calls that the lab has.
type input struct {
	ChildID             string `json:"ChildId"`
	AccountID           string `json:"AccountId"`
	SourceParentID      string `json:"SourceParentId"`
	DestinationParentID string `json:"DestinationParentId"`
	ResourceID          string `json:"ResourceId"`
	Tags                []tag
	TagKeys             []string
}

type tag struct{ Key, Value string }

// reads are the calls that a delegated administrator may make. All others are the management account's.
var reads = []string{"ListParents", "ListTagsForResource"}

// Serve answers a call.
func (o *Organization) Serve(q apicall.Request) (any, error) {
	serve := map[string]func(input) (any, error){"ListParents": o.listParents, "MoveAccount": o.moveAccount,
		"ListTagsForResource": o.listTags, "TagResource": o.tag, "UntagResource": o.untag}[q.API]
	if serve == nil {
		return nil, &apicall.Error{Status: http.StatusNotImplemented, Code: "NotImplemented",
			Message: "the lab does not have " + q.API + " of Organizations (docs/lab.md lists what it has)"}
	}
	var in input
	if err := json.Unmarshal(q.Body, &in); err != nil {
		return nil, apicall.Refuse("InvalidInputException", "%v", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.admit(q); err != nil {
		return nil, err
	}
	return serve(in)
}

// admit checks that the account of a caller may make a call, and that it is not one too many.
func (o *Organization) admit(q apicall.Request) error {
	account := q.Caller.Account
	switch {
	case o.parents[account] == "":
		return apicall.Refuse("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	case account == world.Management:
	case account != o.lab.Admin || !slices.Contains(reads, q.API):
		return apicall.Refuse("AccessDeniedException", "You don't have permissions to access this resource.")
	}
	if limit := o.lab.Faults.OrganizationCallsPerSecond; limit > 0 && !q.Caller.IsOperator() {
		now := time.Now()
		o.calls = slices.DeleteFunc(o.calls, func(t time.Time) bool { return now.Sub(t) >= time.Second })
		if len(o.calls) >= limit {
			return apicall.Refuse("TooManyRequestsException", "AWS Organizations can't complete your request because "+
				"another request is already in progress. Try again later.")
		}
		o.calls = append(o.calls, now)
	}
	return nil
}

func (o *Organization) listParents(in input) (any, error) {
	parent := o.parents[in.ChildID]
	if parent == "" {
		return nil, apicall.Refuse("ChildNotFoundException", "You specified a child that doesn't exist.")
	}
	kind := "ORGANIZATIONAL_UNIT"
	if parent == world.Root {
		kind = "ROOT"
	}
	return map[string]any{"Parents": []any{map[string]string{"Id": parent, "Type": kind}}}, nil
}

func (o *Organization) moveAccount(in input) (any, error) {
	switch source := o.parents[in.AccountID]; {
	case source == "" || isContainer(in.AccountID):
		return nil, apicall.Refuse("AccountNotFoundException", "You specified an account that doesn't exist.")
	case source != in.SourceParentID:
		return nil, apicall.Refuse("SourceParentNotFoundException", "The account is not in %s.", in.SourceParentID)
	case !isContainer(in.DestinationParentID) ||
		o.parents[in.DestinationParentID] == "" && in.DestinationParentID != world.Root:
		return nil, apicall.Refuse("DestinationParentNotFoundException", "%s doesn't exist.", in.DestinationParentID)
	}
	o.parents[in.AccountID] = in.DestinationParentID
	return map[string]any{}, nil
}

// isContainer reports whether an id is that of an OU or the root.
func isContainer(id string) bool { return strings.HasPrefix(id, "ou-") || id == world.Root }

func (o *Organization) listTags(in input) (any, error) {
	if err := o.taggable(in.ResourceID); err != nil {
		return nil, err
	}
	tags := []tag{}
	for _, key := range slices.Sorted(maps.Keys(o.tags[in.ResourceID])) {
		tags = append(tags, tag{key, o.tags[in.ResourceID][key]})
	}
	return map[string]any{"Tags": tags}, nil
}

func (o *Organization) tag(in input) (any, error) {
	if err := o.taggable(in.ResourceID); err != nil {
		return nil, err
	}
	if o.tags[in.ResourceID] == nil {
		o.tags[in.ResourceID] = map[string]string{}
	}
	for _, t := range in.Tags {
		o.tags[in.ResourceID][t.Key] = t.Value
	}
	return map[string]any{}, nil
}

func (o *Organization) untag(in input) (any, error) {
	if err := o.taggable(in.ResourceID); err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		delete(o.tags[in.ResourceID], key)
	}
	return map[string]any{}, nil
}

// taggable checks that an id is that of an account or an OU of the organization.
func (o *Organization) taggable(id string) error {
	if o.parents[id] == "" {
		return apicall.Refuse("TargetNotFoundException", "You specified a target that doesn't exist.")
	}
	return nil
}
