package findingfile

import (
	"bytes"
	"encoding/json"

	"hubmend/internal/engine/finding"
)

// Read reads a finding in ASFF or in OCSF, and the tags that it says its resource has; nil when it does not have them.
func Read(raw json.RawMessage) (finding.Finding, map[string]string, error) {
	if IsOCSF(raw) {
		f, err := finding.ParseOCSF(raw)
		if err != nil {
			return finding.Finding{}, nil, err
		}
		return f, tagsInOCSF(raw), nil
	}
	f, err := finding.Parse(raw)
	if err != nil {
		return finding.Finding{}, nil, err
	}
	return f, tags(raw), nil
}

// IsOCSF reports whether a document has the class that every finding in OCSF has, and no finding in ASFF.
func IsOCSF(raw json.RawMessage) bool {
	if !bytes.Contains(raw, []byte(`"class_uid"`)) {
		return false
	}
	var d struct {
		Class json.RawMessage `json:"class_uid"`
	}
	return json.Unmarshal(raw, &d) == nil && d.Class != nil
}

// tags are those of the first resource. Tags of another form are as good as none.
func tags(raw json.RawMessage) map[string]string {
	var d struct {
		Resources []struct{ Tags map[string]string }
	}
	if !bytes.Contains(raw, []byte(`"Tags"`)) || json.Unmarshal(raw, &d) != nil || len(d.Resources) == 0 {
		return nil
	}
	return d.Resources[0].Tags
}

func tagsInOCSF(raw json.RawMessage) map[string]string {
	var d struct {
		Resources []struct {
			Tags []struct{ Name, Value string } `json:"tags"`
		} `json:"resources"`
	}
	if json.Unmarshal(raw, &d) != nil || len(d.Resources) == 0 || d.Resources[0].Tags == nil {
		return nil
	}
	all := map[string]string{}
	for _, t := range d.Resources[0].Tags {
		all[t.Name] = t.Value
	}
	return all
}
