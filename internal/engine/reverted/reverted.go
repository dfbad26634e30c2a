// Package reverted says who changed a resource after Hubmend repaired it. It is pure: CloudTrail's records go in, the
// principal, the tool and the time come out.
//
// A record has texts that its caller chose, above all the user agent. The result is cut, and has only the characters
// that AWS allows in the names of roles, users and sessions.
package reverted

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"hubmend/internal/engine/naming"
)

// Lag is how long CloudTrail may take to show a call. An empty answer that is younger is no answer.
const Lag = 15 * time.Minute

// By is a change of a resource by someone else than Hubmend.
type By struct {
	Principal string // such as "role deploy-prod", "user alice" or "the root user"
	ARN       string // of the role or the user; empty for an AWS service
	Person    string // the name of the session, where a person or a team chose it; such as alice@example.com
	Tool      Tool   // empty when the user agent names none
	Event     string // such as AuthorizeSecurityGroupIngress
	At        time.Time
	// Likely is set if the call is one that the repair or its undo makes, so it changes what was repaired.
	Likely bool
	Others int // how many other principals changed the resource, too
}

// IsZero reports whether it is not known who changed the resource. It never means that nobody did.
func (b By) IsZero() bool { return b.Event == "" }

// Latest returns the latest change of a resource that CloudTrail's records have: the CloudTrailEvent of LookupEvents,
// in any order. A change by one of the calls that undo the repair comes before a later one by any other call. What
// Hubmend did itself, what failed, what only reads and what only sets tags does not count.
func Latest(records []string, undoing []string) By {
	var changes []By
	for _, text := range records {
		var r record
		if json.Unmarshal([]byte(text), &r) != nil || !r.changes() {
			continue
		}
		b := r.by()
		b.Likely = slices.Contains(undoing, b.Event)
		changes = append(changes, b)
	}
	if len(changes) == 0 {
		return By{}
	}
	found := slices.MaxFunc(changes, func(a, b By) int {
		return cmp.Or(boolean(a.Likely)-boolean(b.Likely), a.At.Compare(b.At))
	})
	others := map[string]bool{}
	for _, b := range changes {
		if b.Likely == found.Likely {
			others[b.Principal+b.Person] = true
		}
	}
	found.Others = len(others) - 1
	return found
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// record is what is read of a CloudTrail record.
type record struct {
	UserIdentity identity `json:"userIdentity"`
	EventTime    time.Time
	EventName    string
	UserAgent    string
	ErrorCode    string
	ReadOnly     any    // a boolean, or its text in old records
	FromConsole  string `json:"sessionCredentialFromConsole"`
	Recipient    string `json:"recipientAccountId"`
}

type identity struct {
	Type, ARN, AccountID, UserName, InvokedBy string
	SessionContext                            struct {
		SessionIssuer  struct{ ARN, UserName string }
		SourceIdentity string
	}
}

// tagging are the calls that only set tags.
var tagging = regexp.MustCompile(`^(Tag|Untag)[A-Z]|Tags$|TagsTo|TagsFrom|Tagging$`)

// version is at the end of some event names, such as UpdateDistribution2020_05_31.
var version = regexp.MustCompile(`\d{4}_?\d{2}_?\d{2}(v\d+)?$`)

func (r record) changes() bool {
	return r.EventName != "" && r.ErrorCode == "" && r.ReadOnly != true && r.ReadOnly != "true" &&
		!tagging.MatchString(r.EventName) &&
		!strings.HasPrefix(r.UserIdentity.SessionContext.SessionIssuer.UserName, naming.Prefix)
}

func (r record) by() By {
	b := By{Event: clean(version.ReplaceAllString(r.EventName, "")), At: r.EventTime.UTC(), Tool: r.tool()}
	id := r.UserIdentity
	role := id.SessionContext.SessionIssuer
	session := id.ARN[strings.LastIndexByte(id.ARN, '/')+1:]
	switch {
	case id.Type == "AWSService" || id.Type == "" && id.InvokedBy != "":
		b.Principal, b.Tool = "AWS service "+clean(id.InvokedBy), ""
		return b
	case id.Type == "Root":
		b.Principal = "the root user"
	case id.Type == "IAMUser":
		b.Principal = "user " + clean(id.UserName)
	case id.Type == "FederatedUser":
		b.Principal = "federated user " + clean(session)
	case role.UserName == "":
		b.Principal = "an unknown identity"
	default:
		b.Principal = roleName(role.UserName)
		b.Person = person(role.UserName, session, id.SessionContext.SourceIdentity)
		id.ARN = role.ARN
	}
	b.ARN = cut(foreignInARN.ReplaceAllString(id.ARN, "?"))
	if account := clean(id.AccountID); account != "" && r.Recipient != "" && id.AccountID != r.Recipient {
		b.Principal += " of account " + account
	}
	return b
}

// permissionSet is the role that IAM Identity Center makes for a permission set.
var permissionSet = regexp.MustCompile(`^AWSReservedSSO_(.+)_[0-9a-f]{16}$`)

func roleName(role string) string {
	if set := permissionSet.FindStringSubmatch(role); set != nil {
		return "permission set " + clean(set[1])
	}
	return "role " + clean(role)
}

// generated are the names of sessions that no person chose.
var generated = regexp.MustCompile(`\d{8}|[0-9a-f]{16}|^i-[0-9a-f]+$|^(AWSCloudFormation|servicecatalog)$`)

// person returns the name of a session that says who it belongs to, or "".
func person(role, session, source string) string {
	switch {
	case source != "":
		return clean(source)
	case generated.MatchString(session) && !permissionSet.MatchString(role):
		return ""
	}
	return clean(session)
}

// longest is more than AWS allows in the name of a role, user or session.
const longest = 128

// foreign are the characters that names of AWS do not have, and foreignInARN those that ARNs do not have.
var (
	foreign      = regexp.MustCompile(`[^A-Za-z0-9+=,.@_-]+`)
	foreignInARN = regexp.MustCompile(`[^A-Za-z0-9+=,.@_:/-]+`)
)

// clean makes a name of text that others wrote.
func clean(text string) string { return cut(foreign.ReplaceAllString(text, "?")) }

func cut(text string) string { return text[:min(len(text), longest)] }
