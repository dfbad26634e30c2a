package rollout

import (
	"regexp"
	"slices"

	"hubmend/infra/setting"
)

// ContextKey is where cdk.json has the settings.
const ContextKey = "hubmend:rollout"

// Settings say where the member templates go. They are the object ContextKey of cdk.json.
type Settings struct {
	// OrganizationalUnits whose accounts get the templates; the root is one too.
	OrganizationalUnits []string `json:"organizationalUnits" example:"[\"r-a1b2\"]"`
	// Regions get the runbooks. The first is the home Region, which gets the roles.
	Regions []string `json:"regions" example:"[\"eu-central-1\"]"`
	// Accounts narrow the units down, in the way that AccountFilter says.
	Accounts      []string `json:"accounts" example:"[\"111111111111\"]"`
	AccountFilter string   `json:"accountFilter" example:"\"DIFFERENCE\""`
	// AutoDeployment is for accounts that join a unit, or leave it. Nil is true.
	AutoDeployment *bool `json:"autoDeployment" example:"true"`
	// FailureTolerancePercentage of the accounts may fail, in each Region, before the rest is left alone.
	FailureTolerancePercentage *int `json:"failureTolerancePercentage" example:"10"`
	// MaxConcurrentPercentage of the accounts are deployed to at the same time.
	MaxConcurrentPercentage *int   `json:"maxConcurrentPercentage" example:"25"`
	RegionConcurrency       string `json:"regionConcurrency" example:"\"PARALLEL\""`
	// AdministratorAccount has the stack hubmend-admin. Empty is the account of this stack.
	AdministratorAccount string `json:"administratorAccount" example:"\"111111111111\""`
	// ManagementAccount is given when this stack is deployed by a delegated administrator.
	ManagementAccount string `json:"managementAccount" example:"\"111111111111\""`
}

// What a setting is when nobody says. One account in ten may fail: some always do, because
// of a policy of their own. Regions one after the other: a mistake is seen in the first.
const (
	defaultFailureTolerance  = 10
	defaultMaxConcurrent     = 25
	sequential               = "SEQUENTIAL"
	parallel                 = "PARALLEL"
	noFilter                 = "NONE"
	intersection, difference = "INTERSECTION", "DIFFERENCE"
)

// What an id and a Region look like.
const (
	unitForm    = `(ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|r-[a-z0-9]{4,32})`
	regionForm  = `[a-z]{2,4}(-[a-z]+)+-\d`
	accountForm = `\d{12}`
	accountsID  = "the 12 digits of an account's id"
)

// Read reads the settings from the value that the context has, an object or, from the
// command line, its text. Without a value there are no settings, which is no error. The
// error has everything that is wrong with them.
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
			o.Demand(!slices.Contains(values[:i], v), name, "%q is there twice", v)
		}
	}
	o.Demand(len(s.OrganizationalUnits) > 0, "organizationalUnits",
		"needs at least one; the root, such as r-a1b2, stands for all accounts")
	each("organizationalUnits", unitForm, "a unit's id", s.OrganizationalUnits)
	o.Demand(len(s.Regions) > 0, "regions", "needs at least the home Region, where the stack hubmend-admin is")
	each("regions", regionForm, "a Region's name", s.Regions)
	each("accounts", accountForm, accountsID, s.Accounts)

	filters := []string{"", noFilter, intersection, difference} // StackSets refuses UNION for a new set
	o.Demand(slices.Contains(filters, s.AccountFilter), "accountFilter",
		"%q is neither INTERSECTION (only these accounts) nor DIFFERENCE (all others)", s.AccountFilter)
	filtered := s.AccountFilter != "" && s.AccountFilter != noFilter
	o.Demand(!filtered || len(s.Accounts) > 0, "accounts", "accounts and accountFilter: one needs the other")
	o.Demand(filtered || len(s.Accounts) == 0, "accountFilter", "accounts and accountFilter: one needs the other")
	o.Demand(!filtered || s.AutoDeployment != nil, "autoDeployment",
		"must be said when accounts are filtered, because AWS does not apply the filter to accounts that join later")

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
