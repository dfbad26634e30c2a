package finding

import (
	"regexp"
	"strings"
)

// Sender returns SQS's id of the sender of a message, the attribute SenderId. The sender can choose only the session
// name in it. It goes into notes, so anything that is not such an id becomes "".
func Sender(attribute string) string {
	if !senderID.MatchString(attribute) {
		return ""
	}
	return attribute
}

// senderID is the unique id of a user, of a role with the name of the session, or of an account, alone or with the name
// of a federated user.
var senderID = regexp.MustCompile(`^[A-Z0-9]{3,40}(:[A-Za-z0-9_+=,.@-]{1,64})?$`)

// Confirms reports whether the id of a sender matches the requester in a message, the ARN by. A message without by
// comes from Security Hub, by way of EventBridge. The id of a user confirms nothing: it is random, so only IAM knows
// whose it is.
func Confirms(sender, by string) bool {
	id, session, isSession := strings.Cut(sender, ":")
	if by == "" {
		return !isSession // services send under the id of a user of AWS's
	}
	part := append(strings.SplitN(by, ":", 6), "", "", "", "", "", "")
	account, resource := part[4], part[5]
	kind, path, _ := strings.Cut(resource, "/")
	switch kind {
	case "assumed-role":
		_, name, _ := strings.Cut(path, "/")
		return session != "" && session == name && !accountID.MatchString(id)
	case "federated-user":
		return sender == account+":"+path
	case "root":
		return sender == account
	}
	return false
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// Doubtful returns the sender of a message that does not confirm who asks, and "" for one that does or is not known.
func Doubtful(sender, by string) string {
	if sender == "" || Confirms(sender, by) {
		return ""
	}
	return sender
}

// SentBy is the text after the requester's name that names the message's sender, if the requester is unconfirmed.
func SentBy(sender, by string) string {
	if sender = Doubtful(sender, by); sender == "" {
		return ""
	}
	return ", sent by " + sender
}
