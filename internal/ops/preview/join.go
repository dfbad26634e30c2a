package preview

import "hubmend/internal/engine/finding"

// versions are the latest versions of a finding, one of each Security Hub. Either may be missing.
type versions struct{ cspm, v2 *Finding }

// Join returns each finding once: its latest version, joined with what the new Security Hub has of it.
func Join(all []Finding) []Finding {
	var order []*versions
	byID := map[string]*versions{}
	for i := range all {
		f := &all[i]
		v := byID[f.ID]
		if v == nil {
			v = &versions{}
			byID[f.ID] = v
			order = append(order, v)
		}
		latest := &v.cspm
		if f.V2 != (finding.V2{}) {
			latest = &v.v2
		}
		if *latest == nil || f.ObservedAt.After((*latest).ObservedAt) {
			*latest = f
		}
	}
	joined := make([]Finding, 0, len(order))
	for _, v := range order {
		joined = append(joined, v.join())
	}
	return joined
}

// join takes the later check. The workflow status is that of Security Hub CSPM.
func (v versions) join() Finding {
	switch {
	case v.v2 == nil:
		return *v.cspm
	case v.cspm == nil:
		return *v.v2
	}
	f := *v.cspm
	if v.v2.ObservedAt.After(f.ObservedAt) {
		f = *v.v2
		f.Workflow = v.cspm.Workflow
	}
	if f.Tags == nil {
		f.Tags = v.v2.Tags
	}
	f.SetV2(v.v2.V2)
	return f
}

// SetV2 adds what the new Security Hub has of a finding. A finding that is suppressed there is suppressed.
func (f *Finding) SetV2(v2 finding.V2) {
	f.V2 = v2
	if v2.Status == finding.Suppressed {
		f.Workflow = finding.Suppressed
	}
}
