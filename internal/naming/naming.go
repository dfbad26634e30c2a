// Package naming owns the names that templates, functions and the command line
// must agree on without being able to ask each other.
//
// Names are the same in every account and Region, so that a role in one account can
// trust a role in another before either is looked up.
package naming

import "strconv"

// Prefix begins the name of everything that Hubmend creates.
const Prefix = "hubmend-"

// Stacks, and the StackSets of the roll-out, which are named as the stacks of its templates.
const (
	AdminStack          = Prefix + "admin"
	MemberRolesStack    = Prefix + "member-roles"
	MemberRunbooksStack = Prefix + "member-runbooks"
	RolloutStack        = Prefix + "rollout"
)

// Part is the name of a member stack, or of its StackSet, that has one part of the runbooks. The first
// part has the stack's own name.
func Part(stack string, part int) string {
	if part == 1 {
		return stack
	}
	return stack + "-" + strconv.Itoa(part)
}

// Roles of a member account that the administrator's functions assume.
const (
	// DispatchRole may start runbooks.
	DispatchRole = Prefix + "dispatch"
	// SettleRole may read how an execution ended.
	SettleRole = Prefix + "settle"
	// ForwardRole lets a member's rule put execution events on the administrator's bus.
	ForwardRole = Prefix + "forward"
)

// LaunchRole is what Service Catalog launches playbooks under.
const LaunchRole = Prefix + "launch"

// Portfolio is the name of the portfolio of playbooks and ProductOwner whose its products are.
// People need policies to use it, for roles and permission sets, or groups for IAM users.
const (
	Portfolio                  = "Hubmend playbooks"
	ProductOwner               = "Hubmend"
	CatalogUserPolicy          = Prefix + "catalog-user"
	CatalogAdministratorPolicy = Prefix + "catalog-administrator"
	CatalogUsers               = Prefix + "catalog-users"
	CatalogAdministrators      = Prefix + "catalog-administrators"
)

// Resources of the administrator account.
const (
	FindingsQueue = Prefix + "findings"
	OutcomesQueue = Prefix + "outcomes"
	LedgerTable   = Prefix + "ledger"
	LedgerIndex   = "open"
	EventBus      = Prefix + "events"
	// AnnounceBus is where programs hear what becomes of repairs; EventBus is for members.
	AnnounceBus          = "default"
	Topic                = Prefix + "notifications"
	Dashboard            = "hubmend"
	DispatchFunction     = Prefix + "dispatch"
	SettleFunction       = Prefix + "settle"
	SweepFunction        = Prefix + "sweep"
	SweepRule            = Prefix + "sweep"
	CustomActionFunction = Prefix + "custom-action"
)

// DeadLetters is the name of the queue that takes what another queue, or a rule that
// feeds it, gave up on.
func DeadLetters(queue string) string { return queue + "-dlq" }

// Switch is the parameter with which an administrator stops every start, and what it may say.
const (
	Switch       = "/hubmend/switch"
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
	return "arn:" + partition + ":iam::" + account + ":role/" + role
}
