// Package target owns the identity of what is repaired, and the parameters of a repair.
//
// The ledger is keyed by target, not by finding: one broken security group gives one
// finding for every standard that checks it, and a finding keeps its id when it fails again.
package target

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"hubmend/internal/engine/naming"
)

// Global stands in for the Region of a resource that exists once per account, such
// as an IAM user. Its findings repeat in every Region; its repair must not.
const Global = "global"

// Target is one resource that one runbook repairs.
type Target struct {
	Account  string // 12 digits
	Region   string // of the resource, or Global
	Runbook  string // without the document's prefix
	Resource string // Resources[0].Id of its findings
}

// String writes the target for people and logs.
func (t Target) String() string {
	return strings.Join([]string{t.Account, t.Region, t.Runbook, t.Resource}, "/")
}

// Key identifies the target in the ledger: 40 characters of [a-z0-9-].
//
// The key also names the session under which a repair is started. Systems Manager
// puts the session into its status events, so an outcome leads back to its target
// without a second index, and CloudTrail in the member account shows it too.
func (t Target) Key() string {
	sum := sha256.Sum256([]byte(t.String()))
	return naming.Mark + hex.EncodeToString(sum[:16])
}

// KeyFromExecutor takes the key out of an execution's ExecutedBy, the ARN of an
// assumed-role session. It returns false for an execution that Hubmend did not start.
func KeyFromExecutor(arn string) (string, bool) {
	role, session, ok := strings.Cut(arn[strings.LastIndex(arn, ":")+1:], "/")
	if !ok || role != "assumed-role" {
		return "", false
	}
	name, key, ok := strings.Cut(session, "/")
	if !ok || name != naming.DispatchRole || !IsKey(key) {
		return "", false
	}
	return key, true
}

// Name is what people call a resource: its own id, the end of its ARN.
func Name(resource string) string { return resource[strings.LastIndexAny(resource, "/:")+1:] }

// IsKey reports whether a text has the form of a Key.
func IsKey(s string) bool {
	digest, ok := strings.CutPrefix(s, naming.Mark)
	if !ok || len(digest) != 32 {
		return false
	}
	_, err := hex.DecodeString(digest)
	return err == nil
}
