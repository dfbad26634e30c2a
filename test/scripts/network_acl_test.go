package scripts_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	describeACLs = "ec2:DescribeNetworkAcls"
	createEntry  = "ec2:CreateNetworkAclEntry"
	replaceEntry = "ec2:ReplaceNetworkAclEntry"
	deleteEntry  = "ec2:DeleteNetworkAclEntry"
)

// entry is an inbound entry that allows; ports of protocol 6 and 17 only.
func entry(number int, protocol, cidr string, ports ...int) object {
	e := object{"RuleNumber": number, "Protocol": protocol, "RuleAction": "allow", "Egress": false}
	if strings.Contains(cidr, ":") {
		e["Ipv6CidrBlock"] = cidr
	} else {
		e["CidrBlock"] = cidr
	}
	if len(ports) > 0 {
		e["PortRange"] = object{"From": ports[0], "To": ports[len(ports)-1]}
	}
	if protocol == "1" || protocol == "58" {
		e["IcmpTypeCode"] = object{"Type": -1, "Code": -1}
	}
	return e
}

func deny(e object) object   { return with(maps.Clone(e), "RuleAction", "deny") }
func egress(e object) object { return with(maps.Clone(e), "Egress", true) }

// last is the entry of every network ACL that denies what no other one decides.
var last = deny(entry(32767, "-1", world4))

func aclAnswer(entries ...object) object {
	return object{"NetworkAcls": []any{object{"IsDefault": false, "Entries": append(slices.Clone(entries), last)}}}
}

// changes writes what calls do to the entries of a network ACL: "+ 101 6 0.0.0.0/0 23-3388", "= 100 ...", "- 100".
func changes(t *testing.T, calls []call) []string {
	t.Helper()
	all := []string{}
	for _, c := range calls {
		var e struct {
			RuleNumber               int
			Protocol                 string
			CidrBlock, Ipv6CidrBlock string
			Egress                   *bool
			PortRange                *struct{ From, To int }
			IcmpTypeCode             *struct{ Type, Code int }
		}
		if err := json.Unmarshal(c.Parameters, &e); err != nil {
			t.Fatal(err)
		}
		sign := map[string]string{createEntry: "+", replaceEntry: "=", deleteEntry: "-"}[c.Call]
		if sign == "" {
			continue
		}
		if e.Egress == nil || *e.Egress {
			t.Errorf("%s is not about inbound entries: %s", c.Call, c.Parameters)
		}
		text := fmt.Sprint(sign, " ", e.RuleNumber)
		if sign != "-" {
			text += " " + e.Protocol + " " + e.CidrBlock + e.Ipv6CidrBlock
		}
		if e.PortRange != nil {
			text += fmt.Sprintf(" %d-%d", e.PortRange.From, e.PortRange.To)
		}
		if (e.IcmpTypeCode != nil) != (e.Protocol == "1" || e.Protocol == "58") {
			t.Errorf("type and code of ICMP: %s", c.Parameters)
		}
		all = append(all, text)
	}
	return all
}

func TestCloseNetworkAclPorts(t *testing.T) {
	t.Parallel()
	all4, all6 := entry(100, "-1", world4), entry(101, "-1", world6)
	for name, tc := range map[string]struct {
		entries []object
		want    []string
		change  string // the beginning
		refused string
	}{
		"SSH": {entries: []object{entry(100, "6", world4, 22)}, want: []string{"- 100"},
			change: "Closed TCP 22 and 3389 to the world: removed tcp 22 from 0.0.0.0/0."},
		"RDP over IPv6": {entries: []object{entry(7, "6", world6, 3389)}, want: []string{"- 7"}},
		"a range that begins with it": {entries: []object{entry(100, "6", world4, 22, 25)},
			want: []string{"= 100 6 0.0.0.0/0 23-25"},
			change: "Closed TCP 22 and 3389 to the world: removed tcp 22-25 from 0.0.0.0/0; kept tcp 23-25 from " +
				"0.0.0.0/0 open"},
		"a range that ends with it": {entries: []object{entry(100, "6", world4, 1024, 3389)},
			want: []string{"= 100 6 0.0.0.0/0 1024-3388"}},
		"both in one range": {entries: []object{entry(100, "6", world4, 0, 65535), entry(200, "6", "10.0.0.0/8", 22)},
			want: []string{"+ 101 6 0.0.0.0/0 23-3388", "+ 102 6 0.0.0.0/0 3390-65535", "= 100 6 0.0.0.0/0 0-21"}},
		"ephemeral ports": {entries: []object{entry(100, "6", world4, 1024, 65535)},
			want: []string{"+ 101 6 0.0.0.0/0 3390-65535", "= 100 6 0.0.0.0/0 1024-3388"}},
		"all traffic": {entries: []object{all4}, want: []string{"+ 101 6 0.0.0.0/0 23-3388",
			"+ 102 6 0.0.0.0/0 3390-65535", "+ 103 17 0.0.0.0/0 0-65535", "+ 104 1 0.0.0.0/0",
			"= 100 6 0.0.0.0/0 0-21"}},
		"all traffic of both families": {entries: []object{all4, all6}, want: []string{"+ 99 6 0.0.0.0/0 23-3388",
			"+ 98 6 0.0.0.0/0 3390-65535", "+ 97 17 0.0.0.0/0 0-65535", "+ 96 1 0.0.0.0/0",
			"+ 102 6 ::/0 23-3388", "+ 103 6 ::/0 3390-65535", "+ 104 17 ::/0 0-65535", "+ 105 58 ::/0",
			"= 100 6 0.0.0.0/0 0-21", "= 101 6 ::/0 0-21"}},
		"numbers are free on both sides": {entries: []object{entry(98, "17", world4, 53),
			entry(100, "6", world4, 0, 65535), entry(102, "17", world4, 123)},
			want: []string{"+ 101 6 0.0.0.0/0 23-3388", "+ 99 6 0.0.0.0/0 3390-65535", "= 100 6 0.0.0.0/0 0-21"}},
		"outbound numbers are others": {entries: []object{all4, egress(entry(101, "-1", world4))},
			want: []string{"+ 101 6 0.0.0.0/0 23-3388", "+ 102 6 0.0.0.0/0 3390-65535",
				"+ 103 17 0.0.0.0/0 0-65535", "+ 104 1 0.0.0.0/0", "= 100 6 0.0.0.0/0 0-21"}},
		"an earlier repair stopped halfway": {entries: []object{entry(100, "6", world4, 0, 65535),
			entry(101, "6", world4, 23, 3388), entry(102, "6", world4, 3390, 65535), entry(103, "17", world4, 53)},
			want: []string{"= 100 6 0.0.0.0/0 0-21"}},
		"all that stays is allowed already": {entries: []object{entry(99, "6", world4, 23, 25),
			entry(100, "6", world4, 22, 25)}, want: []string{"- 100"}},
		"what is allowed already is denied before": {entries: []object{entry(97, "6", world4, 23, 25),
			deny(entry(98, "6", "192.0.2.0/24", 24)), entry(100, "6", world4, 22, 25)},
			want: []string{"= 100 6 0.0.0.0/0 23-25"}},
		"twice the same": {entries: []object{entry(100, "6", world4, 0, 30), entry(200, "6", world4, 0, 30)},
			want: []string{"+ 101 6 0.0.0.0/0 23-30", "= 100 6 0.0.0.0/0 0-21", "= 200 6 0.0.0.0/0 0-21"}},
		"a deny before it": {entries: []object{deny(entry(50, "6", world4, 22)), entry(100, "6", world4, 22)},
			want: []string{"- 100"}},
		"no number is free": {entries: []object{entry(1, "6", world4, 0, 65535), entry(2, "17", world4, 53)},
			refused: "Entry 1 of network ACL acl-1 must become 3 entries, but there is room for only 1"},
		"the last number": {entries: []object{entry(32765, "6", "10.0.0.0/8", 443), entry(32766, "6", world4, 0, 25)},
			refused: "Entry 32766 of network ACL acl-1 must become 2 entries"},
		"nothing": {want: []string{}, change: "Nothing to change: the network ACL does not allow TCP 22 and 3389"},
		"others": {entries: []object{entry(1, "6", world4, 80), entry(2, "6", world4, 443, 3388),
			entry(3, "17", world4, 0, 65535), entry(4, "1", world4), entry(5, "-1", "10.0.0.0/8"),
			entry(6, "6", "192.0.2.0/24", 22), deny(entry(7, "6", world4, 22)), egress(entry(8, "-1", world4)),
			entry(9, "50", world4), entry(10, "6", "fd00::/8", 22)}, want: []string{},
			change: "Nothing to change: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := map[string][]any{describeACLs: {aclAnswer(tc.entries...)}}
			got := plays(t, "CloseNetworkAclPorts",
				play{object{"NetworkAclId": "acl-1", "Mode": "plan"}, answers})[0]
			if tc.refused != "" {
				got.refused(t, tc.refused)
				return
			}
			if diff := cmp.Diff(tc.want, changes(t, got.Planned)); diff != "" || got.Error != "" ||
				!strings.HasPrefix(got.Change, tc.change) {
				t.Errorf("%s%s (-want +got):\n%s", got.Error, got.Change, diff)
			}
		})
	}
}

func TestNetworkAclIsRefused(t *testing.T) {
	t.Parallel()
	answer := aclAnswer(entry(100, "-1", world4))
	answer["NetworkAcls"].([]any)[0].(map[string]any)["IsDefault"] = true
	plays(t, "CloseNetworkAclPorts",
		play{object{"NetworkAclId": "acl-1"}, map[string][]any{describeACLs: {answer}}})[0].
		refused(t, "Network ACL acl-1 is the default of its VPC")
}

// A repair for which the quota has no room leaves the entries as they were.
func TestNetworkAclHasNoRoom(t *testing.T) {
	t.Parallel()
	got := plays(t, "CloseNetworkAclPorts", play{object{"NetworkAclId": "acl-1"}, map[string][]any{
		describeACLs: {aclAnswer(entry(100, "6", world4, 0, 65535))},
		createEntry:  {object{}, "NetworkAclEntryLimitExceeded"}, deleteEntry: {object{}},
	}})[0]
	got.refused(t, "Network ACL acl-1 has no room for 2 more inbound entries.")
	want := []string{"+ 101 6 0.0.0.0/0 23-3388", "+ 102 6 0.0.0.0/0 3390-65535", "- 101"}
	if diff := cmp.Diff(want, changes(t, got.Made)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNetworkAclIsStillOpen(t *testing.T) {
	t.Parallel()
	got := plays(t, "CloseNetworkAclPorts", play{object{"NetworkAclId": "acl-1"}, map[string][]any{
		describeACLs: {aclAnswer(entry(100, "6", world4, 22)), aclAnswer(entry(90, "6", world6, 0, 65535))},
		deleteEntry:  {object{}},
	}})[0]
	got.says(t, "hubmend:unverified Still open to the world: tcp 0-65535 from ::/0.")
}

func TestUndoNetworkAcl(t *testing.T) {
	t.Parallel()
	wide, other := entry(100, "6", world4, 0, 65535), entry(200, "6", world4, 443)
	left := []object{entry(100, "6", world4, 0, 21), entry(101, "6", world4, 23, 3388),
		entry(102, "6", world4, 3390, 65535)}
	ssh := entry(300, "6", world6, 22) // removed without anything in its place
	back := []string{"= 100 6 0.0.0.0/0 0-65535", "+ 300 6 ::/0 22-22", "- 101", "- 102"}
	record := repaired(t, "CloseNetworkAclPorts", []object{wide, ssh}, left,
		map[string][]string{"NetworkAclId": {"acl-1"}})
	for name, tc := range map[string]struct {
		now  []object
		want []string
		says string
	}{
		"repaired": {slices.Concat(left, []object{other}), back,
			"Restored tcp 0-65535 from 0.0.0.0/0, tcp 22 from ::/0."},
		"other was added": {slices.Concat(left, []object{entry(1, "6", "10.0.0.0/8", 22)}), back, "Restored "},
		"as before":       {[]object{wide, ssh, other}, []string{}, "Nothing to change: "},
		"stopped halfway": {[]object{wide, ssh, left[2]},
			[]string{"= 100 6 0.0.0.0/0 0-65535", "= 300 6 ::/0 22-22", "- 101", "- 102"}, "Restored "},
		"half was opened":  {slices.Concat([]object{wide}, left[1:]), back, "Restored "},
		"one is gone":      {left[:2], nil, "has changed since the repair"},
		"one was narrowed": {[]object{left[0], entry(101, "6", world4, 23, 80), left[2]}, nil, "has changed since"},
		"the wide one was changed": {slices.Concat([]object{entry(100, "6", "10.0.0.0/8", 22)}, left[1:]), nil,
			"has changed since"},
		"its number is taken": {slices.Concat(left, []object{entry(300, "17", world4, 53)}), nil, "has changed since"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			done := plays(t, "UndoCloseNetworkAclPorts", undoing(record, map[string][]any{
				describeACLs: {aclAnswer(tc.now...), aclAnswer(wide, ssh, other)}, createEntry: {object{}},
				replaceEntry: {object{}}, deleteEntry: {object{}}})[1])[0]
			if tc.want == nil {
				done.refused(t, tc.says)
				return
			}
			if diff := cmp.Diff(tc.want, changes(t, done.Made)); diff != "" ||
				!strings.HasPrefix(done.Change, tc.says) {
				t.Errorf("%s%s (-want +got):\n%s", done.Error, done.Change, diff)
			}
		})
	}
}
