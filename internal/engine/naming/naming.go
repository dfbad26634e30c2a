// Package naming owns the names that templates, functions and the command line
// must agree on without being able to ask each other.
//
// Names are the same in every account and Region, so that a role in one account can
// trust a role in another before either is looked up.
package naming

import "strconv"

// Templates of the stacks and, for the CDK, the stacks themselves.
const (
	AdminStack          = Mark + "admin"
	MemberRolesStack    = Mark + "member-roles"
	MemberRunbooksStack = Mark + "member-runbooks"
	RolloutStack        = Mark + "rollout"
)

// Stack is the name of the stack of a template in AWS, or of its StackSet.
func Stack(template string) string { return NamePrefix + template }

// Part is the name of a member stack, or of what exists once in it, in a part of the runbooks. The first part has the
// name itself.
func Part(name string, part int) string {
	if part == 1 {
		return name
	}
	return name + "-" + strconv.Itoa(part)
}

// Roles of a member account that the administrator's functions assume.
var (
	// DispatchRole may start runbooks.
	DispatchRole = Prefix + "dispatch"
	// SettleRole may read how an execution ended.
	SettleRole = Prefix + "settle"
	// ForwardRole lets a member's rule put execution events on the administrator's bus.
	ForwardRole = Prefix + "forward"
)

// ScriptLogPolicy lets all roles of runbooks write the log of their script.
var ScriptLogPolicy = Prefix + "script-log"

// LaunchRole is what Service Catalog launches playbooks under.
var LaunchRole = Prefix + "launch"

// Portfolio is the name of the portfolio of playbooks and ProductOwner whose its products are.
const (
	Portfolio    = "Hubmend playbooks"
	ProductOwner = "Hubmend"
)

// People need policies to use the portfolio, for roles and permission sets, or groups for IAM users.
var (
	CatalogUserPolicy          = Prefix + "catalog-user"
	CatalogAdministratorPolicy = Prefix + "catalog-administrator"
	CatalogUsers               = Prefix + "catalog-users"
	CatalogAdministrators      = Prefix + "catalog-administrators"
)

// Resources of the administrator account.
var (
	FindingsQueue        = Prefix + "findings"
	OutcomesQueue        = Prefix + "outcomes"
	LedgerTable          = Prefix + "ledger"
	EventBus             = Prefix + "events"
	Topic                = Prefix + "notifications"
	Dashboard            = NamePrefix + "hubmend"
	DispatchFunction     = Prefix + "dispatch"
	SettleFunction       = Prefix + "settle"
	SweepFunction        = Prefix + "sweep"
	SweepRule            = Prefix + "sweep"
	CustomActionFunction = Prefix + "custom-action"
)

const (
	// LedgerIndex is an index of the ledger's table.
	LedgerIndex = "open"
	// AnnounceBus receives Hubmend's events; EventBus receives those of the members.
	AnnounceBus = "default"
)

// DeadLetters is the name of the queue that takes what another queue, or a rule that
// feeds it, gave up on.
func DeadLetters(queue string) string { return queue + "-dlq" }

// Switch is the parameter with which an administrator stops every start.
var Switch = "/" + NamePrefix + "hubmend/switch"

// The values of the switch.
const (
	SwitchActive = "active"
	SwitchPaused = "paused"
)

// Document is the name of a runbook's SSM document.
func Document(runbook string) string { return Prefix + runbook }

// FunctionRole is the name of the role of a function of the administrator account.
func FunctionRole(function string) string { return function + "-function" }

// UndoRunbook is the name of the runbook that undoes what another did.
func UndoRunbook(runbook string) string { return "Undo" + runbook }

// RunbookRole is the name of the role that a runbook's steps run under.
func RunbookRole(runbook string) string { return Prefix + runbook }

// RoleARN is the ARN of a role in an account.
func RoleARN(partition, account, role string) string {
	return "arn:" + partition + ":iam::" + account + ":role" + RolePath + role
}
