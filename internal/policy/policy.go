// Package policy evaluates IAM policy documents: today those that a resource or a role
// carries (queue, bus and trust policies).
//
// It is strict: an element, operator or variable that it does not know is an error, never
// a silent yes or no.
package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
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
	Sid       string
	Effect    string
	Principal Principals
	Action    texts
	NotAction texts
	Resource  texts
	Condition map[string]map[string]texts
}

// Principals are whom a statement is about, by kind: AWS, Service. "*" is AWS: *.
type Principals map[string]texts

// UnmarshalJSON accepts "*" and the map form.
func (p *Principals) UnmarshalJSON(text []byte) error {
	if bytes.Equal(text, []byte(`"*"`)) {
		*p = Principals{"AWS": {"*"}}
		return nil
	}
	return json.Unmarshal(text, (*map[string]texts)(p))
}

// texts is one text or a list of them.
type texts []string

// UnmarshalJSON accepts both forms, and the booleans and numbers of conditions.
func (t *texts) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, (*[]string)(t))
	}
	var one any
	if err := json.Unmarshal(text, &one); err != nil {
		return err
	}
	*t = texts{fmt.Sprint(one)}
	return nil
}

// Request is a call to be judged.
type Request struct {
	Service  string // the calling service, such as events.amazonaws.com; or
	Caller   string // the ARN of the calling role, or
	Account  string // of the Caller
	Action   string
	Resource string
	Context  map[string]string // condition keys, such as aws:SourceArn
}

// Parse decodes a policy document.
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
	return d, nil
}

// Allows says whether the policy allows the request: one statement must allow it and none
// may deny it.
func (d Document) Allows(r Request) (bool, error) {
	allowed := false
	for _, s := range d.Statement {
		applies, err := s.applies(r)
		if err != nil {
			return false, fmt.Errorf("statement %q: %w", s.Sid, err)
		}
		if applies && s.Effect == "Deny" {
			return false, nil
		}
		allowed = allowed || applies
	}
	return allowed, nil
}

func (s Statement) applies(r Request) (bool, error) {
	if len(s.NotAction) > 0 {
		return false, fmt.Errorf("NotAction is not supported")
	}
	if !s.Principal.include(r) || !matchAny(s.Action, r.Action, true) || len(s.Resource) > 0 && !matchAny(s.Resource, r.Resource, false) {
		return false, nil
	}
	for operator, keys := range s.Condition {
		for key, wanted := range keys {
			ok, err := holds(operator, wanted, r.Context, key)
			if err != nil || !ok {
				return false, err
			}
		}
	}
	return true, nil
}

func (p Principals) include(r Request) bool {
	if r.Service != "" {
		return slices.Contains(p["Service"], r.Service) || slices.Contains(p["AWS"], "*")
	}
	return slices.ContainsFunc(p["AWS"], func(who string) bool {
		return who == "*" || who == r.Caller || who == r.Account || strings.HasSuffix(who, ":iam::"+r.Account+":root")
	})
}

// holds evaluates one condition. A key that the request does not have fails every
// operator but the negated and the IfExists ones, as in IAM.
func holds(operator string, wanted texts, context map[string]string, key string) (bool, error) {
	have, present := context[key]
	base, ifExists := strings.CutSuffix(operator, "IfExists")
	if ifExists && !present {
		return true, nil
	}
	switch base {
	case "StringEquals", "ArnEquals", "Bool":
		return present && slices.Contains(wanted, have), nil
	case "StringNotEquals":
		return !present || !slices.Contains(wanted, have), nil
	case "StringLike", "ArnLike":
		return present && matchAny(wanted, have, false), nil
	case "Null":
		return slices.Contains(wanted, fmt.Sprint(!present)), nil
	default:
		return false, fmt.Errorf("condition operator %s is not supported", operator)
	}
}

// matchAny matches with * and ?, which in IAM cross every separator.
func matchAny(patterns texts, value string, foldCase bool) bool {
	hide := strings.NewReplacer("/", "\x00", "[", "\x01", "]", "\x02", `\`, "\x03")
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if foldCase {
			pattern, value = strings.ToLower(pattern), strings.ToLower(value)
		}
		ok, err := path.Match(hide.Replace(pattern), hide.Replace(value))
		return ok && err == nil
	})
}
