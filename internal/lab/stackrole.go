package lab

import (
	"strings"

	"hubmend/internal/aws/authz"
)

// permitted asks the policies of the launch role for what CloudFormation does with a resource of
// something launched. Other stacks are deployed by the operator, who may do everything.
func (s *stack) permitted(resource string, actions ...string) error {
	role := s.current().role
	if !s.lab.enforce || role == "" || !strings.HasPrefix(s.name, launchedPrefix) {
		return nil
	}
	for _, action := range actions {
		if err := s.stacks.authority.judge(Caller{Account: s.at.account, ARN: role, Role: role}, s.at.region,
			"servicecatalog:launch", resource, authz.Need{Action: action}); err != nil {
			return err
		}
	}
	return nil
}

// launchedPrefix begins the names of the stacks that Service Catalog makes.
const launchedPrefix = "SC-"
