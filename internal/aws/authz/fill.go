package authz

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// placeholder matches ${Name.To.A.Part}, with * for every item of a list. It may have a default for a missing part, as
// in ${Version:-1}, or a filter, as in ${Url|base}. The filter names returns a map's keys.
var placeholder = regexp.MustCompile(`\$\{([^}|:]+)(:-[^}]*)?(\|[a-z]+)?\}`)

// filters transform a part of a value.
var filters = map[string]func(string) string{
	"base":   path.Base, // of a queue's URL: the name
	"parent": func(v string) string { return path.Base(path.Dir(v)) },
	"typed":  typed,
	"unit":   unit,
	// The ARN of a log group ends with :* where CloudTrail takes it.
	"unstar": func(v string) string { return strings.TrimSuffix(v, ":*") },
}

// ec2Types maps prefixes of EC2 ids to the types in their ARNs.
var ec2Types = map[string]string{
	"acl": "network-acl", "eipalloc": "elastic-ip", "eni": "network-interface", "fl": "vpc-flow-log", "i": "instance",
	"igw": "internet-gateway",
	"lt":  "launch-template", "nat": "natgateway", "pl": "prefix-list", "rtb": "route-table", "sg": "security-group",
	"sgr":    "security-group-rule",
	"subnet": "subnet", "tgw": "transit-gateway", "vol": "volume", "vpc": "vpc", "vpce": "vpc-endpoint",
}

// typed adds the type before an EC2 id, for calls that accept ids of any type.
func typed(id string) string {
	prefix, _, _ := strings.Cut(id, "-")
	return cmp.Or(ec2Types[prefix], "*") + "/" + id
}

// unit adds the type and the organization before the id of an account or an organizational unit.
func unit(id string) string {
	if strings.HasPrefix(id, "ou-") {
		return "ou/o-*/" + id
	}
	return "account/o-*/" + id
}

// fill replaces the placeholders of a pattern. It returns several texts if a placeholder stands for the items of a
// list. Inserted values are not expanded again.
func (c Call) fill(pattern string) ([]string, error) {
	texts := []string{""}
	at := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(pattern, -1) {
		part := func(i int) string {
			if m[i] < 0 {
				return ""
			}
			return pattern[m[i]:m[i+1]]
		}
		values, err := c.values(part(2), part(4), part(6))
		if err != nil {
			return nil, err
		}
		if texts, err = extended(texts, pattern[at:m[0]], values, m[1] == len(pattern)); err != nil {
			return nil, err
		}
		at = m[1]
	}
	for i := range texts {
		texts[i] += pattern[at:]
	}
	return texts, nil
}

// extended appends the text between two placeholders, and then each value, to each text.
func extended(texts []string, between string, values []string, last bool) ([]string, error) {
	var all []string
	for _, text := range texts {
		for _, value := range values {
			text := text + between
			switch isARN := strings.HasPrefix(value, "arn:") && text != ""; {
			case isARN && !last:
				return nil, fmt.Errorf("%s is an ARN where a name was expected", value)
			case isARN: // many parameters take a name or an ARN
				all = append(all, value)
			default:
				all = append(all, text+value)
			}
		}
	}
	return all, nil
}

func (c Call) values(name, otherwise, filter string) ([]string, error) {
	var values []string
	switch name {
	case "partition":
		values = []string{c.Partition}
	case "region":
		values = []string{c.Region}
	case "account":
		values = []string{c.Account}
	default:
		if items, is := c.Input[name].(map[string]any); is && filter == "|names" {
			return slices.Sorted(maps.Keys(items)), nil
		}
		values = find(c.Input, name)
	}
	if len(values) == 0 && otherwise != "" {
		values = []string{strings.TrimPrefix(otherwise, ":-")}
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("the call has no %s", name)
	}
	if filter == "" {
		return values, nil
	}
	apply := filters[filter[1:]]
	if apply == nil {
		return nil, fmt.Errorf("unknown filter %s", filter)
	}
	for i := range values {
		values[i] = apply(values[i])
	}
	return values, nil
}

// find returns the texts at a path: names of keys, numbers of items, or * for all items.
func find(value any, path string) []string {
	step, rest, more := strings.Cut(path, ".")
	switch v := value.(type) {
	case map[string]any:
		// A key may have dots itself, but none of those in question has.
		if next, ok := v[step]; ok {
			return findNext(next, rest, more)
		}
	case []any:
		if step == "*" {
			var all []string
			for _, item := range v {
				all = append(all, findNext(item, rest, more)...)
			}
			return all
		}
		if i, err := strconv.Atoi(step); err == nil && i < len(v) {
			return findNext(v[i], rest, more)
		}
	}
	return nil
}

func findNext(value any, rest string, more bool) []string {
	if more {
		return find(value, rest)
	}
	switch v := value.(type) {
	case nil, map[string]any, []any:
		if v == nil {
			return nil
		}
		return []string{structure}
	default:
		return []string{fmt.Sprint(v)}
	}
}

// structure represents an input that is not text. Only `when` may refer to it.
const structure = "(structure)"
