package scripts_test

import (
	"fmt"
	"maps"
	"slices"
)

// packet is what a group lets in or not, by the type for ICMP and by the port for TCP and UDP.
type packet struct {
	protocol string // tcp, udp, icmp, icmpv6, or another IP protocol by its number
	port     int
	source   string
}

// group is the rules of a security group with their descriptions. It is written from EC2's
// documentation and knows nothing of the script.
type group map[rule]string

func groupOf(permissions []permission) group {
	_, descriptions := rules(permissions)
	return descriptions
}

// authorize adds rules as EC2 does, which refuses one that is there.
func (g group) authorize(permissions []permission) error {
	all, descriptions := rules(permissions)
	for _, r := range all {
		if _, ok := g[r]; ok {
			return fmt.Errorf("InvalidPermission.Duplicate: %s", r)
		}
		g[r] = descriptions[r]
	}
	return nil
}

// revoke removes rules as EC2 does, which refuses one that is not there.
func (g group) revoke(permissions []permission) error {
	all, _ := rules(permissions)
	for _, r := range all {
		if _, ok := g[r]; !ok {
			return fmt.Errorf("InvalidPermission.NotFound: %s", r)
		}
		delete(g, r)
	}
	return nil
}

// permissions returns the rules as DescribeSecurityGroups does, though not joined.
func (g group) permissions() []permission {
	var list []permission
	for _, r := range slices.SortedFunc(maps.Keys(g), compareRules) {
		source := r.source
		if g[r] != "" {
			source += " # " + g[r]
		}
		p := all(r.protocol, source)
		if r.protocol != "-1" && r.protocol != "50" {
			p = on(r.protocol, r.from, r.to, source)
		}
		list = append(list, p)
	}
	return list
}

// admits reports whether a rule lets the packet in.
func (g group) admits(p packet) bool {
	for r := range g {
		if r.source != p.source {
			continue
		}
		switch {
		case r.protocol == "-1":
			return true
		case r.protocol != p.protocol:
		case r.from == -1: // all types of ICMP, or a protocol without ports
			return true
		case r.from <= p.port && p.port <= r.to:
			return true
		}
	}
	return false
}

// packets returns one for each source, protocol and port at which any of the groups can
// change its answer: the ends of all ranges, what is next to them, and the given ports.
func packets(ports []int, groups ...group) []packet {
	edges := map[int]bool{0: true, 65535: true}
	sources := map[string]bool{world4: true, world6: true}
	for _, p := range ports {
		edges[p-1], edges[p], edges[p+1] = true, true, true
	}
	for _, g := range groups {
		for r := range g {
			sources[r.source] = true
			for _, p := range []int{r.from - 1, r.from, r.from + 1, r.to - 1, r.to, r.to + 1} {
				edges[p] = true
			}
		}
	}
	var all []packet
	for source := range sources {
		for port := range edges {
			if port < 0 || port > 65535 {
				continue
			}
			for _, protocol := range []string{"tcp", "udp", "icmp", "icmpv6", "50"} {
				all = append(all, packet{protocol, port, source})
			}
		}
	}
	return all
}
