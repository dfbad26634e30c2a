package runbook

import (
	"fmt"
	"strings"

	"hubmend/internal/aws/authz/reference"
)

// Derive gives the permission that a call needs with these parameters, as AWS's Service Authorization Reference has
// it: the action, on the resources of the account that the call can be about. A call whose action takes no resource
// is on "*". It is an error for a call of which the reference says nothing.
//
// A role that the call passes on, a service that asks for something else than the reference says, and less than all
// resources of a type are for ssm-documents/permissions to tell.
func Derive(call string, parameters []string) (Permission, error) {
	service, api, _ := strings.Cut(call, ":")
	known, ok := reference.Lookup(service, api)
	if !ok {
		return Permission{},
			fmt.Errorf("neither ssm-documents/permissions nor AWS's Service Authorization Reference says what %s needs",
				call)
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

// everyOne is the pattern of all resources of a type in the account, in every Region.
func everyOne(arn string) string {
	at := strings.NewReplacer("${Partition}", "${AWS::Partition}", "${Region}", "*", "${Account}", "${AWS::AccountId}")
	parts := strings.SplitN(arn, ":", 6)
	parts[5] = reference.Placeholder.ReplaceAllString(parts[5], "*")
	return at.Replace(strings.Join(parts, ":"))
}
