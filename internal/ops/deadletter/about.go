package deadletter

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"hubmend/internal/engine/messages"
)

// Lengths in characters: of a message that is not understood, and of each name in one that is.
const (
	maxText = 60
	maxName = 200
)

// envelope is what may be in a message. It takes what it can: the functions refused most of
// these messages, so their own parsers would refuse them again.
type envelope struct {
	Source string `json:"source"`
	Detail struct {
		ExecutionID string            `json:"ExecutionId"`
		Findings    []json.RawMessage `json:"findings"`
	} `json:"detail"`
}

// About summarizes a message in one line: control and resource of a finding, the execution of a
// status event or of an undo request, the target of a follow-up, or else the beginning of the message.
func About(body string) string {
	var e envelope
	_ = json.Unmarshal([]byte(body), &e) // what is not there stays empty
	about := ""
	switch e.Source {
	case "aws.securityhub":
		about = aboutFindings(e.Detail.Findings)
	case "aws.ssm":
		about = prefixed("execution ", e.Detail.ExecutionID)
	default:
		if work, ok, err := messages.Parse([]byte(body)); ok && err == nil {
			about = prefixed("target ", work.Key)
		}
		if wish, ok, err := messages.ParseUndo([]byte(body)); ok && err == nil {
			about = prefixed("undo of execution ", wish.ExecutionID)
		}
	}
	return cmp.Or(about, clip(printable(body), maxText))
}

func aboutFindings(findings []json.RawMessage) string {
	if len(findings) == 0 {
		return ""
	}
	var f struct {
		ID          string `json:"Id"`
		GeneratorID string `json:"GeneratorId"`
		Compliance  struct {
			SecurityControlID string `json:"SecurityControlId"`
		} `json:"Compliance"`
		Resources []struct {
			ID string `json:"Id"`
		} `json:"Resources"`
	}
	_ = json.Unmarshal(findings[0], &f)
	control, resource := cmp.Or(f.Compliance.SecurityControlID, f.GeneratorID), f.ID
	if len(f.Resources) > 0 {
		resource = cmp.Or(f.Resources[0].ID, resource)
	}
	about := strings.TrimSpace(prefixed("", control) + " " + prefixed("", resource))
	if about != "" && len(findings) > 1 {
		about += fmt.Sprintf(" and %d more", len(findings)-1)
	}
	return about
}

// prefixed puts words before an untrusted name, and nothing before none.
func prefixed(words, name string) string {
	if name == "" {
		return ""
	}
	return words + clip(printable(name), maxName)
}
