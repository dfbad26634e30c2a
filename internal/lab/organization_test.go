package lab_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab"
)

const (
	outsider   = "333333333333"
	production = "ou-lab1-production"
	payments   = "ou-lab1-payments"
	sandbox    = "ou-lab1-sandbox1"
)

// organized is a lab with OUs, and with an account outside the organization.
func organized(t *testing.T, change func(*lab.Config)) world {
	t.Helper()
	return upAs(t, stacks{}, func(c *lab.Config) {
		c.Accounts, c.Outsiders = []string{admin, member, outsider}, []string{outsider}
		c.AdminApart = true
		c.OUs = map[string]lab.OU{
			production: {OUs: map[string]lab.OU{payments: {Accounts: []string{member}}}}, sandbox: {},
		}
		change(c)
	})
}

// The answers are read by botocore, as its model of the service has them.
func TestOrganization(t *testing.T) {
	t.Parallel()
	w := organized(t, func(*lab.Config) {})
	call := func(account, api string, input object) object {
		return w.call(t, account, "organizations", api, input)
	}
	refused := func(account, api string, input object, code string) {
		t.Helper()
		w.refused(t, account, "organizations", api, input, code, "")
	}
	parent := func(child string) string {
		t.Helper()
		one, _ := at(call(admin, "ListParents", object{"ChildId": child}), "Parents", 0).(object)
		return strings.TrimSpace(one["Type"].(string) + " " + one["Id"].(string))
	}
	for child, want := range map[string]string{
		member: "ORGANIZATIONAL_UNIT " + payments, payments: "ORGANIZATIONAL_UNIT " + production,
		production: "ROOT " + lab.OrganizationRoot, admin: "ROOT " + lab.OrganizationRoot,
		lab.ManagementAccount: "ROOT " + lab.OrganizationRoot,
	} {
		if got := parent(child); got != want {
			t.Errorf("parent of %s: %s, want %s", child, got, want)
		}
	}
	ask := object{"ChildId": member}
	refused(member, "ListParents", ask, "AccessDeniedException")
	refused(outsider, "ListParents", ask, "AWSOrganizationsNotInUseException")
	refused(admin, "ListParents", object{"ChildId": outsider}, "ChildNotFoundException")
	refused(admin, "ListParents", object{"ChildId": "ou-lab1-nowhere1"}, "ChildNotFoundException")
	refused(admin, "ListRoots", object{}, "NotImplemented")

	move := object{"AccountId": member, "SourceParentId": payments, "DestinationParentId": sandbox}
	refused(admin, "MoveAccount", move, "AccessDeniedException")
	call(lab.ManagementAccount, "MoveAccount", move)
	if got := parent(member); got != "ORGANIZATIONAL_UNIT "+sandbox {
		t.Errorf("after the move: %s", got)
	}
	refused(lab.ManagementAccount, "MoveAccount", move, "SourceParentNotFoundException")
	move["SourceParentId"], move["DestinationParentId"] = sandbox, "ou-lab1-nowhere1"
	refused(lab.ManagementAccount, "MoveAccount", move, "DestinationParentNotFoundException")
	move["DestinationParentId"] = lab.OrganizationRoot
	call(lab.ManagementAccount, "MoveAccount", move)
	refused(lab.ManagementAccount, "MoveAccount", object{"AccountId": outsider, "SourceParentId": sandbox,
		"DestinationParentId": sandbox}, "AccountNotFoundException")
}

func TestTagsOfAccounts(t *testing.T) {
	t.Parallel()
	w := organized(t, func(*lab.Config) {})
	tags := func() any {
		return at(w.call(t, admin, "organizations", "ListTagsForResource", object{"ResourceId": member}), "Tags")
	}
	if diff := cmp.Diff([]any{}, tags()); diff != "" {
		t.Errorf("at first (-want +got):\n%s", diff)
	}
	w.call(t, lab.ManagementAccount, "organizations", "TagResource", object{"ResourceId": member,
		"Tags": []any{object{"Key": "env", "Value": "prod"}, object{"Key": "cost", "Value": "1"}}})
	w.call(t, lab.ManagementAccount, "organizations", "UntagResource", object{"ResourceId": member,
		"TagKeys": []any{"cost"}})
	if diff := cmp.Diff([]any{object{"Key": "env", "Value": "prod"}}, tags()); diff != "" {
		t.Errorf("after tagging (-want +got):\n%s", diff)
	}
	w.refused(t, admin, "organizations", "ListTagsForResource", object{"ResourceId": outsider},
		"TargetNotFoundException", "")
}

func TestOrganizationThatCannotBe(t *testing.T) {
	t.Parallel()
	for says, ous := range map[string]map[string]lab.OU{
		"is not in the organization": {production: {Accounts: []string{outsider}}},
		"is in the OUs":              {production: {Accounts: []string{member}}, sandbox: {Accounts: []string{member}}},
		"occurs twice":               {production: {OUs: map[string]lab.OU{production: {}}}},
	} {
		c := config(t, stacks{}.synthesize(t))
		c.Accounts, c.Outsiders, c.OUs = []string{admin, member, outsider}, []string{outsider}, ous
		if l, err := lab.Start(t.Context(), c); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("Start = %v, want an error that says: %s", err, says)
			if l != nil {
				_ = l.Close()
			}
		}
	}
}
