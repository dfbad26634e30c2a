package iam

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"unicode"

	"hubmend/internal/lab/apicall"
)

// IAM's limits on policies, in characters that are not white space.
const (
	maxManagedPolicy = 6144
	maxTrustPolicy   = 2048 // without an increase of the quota
)

// maxInline are the limits on the total size of all inline policies.
var maxInline = map[string]int{"Role": 10240, "User": 2048, "Group": 5120}

// inlineSizes tracks the sizes of the inline policies of roles, users and groups.
type inlineSizes struct {
	mu    sync.Mutex
	sizes map[inlineOwner]map[string]int // by the name of the policy
}

type inlineOwner struct{ account, kind, name string }

// policySize is the size of a policy as IAM measures it.
func policySize(document string) int {
	n := 0
	for _, r := range document {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// limitExceeded is IAM's error for a policy that is too large.
func limitExceeded(format string, args ...any) error {
	return &apicall.Error{Status: http.StatusConflict, Code: "LimitExceeded", Message: fmt.Sprintf(format, args...)}
}

// check gives the error for a call that would exceed a limit.
func (s *inlineSizes) check(account, api string, form url.Values) error {
	switch api {
	case "CreatePolicy", "CreatePolicyVersion":
		if policySize(form.Get("PolicyDocument")) > maxManagedPolicy {
			return limitExceeded("Cannot exceed quota for PolicySize: %d", maxManagedPolicy)
		}
	case "CreateRole":
		return checkTrust(form.Get("AssumeRolePolicyDocument"))
	case "UpdateAssumeRolePolicy":
		return checkTrust(form.Get("PolicyDocument"))
	}
	owner, ok := ownerOfInline(account, api, "Put", form)
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	total := policySize(form.Get("PolicyDocument"))
	for name, size := range s.sizes[owner] {
		if name != form.Get("PolicyName") {
			total += size
		}
	}
	if limit := maxInline[owner.kind]; total > limit {
		return limitExceeded("Maximum policy size of %d bytes exceeded for %s %s", limit, strings.ToLower(owner.kind),
			owner.name)
	}
	return nil
}

func checkTrust(document string) error {
	if policySize(document) > maxTrustPolicy {
		return limitExceeded("Cannot exceed quota for ACLSizePerRole: %d", maxTrustPolicy)
	}
	return nil
}

// ownerOfInline gives the owner of the inline policy of a call such as PutRolePolicy.
func ownerOfInline(account, api, verb string, form url.Values) (inlineOwner, bool) {
	kind, isVerb := strings.CutPrefix(api, verb)
	kind, isPolicy := strings.CutSuffix(kind, "Policy")
	return inlineOwner{account, kind, form.Get(kind + "Name")}, isVerb && isPolicy && maxInline[kind] > 0
}

// note records a call that succeeded.
func (s *inlineSizes) note(account, api string, form url.Values) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if owner, ok := ownerOfInline(account, api, "Put", form); ok {
		if s.sizes == nil {
			s.sizes = map[inlineOwner]map[string]int{}
		}
		if s.sizes[owner] == nil {
			s.sizes[owner] = map[string]int{}
		}
		s.sizes[owner][form.Get("PolicyName")] = policySize(form.Get("PolicyDocument"))
	}
	if owner, ok := ownerOfInline(account, api, "Delete", form); ok {
		delete(s.sizes[owner], form.Get("PolicyName"))
	}
}
