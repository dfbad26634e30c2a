package rollout

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// ContextKey is where cdk.json has the settings.
const ContextKey = "hubmend:rollout"

// Settings say where the member templates go. They are the object ContextKey of cdk.json.
type Settings struct {
	// OrganizationalUnits whose accounts get the templates; the root is one too.
	OrganizationalUnits []string `json:"organizationalUnits"`
	// Regions get the runbooks. The first is the home Region, which gets the roles.
	Regions []string `json:"regions"`
	// Accounts narrow the units down, in the way that AccountFilter says.
	Accounts      []string `json:"accounts"`
	AccountFilter string   `json:"accountFilter"`
	// AutoDeployment is for accounts that join a unit, or leave it. Nil is true.
	AutoDeployment *bool `json:"autoDeployment"`
	// FailureTolerancePercentage of the accounts may fail, in each Region, before the rest is left alone.
	FailureTolerancePercentage *int `json:"failureTolerancePercentage"`
	// MaxConcurrentPercentage of the accounts are deployed to at the same time.
	MaxConcurrentPercentage *int   `json:"maxConcurrentPercentage"`
	RegionConcurrency       string `json:"regionConcurrency"`
	// AdministratorAccount has the stack hubmend-admin. Empty is the account of this stack.
	AdministratorAccount string `json:"administratorAccount"`
	// ManagementAccount is given when this stack is deployed by a delegated administrator.
	ManagementAccount string `json:"managementAccount"`
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
	text, isText := context.(string)
	if !isText {
		marshalled, err := json.Marshal(context)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", ContextKey, err)
		}
		text = string(marshalled)
	}
	var s Settings
	d := json.NewDecoder(bytes.NewBufferString(text))
	d.DisallowUnknownFields() // a setting with a typing mistake would be left out silently
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("read %s: %w", ContextKey, err)
	}
	if err := s.validate(); err != nil {
		return nil, fmt.Errorf("%s is not in order:\n%w", ContextKey, err)
	}
	s.fill()
	return &s, nil
}

func (s *Settings) validate() error {
	var problems []error
	demand := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	each := func(setting, form, what string, values []string) {
		for i, v := range values {
			demand(matches(form, v), "%s: %q is not %s", setting, v, what)
			demand(!slices.Contains(values[:i], v), "%s: %q is there twice", setting, v)
		}
	}
	demand(len(s.OrganizationalUnits) > 0, "organizationalUnits: needs at least one; the root, such as r-a1b2, stands for all accounts")
	each("organizationalUnits", unitForm, "a unit's id", s.OrganizationalUnits)
	demand(len(s.Regions) > 0, "regions: needs at least the home Region, where the stack hubmend-admin is")
	each("regions", regionForm, "a Region's name", s.Regions)
	each("accounts", accountForm, accountsID, s.Accounts)

	filters := []string{"", noFilter, intersection, difference} // StackSets refuses UNION for a new set
	demand(slices.Contains(filters, s.AccountFilter), "accountFilter: %q is neither INTERSECTION (only these accounts) nor DIFFERENCE (all others)", s.AccountFilter)
	filtered := s.AccountFilter != "" && s.AccountFilter != noFilter
	demand(filtered == (len(s.Accounts) > 0), "accounts and accountFilter: one needs the other")
	demand(!filtered || s.AutoDeployment != nil,
		"autoDeployment: must be said when accounts are filtered, because AWS does not apply the filter to accounts that join later")

	percent := func(setting string, value *int, least int) {
		demand(value == nil || *value >= least && *value <= 100, "%s: must be %d to 100", setting, least)
	}
	percent("failureTolerancePercentage", s.FailureTolerancePercentage, 0)
	percent("maxConcurrentPercentage", s.MaxConcurrentPercentage, 1)
	demand(slices.Contains([]string{"", sequential, parallel}, s.RegionConcurrency), "regionConcurrency: %q is neither %s nor %s", s.RegionConcurrency, sequential, parallel)
	demand(s.AdministratorAccount == "" || matches(accountForm, s.AdministratorAccount), "administratorAccount: %q is not %s", s.AdministratorAccount, accountsID)
	demand(s.ManagementAccount == "" || matches(accountForm, s.ManagementAccount), "managementAccount: %q is not %s", s.ManagementAccount, accountsID)
	return errors.Join(problems...)
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
