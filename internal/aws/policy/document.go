package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Document is a policy.
type Document struct {
	Version   string
	ID        string `json:"Id"`
	Statement []Statement
}

// Statement is one statement of a policy.
type Statement struct {
	Sid         string
	Effect      string
	Principal   Principals
	Action      Texts
	NotAction   Texts
	Resource    Texts
	NotResource Texts
	Condition   Conditions
}

// Conditions maps operator and key to the allowed values.
type Conditions map[string]map[string]Texts

// Principals maps kinds of principals (AWS, Service) to names. "*" is AWS: *.
type Principals map[string]Texts

// UnmarshalJSON accepts "*" and the map form.
func (p *Principals) UnmarshalJSON(text []byte) error {
	if bytes.Equal(text, []byte(`"*"`)) {
		*p = Principals{"AWS": {"*"}}
		return nil
	}
	return json.Unmarshal(text, (*map[string]Texts)(p))
}

// Texts is one text or a list of them.
type Texts []string

// UnmarshalJSON accepts both forms, and the booleans and numbers of conditions.
func (t *Texts) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, (*[]string)(t))
	}
	var one any
	if err := json.Unmarshal(text, &one); err != nil {
		return err
	}
	*t = Texts{fmt.Sprint(one)}
	return nil
}

// Parse decodes a policy document, either text or decoded JSON. It refuses elements that cannot be evaluated.
func Parse(document any) (Document, error) {
	text, err := json.Marshal(document)
	if err != nil {
		return Document{}, fmt.Errorf("parse policy: %w", err)
	}
	if s, ok := document.(string); ok {
		text = []byte(s)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var d Document
	if err := dec.Decode(&d); err != nil {
		return Document{}, fmt.Errorf("parse policy: %w", err)
	}
	for i, s := range d.Statement {
		if err := s.check(); err != nil {
			return Document{}, fmt.Errorf("parse policy: statement %d %q: %w", i, s.Sid, err)
		}
	}
	return d, nil
}

// ParseIdentity decodes the policy of a role, which has resources but no principals.
func ParseIdentity(document any) (Document, error) {
	d, err := Parse(document)
	if err != nil {
		return d, err
	}
	if len(d.Statement) == 0 {
		return d, errors.New("parse policy: no statements")
	}
	for i, s := range d.Statement {
		if len(s.Principal) > 0 || (len(s.Resource) == 0) == (len(s.NotResource) == 0) {
			return d, fmt.Errorf(
				"parse policy: statement %d %q: the policy of a role has no Principal, and either Resource or "+
					"NotResource", i, s.Sid)
		}
	}
	return d, nil
}

func (s Statement) check() error {
	switch {
	case s.Effect != "Allow" && s.Effect != "Deny":
		return fmt.Errorf("effect %q is neither Allow nor Deny", s.Effect)
	case (len(s.Action) == 0) == (len(s.NotAction) == 0):
		return errors.New("it needs either Action or NotAction")
	case len(s.Resource) > 0 && len(s.NotResource) > 0:
		return errors.New("it has both Resource and NotResource")
	}
	values := slices.Concat(s.Resource, s.NotResource)
	for operator, keys := range s.Condition {
		if comparisons[strings.TrimSuffix(operator, ifExists)] == nil {
			return fmt.Errorf("condition operator %s is not supported", operator)
		}
		for _, wanted := range keys {
			values = append(values, wanted...)
		}
	}
	for _, value := range values {
		if strings.Contains(value, "${") {
			return fmt.Errorf("policy variables are not supported: %s", value)
		}
	}
	return nil
}
