package cloudformation

import (
	"strings"

	"hubmend/internal/aws/authz"
	"hubmend/internal/lab/apicall"
)

// Permitted checks that the launch role allows what CloudFormation does with a resource of a provisioned product. The
// operator deploys all other stacks, and may do everything.
func (s *Stack) Permitted(resource string, actions ...string) error {
	role := s.Current().Role
	if !s.Lab.Enforce || role == "" || !strings.HasPrefix(s.name, LaunchedPrefix) {
		return nil
	}
	for _, action := range actions {
		if err := s.stacks.authority.Judge(apicall.Caller{Account: s.At.Account, ARN: role, Role: role}, s.At.Region,
			"servicecatalog:launch", resource, authz.Need{Action: action}); err != nil {
			return err
		}
	}
	return nil
}

// LaunchedPrefix begins the names of the stacks that Service Catalog makes.
const LaunchedPrefix = "SC-"
