package failure

import "strings"

// Where names what a rule's words leave open.
type Where struct{ Account, Region, Document, Role string }

// Reason describes a failure to people, in one or more sentences.
func (r Rule) Reason(s Signal, w Where) string {
	return strings.NewReplacer(
		"{account}", w.Account, "{region}", w.Region, "{document}", w.Document, "{role}", w.Role,
		"{code}", s.Code, "{text}", strings.TrimSuffix(s.Text, "."),
	).Replace(r.Says)
}

// Flag writes a class as a value of a command's flag.
func (c Class) Flag() string { return strings.ReplaceAll(string(c), " ", "-") }
