package overview

import (
	"maps"
	"slices"
	"strings"

	"hubmend/internal/engine/decide"
)

// V2IDs writes the ids that findings have in the new Security Hub, in the order of the findings' own ids.
func V2IDs(byFinding map[string]string) string {
	var ids []string
	for _, f := range slices.Sorted(maps.Keys(byFinding)) {
		ids = append(ids, byFinding[f])
	}
	return strings.Join(ids, " ")
}

// Recorded returns the ids that some findings have in the new Security Hub, as far as a record knows them. They are
// kept with the attempt that the finding joined, or with the request that waits.
func Recorded(rec decide.Record, findings []string) map[string]string {
	known := map[string]string{}
	for _, a := range rec.Attempts {
		maps.Copy(known, a.V2IDs)
	}
	for _, p := range rec.Parked {
		if p.Request.V2ID != "" {
			known[p.Request.Ref.ID] = p.Request.V2ID
		}
	}
	return AddV2IDs(nil, findings, known)
}

// AddV2IDs returns the ids that some findings have in the new Security Hub: those that are had, and those that are
// known.
func AddV2IDs(had map[string]string, findings []string, known map[string]string) map[string]string {
	all := maps.Clone(had)
	for _, f := range WithoutV2ID(had, findings) {
		if known[f] == "" {
			continue
		}
		if all == nil {
			all = map[string]string{}
		}
		all[f] = known[f]
	}
	return all
}

// WithoutV2ID returns those of some findings that have no id in the new Security Hub, as far as is known.
func WithoutV2ID(had map[string]string, findings []string) []string {
	return slices.DeleteFunc(slices.Clone(findings), func(f string) bool { return had[f] != "" })
}

func idsOf(refs []decide.Ref) []string {
	var all []string
	for _, r := range refs {
		all = append(all, r.ID)
	}
	return all
}
