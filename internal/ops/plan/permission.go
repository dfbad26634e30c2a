package plan

import (
	"fmt"
	"slices"
	"strings"
)

// sources are the lists of a permission of a security group, with the name and the description of an item.
var sources = []struct{ list, name string }{
	{"IpRanges", "CidrIp"}, {"Ipv6Ranges", "CidrIpv6"}, {"PrefixListIds", "PrefixListId"},
	{"UserIdGroupPairs", "GroupId"},
}

// permission writes a permission of a security group as people say it: tcp 0-65535 from 0.0.0.0/0 (vendor). It is
// empty for anything else.
func permission(value any) string {
	p, is := value.(map[string]any)
	protocol, named := p["IpProtocol"].(string)
	if !is || !named {
		return ""
	}
	var from []string
	for _, s := range sources {
		items, _ := p[s.list].([]any)
		for _, one := range items {
			item, _ := one.(map[string]any)
			text := fmt.Sprint(item[s.name])
			if about, has := item["Description"].(string); has && about != "" {
				text += " (" + about + ")"
			}
			from = append(from, text)
		}
	}
	if len(from) == 0 {
		return ""
	}
	slices.Sort(from)
	text, way := portsOf(protocol, p), " from "
	switch p["Direction"] { // of a repair that changes both
	case "ingress":
		text = "inbound " + text
	case "egress":
		text, way = "outbound "+text, " to "
	}
	text += way + strings.Join(from, ", ")
	tags, _ := p["Tags"].([]any)
	for i, one := range tags {
		tag, _ := one.(map[string]any)
		text += fmt.Sprintf("%s%v=%v", []string{", tagged ", ", "}[min(i, 1)], tag["Key"], tag["Value"])
	}
	return text
}

// portsOf names what a permission lets in. ICMP has a type and a code in place of ports, and -1 for all of them.
func portsOf(protocol string, p map[string]any) string {
	first, last := p["FromPort"], p["ToPort"]
	switch {
	case protocol == "-1":
		return "all traffic"
	case first == nil || first == int64(-1):
		return protocol
	case strings.HasPrefix(protocol, "icmp"):
		return fmt.Sprintf("%s type %v", protocol, first)
	case first == last:
		return fmt.Sprintf("%s %v", protocol, first)
	}
	return fmt.Sprintf("%s %v-%v", protocol, first, last)
}

// Text writes a line's value when it has a form that people know; empty otherwise.
func (l Line) Text() string { return permission(l.Value) }
