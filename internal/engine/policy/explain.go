package policy

import "fmt"

// Unmet returns the conditions that do not hold, as they are written in a file. A fact that is not known is named.
func (w When) Unmet(s Subject, f Facts) []string {
	var unmet []string
	for _, c := range []struct {
		name string
		When
	}{
		{"controls", When{Controls: w.Controls}}, {"groups", When{Groups: w.Groups}},
		{"standards", When{Standards: w.Standards}}, {"risks", When{Risks: w.Risks}},
		{"severities", When{Severities: w.Severities}}, {"accounts", When{Accounts: w.Accounts}},
		{"regions", When{Regions: w.Regions}}, {"resources", When{Resources: w.Resources}},
		{"firstObserved", When{FirstObservedBefore: w.FirstObservedBefore, FirstObservedAfter: w.FirstObservedAfter}},
		{"ous", When{OUs: w.OUs}}, {"tags", When{Tags: w.Tags}}, {"managedBy", When{ManagedBy: w.ManagedBy}},
	} {
		switch matches, need := c.match(s, f); {
		case need != "":
			unmet = append(unmet, fmt.Sprintf("%s (the %s are not known)", c.name, need))
		case !matches:
			unmet = append(unmet, c.name)
		}
	}
	return unmet
}
