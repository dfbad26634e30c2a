package finding_test

import (
	"strings"
	"testing"

	"hubmend/internal/engine/finding"
)

const roleID, serviceID = "AROAEXAMPLEID12345678", "AIDAJXNJGGKNS7OSV23OI"

func TestConfirms(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sender, by string
		want       bool
	}{
		"the same session": {roleID + ":ann", "arn:aws:sts::111111111111:assumed-role/Admin/ann", true},
		"the same session of IAM Identity Center": {
			roleID + ":ann@example.com",
			"arn:aws-us-gov:sts::111111111111:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ann@example.com",
			true},
		"another session": {roleID + ":bob", "arn:aws:sts::111111111111:assumed-role/Admin/ann", false},
		"a session that ends the same": {roleID + ":ann", "arn:aws:sts::111111111111:assumed-role/Admin/joann",
			false},
		"a session of another case":     {roleID + ":Ann", "arn:aws:sts::111111111111:assumed-role/Admin/ann", false},
		"a session without a name":      {roleID + ":", "arn:aws:sts::111111111111:assumed-role/Admin/", false},
		"a session as a name alone":     {roleID + ":alice", "alice", false},
		"a user, whose id says no name": {"AIDAEXAMPLEID12345678", "arn:aws:iam::111111111111:user/ann", false},
		"a user who says a session": {"AIDAEXAMPLEID12345678", "arn:aws:sts::111111111111:assumed-role/Admin/ann",
			false},
		"a session that says a user":      {roleID + ":ann", "arn:aws:iam::111111111111:user/ann", false},
		"root":                            {"111111111111", "arn:aws:iam::111111111111:root", true},
		"root of another account":         {"222222222222", "arn:aws:iam::111111111111:root", false},
		"root says a user":                {"111111111111", "arn:aws:iam::111111111111:user/ann", false},
		"a federated user":                {"111111111111:ann", "arn:aws:sts::111111111111:federated-user/ann", true},
		"another federated user":          {"111111111111:bob", "arn:aws:sts::111111111111:federated-user/ann", false},
		"a session says a federated user": {roleID + ":ann", "arn:aws:sts::111111111111:federated-user/ann", false},
		"a federated user says a session": {"111111111111:ann", "arn:aws:sts::111111111111:assumed-role/Admin/ann",
			false},
		"EventBridge, for Security Hub": {serviceID, "", true},
		"a session, for Security Hub":   {roleID + ":ann", "", false},
	} {
		if got := finding.Confirms(tc.sender, tc.by); got != tc.want {
			t.Errorf("%s: %t, want %t", name, got, tc.want)
		}
	}
}

func TestSentBy(t *testing.T) {
	t.Parallel()
	const ann = "arn:aws:sts::111111111111:assumed-role/Admin/ann"
	for name, tc := range map[string]struct{ sender, by, want string }{
		"the same":                               {roleID + ":ann", ann, ""},
		"another":                                {roleID + ":bob", ann, ", sent by " + roleID + ":bob"},
		"EventBridge":                            {serviceID, "", ""},
		"of a version that did not keep senders": {"", ann, ""},
		"a session, in the name of Security Hub": {roleID + ":bob", "", ", sent by " + roleID + ":bob"},
	} {
		if got := finding.SentBy(tc.sender, tc.by); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestSender(t *testing.T) {
	t.Parallel()
	for _, id := range []string{serviceID, "111111111111", roleID + ":ann@example.com", "AROALAB:i-0123456789abcdef0",
		"111111111111:ann"} {
		if got := finding.Sender(id); got != id {
			t.Errorf("Sender(%q) = %q", id, got)
		}
	}
	for _, text := range []string{"", roleID + ":", roleID + ":a b", roleID + ":a\nb", "{{x}}",
		roleID + ":" + strings.Repeat("a", 65)} {
		if got := finding.Sender(text); got != "" {
			t.Errorf("Sender(%q) = %q", text, got)
		}
	}
}
