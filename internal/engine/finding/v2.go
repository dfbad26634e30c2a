package finding

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// V2 is what the new Security Hub has of a finding beside what Security Hub CSPM has. AWS calls its API V2. It is zero
// when the finding is not known there.
//
// Both services have a status and a text for each finding, and no document says that AWS keeps them alike.
type V2 struct {
	UID     string // metadata.uid, the id of the finding there
	Status  string // in the words of CSPM: NEW, NOTIFIED for In Progress, SUPPRESSED, RESOLVED; or ARCHIVED
	Comment string // empty when there is none
}

// nameOf returns the name that the new Security Hub has for a workflow status; empty when it has none.
func nameOf(workflow string) string {
	for _, v := range workflows {
		if v.asff == workflow {
			return v.name
		}
	}
	return ""
}

// commentLimit is the most characters of a Comment in BatchUpdateFindingsV2.
const commentLimit = 512

// Comment returns a note as the comment that Hubmend writes with a status, or without one when workflow is empty. Its
// end says so: both are written in one call, so it tells Hubmend's own In Progress from a person's. again says that the
// status was written before, and that something else has changed it.
func Comment(note, workflow string, again bool) string {
	end := " " + mark(workflow, again)
	if room := commentLimit - len(end); utf8.RuneCountInString(note) > room {
		note = string([]rune(note)[:room-len(ellipsis)]) + ellipsis
	}
	return note + end
}

const ellipsis = "..."

func mark(workflow string, again bool) string {
	text := "[Hubmend"
	if workflow != "" {
		text += ": " + nameOf(workflow)
	}
	if again {
		text += " again"
	}
	return text + "]"
}

// OwnInProgress reports whether the status In Progress may be Hubmend's own: it wrote the comment, and set neither New
// nor Resolved with it.
func (v V2) OwnInProgress() bool {
	return v.Status == Notified && (v.marked("", false) || v.marked(Notified, false) || v.marked(Notified, true))
}

// Own reports whether Hubmend wrote the comment.
func (v V2) Own() bool { return v.WrittenOnce() || v.written(true) }

// WrittenOnce reports whether Hubmend wrote the comment, and has not written it again.
func (v V2) WrittenOnce() bool { return v.written(false) }

func (v V2) written(again bool) bool {
	return slices.ContainsFunc([]string{"", New, Notified, Suppressed, Resolved},
		func(workflow string) bool { return v.marked(workflow, again) })
}

func (v V2) marked(workflow string, again bool) bool {
	return strings.HasSuffix(v.Comment, mark(workflow, again))
}
