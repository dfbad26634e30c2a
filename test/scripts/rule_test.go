package scripts_test

import (
	"cmp"
	"encoding/json"
	"fmt"
)

// permission is an entry of IpPermissions, as DescribeSecurityGroups returns it.
type permission struct {
	IpProtocol       string //nolint:revive // the API's name
	FromPort, ToPort *int   `json:",omitempty"`
	IpRanges         []ipRange
	Ipv6Ranges       []ipv6Range
	PrefixListIds    []map[string]string
	UserIdGroupPairs []map[string]string
}

type ipRange struct {
	CidrIp      string
	Description string `json:",omitempty"`
}

type ipv6Range struct {
	CidrIpv6    string
	Description string `json:",omitempty"`
}

// MarshalJSON writes an empty list for a kind of source that a permission does not have, as EC2 does.
func (p permission) MarshalJSON() ([]byte, error) {
	type plain permission
	p.IpRanges, p.Ipv6Ranges = orEmpty(p.IpRanges), orEmpty(p.Ipv6Ranges)
	p.PrefixListIds, p.UserIdGroupPairs = orEmpty(p.PrefixListIds), orEmpty(p.UserIdGroupPairs)
	return json.Marshal(plain(p))
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// rule is a permission with one source: what EC2 calls a security group rule.
type rule struct {
	protocol, source string
	from, to         int
}

// rules splits permissions and keeps the description of each rule.
func rules(permissions []permission) ([]rule, map[rule]string) {
	var all []rule
	descriptions := map[rule]string{}
	add := func(p permission, source, description string) {
		r := rule{protocol: p.IpProtocol, source: source, from: -1, to: -1}
		if p.FromPort != nil {
			r.from, r.to = *p.FromPort, *p.ToPort
		}
		all = append(all, r)
		descriptions[r] = description
	}
	for _, p := range permissions {
		for _, x := range p.IpRanges {
			add(p, x.CidrIp, x.Description)
		}
		for _, x := range p.Ipv6Ranges {
			add(p, x.CidrIpv6, x.Description)
		}
		for _, x := range p.PrefixListIds {
			add(p, x["PrefixListId"], x["Description"])
		}
		for _, x := range p.UserIdGroupPairs {
			add(p, x["GroupId"], x["Description"])
		}
	}
	return all, descriptions
}

// String is how the tables write a rule: tcp 0-21 0.0.0.0/0.
func (r rule) String() string {
	if r.from == -1 && r.to == -1 {
		return r.protocol + " " + r.source
	}
	if r.from == r.to {
		return fmt.Sprintf("%s %d %s", r.protocol, r.from, r.source)
	}
	return fmt.Sprintf("%s %d-%d %s", r.protocol, r.from, r.to, r.source)
}

func compareRules(a, b rule) int { return cmp.Compare(a.String(), b.String()) }

// written returns permissions as the tables write them, each with its description after a #.
func written(permissions []permission) []string {
	all, descriptions := rules(permissions)
	list := make([]string, 0, len(all))
	for _, r := range all {
		text := r.String()
		if d := descriptions[r]; d != "" {
			text += " # " + d
		}
		list = append(list, text)
	}
	return list
}
