package policies

import (
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/policy"
)

// Known is what the ledger knows of findings that wait, by their ids.
type Known map[string]Repair

// Add takes the waiting findings of a record.
func (k Known) Add(rec decide.Record, controls map[string]policy.Control) {
	for _, p := range rec.Parked {
		if r := p.Request; p.ReturnedAt.IsZero() {
			k[r.Ref.ID] = Repair{Finding: r.Ref.ID, Subject: r.Subject(rec.Target, controls[r.Control])}
		}
	}
}

// Join adds to findings that were read since when they wait, and the waiting findings that were not read. Their tags
// are not known.
func (k Known) Join(read []Repair) []Repair {
	seen := map[string]bool{}
	for i := range read {
		seen[read[i].Finding] = true
		if known, waits := k[read[i].Finding]; waits {
			read[i].Subject.AskedAt = known.Subject.AskedAt
		}
	}
	for id, r := range k {
		if !seen[id] {
			read = append(read, r)
		}
	}
	return read
}
