package rollout

import (
	"regexp"
	"slices"

	"hubmend/infra/setting"
)

// ContextKey is where cdk.json has the settings.
const ContextKey = "hubmend:rollout"

// Settings are the object ContextKey of cdk.json. They choose where the member templates are deployed.
type Settings struct {
	// OrganizationalUnits whose accounts get the templates. The root counts as one.
	OrganizationalUnits []string `json:"organizationalUnits" example:"[\"r-a1b2\"]"`
	// Regions get the runbooks. The first is the home Region, which gets the roles.
	Regions []string `json:"regions" example:"[\"eu-central-1\"]"`
	// Accounts narrow the OUs down as AccountFilter says.
	Accounts      []string `json:"accounts" example:"[\"111111111111\"]"`
	AccountFilter string   `json:"accountFilter" example:"\"DIFFERENCE\""`
	// AutoDeployment is for accounts that join or leave an OU. Nil is true.
	AutoDeployment *bool `json:"autoDeployment" example:"true"`
	// FailureTolerancePercentage of the accounts may fail in a Region before the operation stops.
	FailureTolerancePercentage *int `json:"failureTolerancePercentage" example:"10"`
	// MaxConcurrentPercentage of the accounts are deployed to at the same time.
	MaxConcurrentPercentage *int   `json:"maxConcurrentPercentage" example:"25"`
	RegionConcurrency       string `json:"regionConcurrency" example:"\"PARALLEL\""`
	// AdministratorAccount has the stack hubmend-admin. Empty is the account of this stack.
	AdministratorAccount string `json:"administratorAccount" example:"\"111111111111\""`
	// ManagementAccount is set when a delegated administrator deploys this stack.
	ManagementAccount string `json:"managementAccount" example:"\"111111111111\""`
}

// Defaults. One account in ten may fail, because some have policies that prevent the deployment. Regions follow one
// after the other, so that a mistake shows in the first one.
const (
	defaultFailureTolerance  = 10
	defaultMaxConcurrent     = 25
	sequential               = "SEQUENTIAL"
	parallel                 = "PARALLEL"
	noFilter                 = "NONE"
	intersection, difference = "INTERSECTION", "DIFFERENCE"
)

// Patterns of ids and Regions.
const (
	unitForm    = `(ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|r-[a-z0-9]{4,32})`
	regionForm  = `[a-z]{2,4}(-[a-z]+)+-\d`
	accountForm = `\d{12}`
	accountsID  = "the 12-digit id of an account"
)

// Read reads the settings from the context value, an object or, from the command line, JSON text. Without a value it
// gives nil and no error. The error lists all mistakes.
func Read(context any) (*Settings, error) {
	if context == nil {
		return nil, nil //nolint:nilnil // nothing is configured
	}
	var s Settings
	o, err := setting.Read(ContextKey, context, &s)
	if err != nil {
		return nil, err
	}
	s.validate(o)
	if err := o.Err(); err != nil {
		return nil, err
	}
	s.fill()
	return &s, nil
}

func (s *Settings) validate(o *setting.Object) {
	each := func(name, form, what string, values []string) {
		for i, v := range values {
			o.Demand(matches(form, v), name, "%q is not %s", v, what)
			o.Demand(!slices.Contains(values[:i], v), name, "%q is listed twice", v)
		}
	}
	o.Demand(len(s.OrganizationalUnits) > 0, "organizationalUnits",
		"needs at least one OU; the root, such as r-a1b2, is all accounts")
	each("organizationalUnits", unitForm, "the id of an OU", s.OrganizationalUnits)
	o.Demand(len(s.Regions) > 0, "regions", "needs at least the home Region, which has the stack hubmend-admin")
	each("regions", regionForm, "the name of a Region", s.Regions)
	each("accounts", accountForm, accountsID, s.Accounts)

	filters := []string{"", noFilter, intersection, difference} // StackSets refuses UNION for a new set
	o.Demand(slices.Contains(filters, s.AccountFilter), "accountFilter",
		"%q is neither INTERSECTION (only these accounts) nor DIFFERENCE (all others)", s.AccountFilter)
	filtered := s.AccountFilter != "" && s.AccountFilter != noFilter
	o.Demand(!filtered || len(s.Accounts) > 0, "accounts", "accounts and accountFilter must be set together")
	o.Demand(filtered || len(s.Accounts) == 0, "accountFilter", "accounts and accountFilter must be set together")
	o.Demand(!filtered || s.AutoDeployment != nil, "autoDeployment",
		"must be set when accounts are filtered, because AWS does not apply the filter to accounts that join later")

	percent := func(name string, value *int, least int) {
		o.Demand(value == nil || *value >= least && *value <= 100, name, "must be %d to 100", least)
	}
	percent("failureTolerancePercentage", s.FailureTolerancePercentage, 0)
	percent("maxConcurrentPercentage", s.MaxConcurrentPercentage, 1)
	o.Demand(slices.Contains([]string{"", sequential, parallel}, s.RegionConcurrency), "regionConcurrency",
		"%q is neither %s nor %s", s.RegionConcurrency, sequential, parallel)
	o.Demand(s.AdministratorAccount == "" || matches(accountForm, s.AdministratorAccount), "administratorAccount",
		"%q is not %s", s.AdministratorAccount, accountsID)
	o.Demand(s.ManagementAccount == "" || matches(accountForm, s.ManagementAccount), "managementAccount",
		"%q is not %s", s.ManagementAccount, accountsID)
}

func matches(form, value string) bool { return regexp.MustCompile(`^` + form + `$`).MatchString(value) }

func (s *Settings) fill() {
	if s.AccountFilter == "" {
		s.AccountFilter = noFilter
	}
	if s.AutoDeployment == nil {
		s.AutoDeployment = new(true)
	}
	if s.FailureTolerancePercentage == nil {
		s.FailureTolerancePercentage = new(defaultFailureTolerance)
	}
	if s.MaxConcurrentPercentage == nil {
		s.MaxConcurrentPercentage = new(defaultMaxConcurrent)
	}
	if s.RegionConcurrency == "" {
		s.RegionConcurrency = sequential
	}
}
