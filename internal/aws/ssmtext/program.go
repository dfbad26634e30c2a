package ssmtext

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The first words of failure messages from the runtime of programs.
const (
	Refused    = "refused"    // the resource cannot be repaired in this way; nothing was changed
	Changed    = "changed"    // it is not as it was when the repair was planned; nothing was changed
	Unverified = "unverified" // the change does not show
	Read       = "read"       // a repair could not read, and nothing was changed
	Recall     = "recall"     // an undo could not read, and nothing was changed
	Write      = "write"      // a change was answered with an error
	Check      = "check"      // a read after a change was
)

// Said is a program's failure message.
type Said struct {
	Word string // one of the words above
	// Code and Call identify the failed call, such as NotFoundException and kms:DescribeKey.
	Code, Call string
	Text       string
}

var (
	// words matches the first word. The text after it may quote AWS or names of resources. The runtime's source, which
	// a traceback contains, does not have words in this form.
	words = regexp.MustCompile(`(?s)\bhubmend:(refused|changed|unverified|read|recall|write|check) (.*)$`)
	call  = regexp.MustCompile(`(?s)^(\S+) ([a-z0-9-]+:\w+): ?(.*)$`)
)

// Program extracts a program's failure message from the text of Systems Manager and Python around it.
func Program(failureMessage string) (Said, bool) {
	m := words.FindStringSubmatch(strings.TrimSuffix(strings.TrimSuffix(failureMessage, Guide), Guide[1:]))
	if m == nil {
		return Said{}, false
	}
	said := Said{Word: m[1], Text: m[2]}
	if slices.Contains([]string{Refused, Changed, Unverified}, said.Word) {
		return said, true
	}
	if c := call.FindStringSubmatch(said.Text); c != nil {
		said.Code, said.Call, said.Text = c[1], c[2], c[3]
	}
	return said, true
}

func (s Said) reason() string {
	if s.Code == "" {
		return s.Text
	}
	if s.Text == "" {
		return fmt.Sprintf("%s answered %s", s.Call, s.Code)
	}
	return fmt.Sprintf("%s answered %s: %s", s.Call, s.Code, s.Text)
}
