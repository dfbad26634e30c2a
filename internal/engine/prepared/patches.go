package prepared

import (
	_ "embed" // for the patches
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hubmend/internal/engine/control"
)

// PatchText has the patches of this binary, as WritePatches wrote them. They are apart from Text, because functions
// need them for emails only: what nobody asks for is not read.
//
//go:embed patches.tsv
var PatchText string

// WritePatches returns patches by control, with a line for each.
func WritePatches(all map[string]control.Patch) ([]byte, error) {
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(all)) {
		text, err := json.Marshal(all[id])
		if err != nil {
			return nil, fmt.Errorf("prepare the patch of %s: %w", id, err)
		}
		fmt.Fprintf(&b, "%s\t%s\n", id, text)
	}
	return []byte(b.String()), nil
}

// Patch returns the patch of a control, and false if it has none.
func Patch(id string) (control.Patch, bool) { return patchIn(PatchText, id) }

func patchIn(text, id string) (control.Patch, bool) {
	var found control.Patch
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, "\t")
		if strings.EqualFold(key, id) {
			return found, json.Unmarshal([]byte(value), &found) == nil
		}
	}
	return found, false
}
