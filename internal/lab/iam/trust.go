package iam

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
)

// IAM stores a role that a trust policy names by ARN as the unique id of the role. A role that is deleted and created
// again has the same ARN and another id, so the trust policy does not trust the new role. This is also why IAM refuses
// a trust policy that names a role that does not exist.

// trustedIDs are the unique ids of roles, by the ARNs under which a trust policy names them.
type trustedIDs map[string]string

// identify gives the ids of the roles that a new trust policy names.
func (a *Authority) identify(form url.Values) (trustedIDs, error) {
	trust, err := policy.Parse(cmp.Or(form.Get("AssumeRolePolicyDocument"), form.Get("PolicyDocument")))
	if err != nil {
		return nil, nil // moto decides whether it takes the text; assuming the role reports the error
	}
	ids := trustedIDs{}
	for _, s := range trust.Statement {
		for _, principal := range s.Principal["AWS"] {
			role := roleOf(principal)
			if role == (roleName{}) {
				continue
			}
			about, err := a.readRole(a.lab.Context, role, "GetRole")
			if err != nil {
				return nil, &apicall.Error{Status: 400, Code: "MalformedPolicyDocument",
					Message: fmt.Sprintf(`Invalid principal in policy: "AWS":%q`, principal)}
			}
			ids[principal] = about.ID
		}
	}
	return ids, nil
}

// resolve replaces the ARNs of roles in a trust policy by the ids that they had when it was written.
func (ids trustedIDs) resolve(trust policy.Document) {
	for _, s := range trust.Statement {
		principals := slices.Clone(s.Principal["AWS"])
		for i, principal := range principals {
			if id := ids[principal]; id != "" {
				principals[i] = id
			}
		}
		if len(principals) > 0 {
			s.Principal["AWS"] = principals
		}
	}
}
