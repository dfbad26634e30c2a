package decide

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// The parts of the message with which AWS denies a call. The useful part is at the end: which kind of policy
// denies, and the policy's ARN.
var (
	// encoded is for sts:DecodeAuthorizationMessage, and may have thousands of characters.
	encoded = regexp.MustCompile(`\s*Encoded authorization failure message: \S+`)
	// caller is Hubmend's own role, whose name the execution tells too.
	caller = regexp.MustCompile(
		`(?:You are not authorized to perform this operation\. )?User: \S+ is not authorized to perform`)
	// denial ends with the sentence; the ARN of a policy has no full stop that a space follows.
	denial = regexp.MustCompile(`(?s)(?:with an explicit deny in|because no) \S.*?(?:\.\s|$)`)
)

// Expected begins the part of a reason that tells failures which the runbook reckoned with.
const Expected = "Expected by the runbook:"

// Brief shortens the reason of a failure. It gives up first what was expected. Of a call that AWS
// denied it keeps which policy denies rather than the rest of the sentence.
func Brief(reason string, limit int) string {
	if utf8.RuneCountInString(reason) <= limit {
		return reason
	}
	reason, _, _ = strings.Cut(reason, " "+Expected)
	reason = caller.ReplaceAllLiteralString(encoded.ReplaceAllLiteralString(reason, ""), "not authorized to perform")
	at := denial.FindStringIndex(reason)
	if at == nil || utf8.RuneCountInString(reason[:at[1]]) <= limit-len(ellipsis) {
		return Clip(reason, limit)
	}
	who := strings.TrimSpace(reason[at[0]:at[1]])
	if room := limit - utf8.RuneCountInString(who) - 1; room > len(ellipsis) {
		return Clip(reason[:at[0]], room) + " " + who
	}
	return clipStart(who, limit)
}

// clipStart shortens text to its last characters and shows that it did.
func clipStart(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return ellipsis + string(runes[len(runes)-limit+len(ellipsis):])
}

// because writes a note around the reason of a failure, which gets the room that the rest leaves.
func because(before, reason, after string) string {
	room := noteLimit - utf8.RuneCountInString(before) - utf8.RuneCountInString(after) - 2
	return Clip(before+" "+Brief(reason, max(room, reasonLimit))+" "+after, noteLimit)
}
