package postcondition

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go"
)

// day is what controls count ages in. A credential of exactly the age that a control allows fails.
const day = 24 * time.Hour

func init() {
	controls["IAM.3"] = reader.keysAreRotated
	controls["IAM.8"] = func(r reader) (bool, error) { return r.credentialsAreUsed(90 * day) }
	controls["IAM.22"] = func(r reader) (bool, error) { return r.credentialsAreUsed(45 * day) }
	controls["IAM.26"] = reader.certificateIsValid
	controls["IAM.27"] = reader.hasNoCloudShell
}

// keysAreRotated is IAM.3: no active access key is older than 90 days.
func (r reader) keysAreRotated() (bool, error) {
	keys, err := r.activeKeys()
	if err != nil {
		return false, err
	}
	for _, key := range keys {
		if old, err := isOld(key["CreateDate"], 90*day); old || err != nil {
			return false, err
		}
	}
	return true, nil
}

// credentialsAreUsed is IAM.8 and IAM.22: no password and no active access key that was not used for
// that time, counted from its creation when it was never used.
func (r reader) credentialsAreUsed(limit time.Duration) (bool, error) {
	keys, err := r.activeKeys()
	if err != nil {
		return false, err
	}
	for _, key := range keys {
		answer, err := r.call("iam", "GetAccessKeyLastUsed", map[string]any{"AccessKeyId": key["AccessKeyId"]})
		if err != nil {
			return false, err
		}
		use, _ := answer["AccessKeyLastUsed"].(map[string]any)
		if old, err := isOld(first(use["LastUsedDate"], key["CreateDate"]), limit); old || err != nil {
			return false, err
		}
	}
	return r.passwordIsUsed(limit)
}

func (r reader) passwordIsUsed(limit time.Duration) (bool, error) {
	name := map[string]any{"UserName": r.name()}
	user, err := r.call("iam", "GetUser", name)
	if err != nil {
		return false, err
	}
	profile, err := r.call("iam", "GetLoginProfile", name)
	if isNoSuchEntity(err) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	facts, _ := user["User"].(map[string]any)
	password, _ := profile["LoginProfile"].(map[string]any)
	old, err := isOld(password["CreateDate"], limit)
	if err != nil || !old || facts["PasswordLastUsed"] == nil {
		return !old, err
	}
	// The last use may be of a password before this one, so it counts only when it is later.
	old, err = isOld(facts["PasswordLastUsed"], limit)
	return !old, err
}

// certificateIsValid is IAM.26: no server certificate is left that has expired.
func (r reader) certificateIsValid() (bool, error) {
	answer, err := r.call("iam", "ListServerCertificates", nil)
	for _, certificate := range list(answer, "ServerCertificateMetadataList") {
		if certificate["Arn"] == r.resource {
			expired, err := isOld(certificate["Expiration"], 0)
			return !expired, err
		}
	}
	return err == nil, err
}

// hasNoCloudShell is IAM.27: the policy is not attached to the user, group or role.
func (r reader) hasNoCloudShell() (bool, error) {
	kind, _, _ := strings.Cut(r.resource[strings.LastIndex(r.resource, ":")+1:], "/")
	kind = strings.ToUpper(kind[:1]) + kind[1:]
	answer, err := r.call("iam", "ListAttached"+kind+"Policies", map[string]any{kind + "Name": r.name()})
	return !slices.ContainsFunc(list(answer, "AttachedPolicies"), func(policy map[string]any) bool {
		return policy["PolicyName"] == "AWSCloudShellFullAccess"
	}), err
}

func (r reader) activeKeys() ([]map[string]any, error) {
	answer, err := r.call("iam", "ListAccessKeys", map[string]any{"UserName": r.name()})
	var active []map[string]any
	for _, key := range list(answer, "AccessKeyMetadata") {
		if key["Status"] == "Active" {
			active = append(active, key)
		}
	}
	return active, err
}

// isOld reports whether a time of an answer is that long ago or longer.
func isOld(value any, limit time.Duration) (bool, error) {
	text, _ := value.(string)
	then, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return false, fmt.Errorf("read the time %v: %w", value, err)
	}
	return time.Since(then) >= limit, nil
}

// first returns the first value, or the second when there is none.
func first(value, otherwise any) any {
	if value == nil {
		return otherwise
	}
	return value
}

func isNoSuchEntity(err error) bool {
	var refused smithy.APIError
	return errors.As(err, &refused) && refused.ErrorCode() == "NoSuchEntity"
}
