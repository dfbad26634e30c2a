package replay

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"hubmend/internal/engine/finding"
	"hubmend/internal/ops/preview"
)

// Finding is a version of a finding that an export has, with the time at which Security Hub made the finding.
type Finding struct {
	preview.Finding
	CreatedAt time.Time // zero when it does not say it
}

// Read reads the document of a finding.
func Read(raw json.RawMessage) (Finding, error) {
	f, err := preview.Read(raw)
	if err != nil {
		return Finding{}, err
	}
	var d struct{ CreatedAt string }
	_ = json.Unmarshal(raw, &d) // a time of another form is as good as none
	created, _ := time.Parse(time.RFC3339, d.CreatedAt)
	return Finding{f, created}, nil
}

func (f Finding) fails() bool {
	return f.Compliance == finding.Failed && f.RecordState == finding.Active
}

// changedAt is when the finding got the result that it has.
func (f Finding) changedAt() time.Time {
	for _, t := range []time.Time{f.Since, f.CreatedAt} {
		if !t.IsZero() {
			return t
		}
	}
	return f.ObservedAt
}

// spell is a time in which a resource failed a control.
type spell struct{ from, to time.Time } // to is zero when it still fails

// history is what an export tells of one finding.
type history struct {
	latest Finding
	spells []spell
}

// historiesOf derives from the versions of findings when their resources failed, in the order of the findings' ids.
// FirstObservedAt is when the result last changed, so one version tells of the change before it too.
func historiesOf(versions []Finding) []history {
	byID := map[string][]Finding{}
	for _, v := range versions {
		byID[v.ID] = append(byID[v.ID], v)
	}
	var all []history
	for _, of := range byID {
		slices.SortStableFunc(of, func(a, b Finding) int { return a.ObservedAt.Compare(b.ObservedAt) })
		all = append(all, history{latestOf(of), spellsOf(of)})
	}
	slices.SortFunc(all, func(a, b history) int { return cmp.Compare(a.latest.ID, b.latest.ID) })
	return all
}

// latestOf joins the versions of a finding, which may come from both Security Hubs.
func latestOf(versions []Finding) Finding {
	plain := make([]preview.Finding, 0, len(versions))
	for _, v := range versions {
		plain = append(plain, v.Finding)
	}
	return Finding{preview.Join(plain)[0], versions[len(versions)-1].CreatedAt}
}

func spellsOf(versions []Finding) []spell {
	var spells []spell
	open := func() *spell {
		if n := len(spells); n > 0 && spells[n-1].to.IsZero() {
			return &spells[n-1]
		}
		return nil
	}
	for i, v := range versions {
		at, now := v.changedAt(), open()
		switch {
		case v.fails() && now == nil:
			spells = append(spells, spell{from: at})
		case v.fails() && at.After(now.from): // it passed in between, and failed again
			now.to = at
			spells = append(spells, spell{from: at})
		case v.fails():
		case now != nil && v.RecordState != finding.Active: // its resource was deleted
			now.to = v.ObservedAt
		case now != nil:
			now.to = at
		case i == 0 && !v.CreatedAt.IsZero() && v.CreatedAt.Before(at) && v.Compliance != "":
			spells = append(spells, spell{v.CreatedAt, at}) // the result was another one before
		}
	}
	return slices.DeleteFunc(spells, func(s spell) bool { return s.to.Equal(s.from) })
}
