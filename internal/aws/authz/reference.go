package authz

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"hubmend/internal/aws/authz/reference"
)

// referred returns the permissions of a call that is not in the table, from the Service Authorization Reference.
func (c Call) referred() ([]Need, error) {
	known, ok := reference.Signed(c.Service, c.API)
	if !ok {
		return nil, fmt.Errorf(
			"the Service Authorization Reference does not say what permission %s:%s needs; say so in "+
				"internal/aws/authz/needs", c.Service, c.API)
	}
	if c.passesRole() {
		return nil, fmt.Errorf("%s:%s passes a role; say in internal/aws/authz/needs to which service", c.Service,
			c.API)
	}
	n := Need{Action: known.Action, Context: map[string]string{},
		Resources: known.Resources(reference.Place{Partition: c.Partition, Region: c.Region, Account: c.Account},
			c.texts())}
	if len(n.Resources) == 0 {
		n.Resources = []string{"*"}
	}
	needs := []Need{n}
	for _, action := range known.Dependent {
		if strings.Contains(action, "Tag") && c.tags() {
			needs = append(needs, Need{Action: action, Context: map[string]string{}, Resources: n.Resources})
		}
	}
	return needs, nil
}

// texts returns the inputs that are a text or a list of texts.
func (c Call) texts() map[string][]string {
	all := map[string][]string{}
	for name := range c.Input {
		for _, value := range append(find(c.Input, name), find(c.Input, name+".*")...) {
			if value != structure && value != "" {
				all[name] = append(all[name], value)
			}
		}
	}
	return all
}

var roleARN = regexp.MustCompile(`^arn:[a-z-]+:iam::\d{12}:role/`)

// passesRole reports whether a call passes a role to a service, which requires iam:PassRole. The reference does not
// list all such calls, and never the service.
func (c Call) passesRole() bool {
	for name, values := range c.texts() {
		if strings.Contains(strings.ToLower(name), "role") && slices.ContainsFunc(values, roleARN.MatchString) {
			return true
		}
	}
	return false
}

// tags reports whether a call tags the resource that it creates.
func (c Call) tags() bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(c.Input)),
		func(name string) bool { return strings.HasPrefix(name, "Tag") || strings.HasPrefix(name, "tag") })
}
