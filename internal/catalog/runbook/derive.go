package runbook

import (
	"fmt"
	"strings"

	"hubmend/internal/aws/authz/reference"
)

// Derive returns the permission for a call with these parameters, from AWS's Service Authorization Reference: the
// action, on the account's resources that the call can affect, or on "*" if the action supports no resources. A call
// that is not in the reference is an error.
//
// ssm-documents/permissions has the exceptions: roles that a call passes, services that check something else than the
// reference says, and narrower resources.
func Derive(call string, parameters []string) (Permission, error) {
	service, api, _ := strings.Cut(call, ":")
	known, ok := reference.Lookup(service, api)
	if !ok {
		return Permission{},
			fmt.Errorf("neither ssm-documents/permissions nor AWS's Service Authorization Reference has the "+
				"permissions of %s", call)
	}
	p := Permission{Actions: []string{known.Action}}
	for _, arn := range known.Types(parameters) {
		p.Resources = append(p.Resources, everyOne(arn))
	}
	if len(p.Resources) == 0 {
		p.Resources, p.Reason = []string{"*"}, fmt.Sprintf("IAM has no resource for %s.", known.Action)
	}
	if err := p.Check(); err != nil {
		return Permission{},
			fmt.Errorf("what the Service Authorization Reference says of %s cannot be granted, so "+
				"ssm-documents/permissions must: %w", call, err)
	}
	return p, nil
}

// everyOne returns the pattern of all resources of a type in the account, in every Region.
func everyOne(arn string) string {
	at := strings.NewReplacer("${Partition}", "${AWS::Partition}", "${Region}", "*", "${Account}", "${AWS::AccountId}")
	parts := strings.SplitN(arn, ":", 6)
	parts[5] = reference.Placeholder.ReplaceAllString(parts[5], "*")
	return at.Replace(strings.Join(parts, ":"))
}
