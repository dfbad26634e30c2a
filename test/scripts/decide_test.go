package scripts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	world4 = "0.0.0.0/0"
	world6 = "::/0"
)

// portsPayload is a group and the ports to close.
type portsPayload struct {
	Ingress []permission `json:"ingress"`
	Ports   []string     `json:"ports"`
}

// tcp makes a permission; a source is a CIDR, a prefix list or a group, by its form, and
// may have a description after a #.
func tcp(from, to int, sources ...string) permission { return on("tcp", from, to, sources...) }

func on(protocol string, from, to int, sources ...string) permission {
	p := all(protocol, sources...)
	p.FromPort, p.ToPort = &from, &to
	return p
}

// all returns a permission without ports, as EC2 returns for "-1" and for IP protocols by number.
func all(protocol string, sources ...string) permission {
	p := permission{IpProtocol: protocol}
	for _, source := range sources {
		source, description, _ := strings.Cut(source, " # ")
		switch {
		case strings.HasPrefix(source, "pl-"):
			p.PrefixListIds = append(p.PrefixListIds, map[string]string{"PrefixListId": source})
		case strings.HasPrefix(source, "sg-"):
			p.UserIdGroupPairs = append(p.UserIdGroupPairs,
				map[string]string{"GroupId": source, "UserId": "111111111111"})
		case strings.Contains(source, ":"):
			p.Ipv6Ranges = append(p.Ipv6Ranges, ipv6Range{source, description})
		default:
			p.IpRanges = append(p.IpRanges, ipRange{source, description})
		}
	}
	return p
}

// portsCase is a group and what is to become of it. Without Close the action is none; with
// Keep it is split.
type portsCase struct {
	ingress     []permission
	ports       []string // 22 when empty
	close, keep []string
	before      []string // close when nil
	change      string   // a part of it; not checked when empty
}

var closeCases = map[string]portsCase{
	"exact port": {ingress: []permission{tcp(22, 22, world4)}, close: []string{"tcp 22 0.0.0.0/0"},
		change: "Closed TCP 22 to the world: removed tcp 22 from 0.0.0.0/0."},
	"IPv6": {ingress: []permission{tcp(22, 22, world6)}, close: []string{"tcp 22 ::/0"}},
	"both families in one permission": {ingress: []permission{tcp(22, 22, world4, world6)},
		close: []string{"tcp 22 0.0.0.0/0", "tcp 22 ::/0"}},
	"protocol by its number": {ingress: []permission{on("6", 22, 22, world4)},
		close: []string{"6 22 0.0.0.0/0"}},
	"two ports, each with its rule": {ingress: []permission{tcp(22, 22, world4), tcp(3389, 3389, world4)},
		ports: []string{"3389", "22"},
		close: []string{"tcp 22 0.0.0.0/0", "tcp 3389 0.0.0.0/0"}, change: "Closed TCP 22 and 3389 to the world"},
	"a port that is named twice": {ingress: []permission{tcp(22, 22, world4)}, ports: []string{"22", "22"},
		close: []string{"tcp 22 0.0.0.0/0"}},
	"only the world of several sources": {
		ingress: []permission{tcp(22, 22, "10.0.0.0/8", world4, "2001:db8::/32", "pl-1234", "sg-12345678")},
		close:   []string{"tcp 22 0.0.0.0/0"}},
	"a description is Before but not Close": {ingress: []permission{tcp(22, 22, world4+" # for now")},
		close: []string{"tcp 22 0.0.0.0/0"}, before: []string{"tcp 22 0.0.0.0/0 # for now"}},
	"two adjacent ports that are the whole range": {ingress: []permission{tcp(22, 23, world4)},
		ports: []string{"22", "23"}, close: []string{"tcp 22-23 0.0.0.0/0"}},
}

var splitCases = map[string]portsCase{
	"all ports, one to close": {ingress: []permission{tcp(0, 65535, world4)}, close: []string{"tcp 0-65535 0.0.0.0/0"},
		keep:   []string{"tcp 0-21 0.0.0.0/0", "tcp 23-65535 0.0.0.0/0"},
		change: "; kept tcp 0-21, tcp 23-65535 open as before."},
	"all ports, two to close": {ingress: []permission{tcp(0, 65535, world4)}, ports: []string{"22", "3389"},
		close: []string{"tcp 0-65535 0.0.0.0/0"},
		keep:  []string{"tcp 0-21 0.0.0.0/0", "tcp 23-3388 0.0.0.0/0", "tcp 3390-65535 0.0.0.0/0"}},
	"first of the range": {ingress: []permission{tcp(22, 30, world4)}, close: []string{"tcp 22-30 0.0.0.0/0"},
		keep: []string{"tcp 23-30 0.0.0.0/0"}},
	"last of the range": {ingress: []permission{tcp(20, 22, world4)}, close: []string{"tcp 20-22 0.0.0.0/0"},
		keep: []string{"tcp 20-21 0.0.0.0/0"}},
	"both ends": {ingress: []permission{tcp(22, 3389, world4)}, ports: []string{"22", "3389"},
		close: []string{"tcp 22-3389 0.0.0.0/0"}, keep: []string{"tcp 23-3388 0.0.0.0/0"}},
	"one port is left": {ingress: []permission{tcp(21, 22, world4)}, close: []string{"tcp 21-22 0.0.0.0/0"},
		keep: []string{"tcp 21 0.0.0.0/0"}, change: "kept tcp 21 open"},
	"adjacent ports": {ingress: []permission{tcp(20, 25, world4)}, ports: []string{"22", "23"},
		close: []string{"tcp 20-25 0.0.0.0/0"},
		keep:  []string{"tcp 20-21 0.0.0.0/0", "tcp 24-25 0.0.0.0/0"}},
	"port 0": {ingress: []permission{tcp(0, 5, world4)}, ports: []string{"0"}, close: []string{"tcp 0-5 0.0.0.0/0"},
		keep: []string{"tcp 1-5 0.0.0.0/0"}},
	"port 65535": {ingress: []permission{tcp(65530, 65535, world4)}, ports: []string{"65535"},
		close: []string{"tcp 65530-65535 0.0.0.0/0"}, keep: []string{"tcp 65530-65534 0.0.0.0/0"}},
	"descriptions stay, for each family its own": {
		ingress: []permission{tcp(22, 23, world4+" # four", world6+" # six")},
		close:   []string{"tcp 22-23 0.0.0.0/0", "tcp 22-23 ::/0"},
		before:  []string{"tcp 22-23 0.0.0.0/0 # four", "tcp 22-23 ::/0 # six"},
		keep:    []string{"tcp 23 0.0.0.0/0 # four", "tcp 23 ::/0 # six"}},
	"all traffic, IPv4": {ingress: []permission{all("-1", world4+" # any")}, close: []string{"-1 0.0.0.0/0"},
		before: []string{"-1 0.0.0.0/0 # any"},
		keep: []string{"tcp 0-21 0.0.0.0/0 # any", "tcp 23-65535 0.0.0.0/0 # any", "udp 0-65535 0.0.0.0/0 # any",
			"icmp 0.0.0.0/0 # any"},
		change: "removed all traffic from 0.0.0.0/0; kept icmp, tcp 0-21, tcp 23-65535, udp 0-65535 open as before."},
	"all traffic, IPv6": {ingress: []permission{all("-1", world6)}, close: []string{"-1 ::/0"},
		keep: []string{"tcp 0-21 ::/0", "tcp 23-65535 ::/0", "udp 0-65535 ::/0", "icmpv6 ::/0"}},
	"wide rules that leave the same piece": {ingress: []permission{tcp(0, 22, world4+" # first"),
		tcp(0, 65535, world4+" # second")},
		close:  []string{"tcp 0-22 0.0.0.0/0", "tcp 0-65535 0.0.0.0/0"},
		before: []string{"tcp 0-22 0.0.0.0/0 # first", "tcp 0-65535 0.0.0.0/0 # second"},
		keep:   []string{"tcp 0-21 0.0.0.0/0 # first", "tcp 23-65535 0.0.0.0/0 # second"}},
	"a piece that is there already": {ingress: []permission{tcp(0, 65535, world4), tcp(0, 21, world4)},
		close: []string{"tcp 0-65535 0.0.0.0/0"},
		keep:  []string{"tcp 23-65535 0.0.0.0/0"}},
	"a piece that is there for the other family": {ingress: []permission{tcp(20, 22, world4), tcp(20, 21, world6)},
		close: []string{"tcp 20-22 0.0.0.0/0"},
		keep:  []string{"tcp 20-21 0.0.0.0/0"}},
	"all pieces of all traffic are there": {
		ingress: []permission{all("-1", world4), tcp(0, 21, world4), tcp(23, 65535, world4),
			on("udp", 0, 65535, world4), on("icmp", -1, -1, world4)},
		close: []string{"-1 0.0.0.0/0"}},
}

var compliantCases = map[string]portsCase{
	"empty":                       {change: "Nothing to change: the security group does not open TCP 22 to the world."},
	"another port":                {ingress: []permission{tcp(443, 443, world4)}},
	"a range below":               {ingress: []permission{tcp(0, 21, world4)}},
	"a range above":               {ingress: []permission{tcp(23, 65535, world6)}},
	"UDP":                         {ingress: []permission{on("udp", 22, 22, world4), on("17", 0, 65535, world4)}},
	"ICMP of a type of that name": {ingress: []permission{on("icmp", 22, 22, world4), on("icmpv6", -1, -1, world6)}},
	"an IP protocol by number":    {ingress: []permission{all("50", world4), all("47", world6)}},
	"a private network":           {ingress: []permission{tcp(0, 65535, "10.0.0.0/8"), all("-1", "fd00::/8")}},
	"one address":                 {ingress: []permission{tcp(22, 22, "0.0.0.0/32", "::/128")}},
	"prefix list":                 {ingress: []permission{tcp(22, 22, "pl-12345678")}},
	"another group":               {ingress: []permission{tcp(22, 22, "sg-12345678"), all("-1", "sg-87654321")}},
	"EC2.14's port":               {ingress: []permission{tcp(22, 22, world4)}, ports: []string{"3389"}},
}

func TestDecide(t *testing.T) {
	t.Parallel()
	for kind, cases := range map[string]map[string]portsCase{"close": closeCases, "split": splitCases,
		"none": compliantCases} {
		for name, tc := range cases {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				tc.check(t, closePorts(t, portsPayload{tc.ingress, tc.askedPorts()})[0])
			})
		}
	}
}

func (tc portsCase) askedPorts() []string {
	if tc.ports == nil {
		return []string{"22"}
	}
	return tc.ports
}

func (tc portsCase) check(t *testing.T, got decision) {
	t.Helper()
	action, before := "none", tc.before
	if len(tc.close) > 0 {
		action = "close"
	}
	if len(tc.keep) > 0 {
		action = "split"
	}
	if before == nil {
		before = tc.close
	}
	want := []any{action, orEmpty(tc.close), orEmpty(tc.keep), orEmpty(before)}
	have := []any{got.Action, written(got.Close), written(got.Keep), written(got.Before)}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("Action, Close, Keep, Before (-want +got):\n%s", diff)
	}
	if !strings.Contains(got.Change, tc.change) {
		t.Errorf("Change is %q, want it to say %q", got.Change, tc.change)
	}
}

// A group at the largest quota that EC2 grants must not exceed what a script may return.
func TestDecideManyRules(t *testing.T) {
	t.Parallel()
	var ingress []permission
	for i := range 200 {
		ingress = append(ingress,
			tcp(i, 1000+i, world4+" # "+strings.Repeat("long ", 20), fmt.Sprintf("10.%d.0.0/16", i)))
	}
	got := closePorts(t, portsPayload{ingress, []string{"22"}})[0]
	if len(got.Close) != 23 || len(got.Keep) != 45 {
		t.Errorf("closes %d and keeps %d, want the 23 ranges that begin at or below 22, and two pieces of each "+
			"but the last", len(got.Close), len(got.Keep))
	}
	if slices.ContainsFunc(written(got.Close), func(text string) bool { return strings.Contains(text, "10.") }) {
		t.Error("it closes what is not the world")
	}
}
