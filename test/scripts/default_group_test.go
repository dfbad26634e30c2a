package scripts_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	defaultGroup = "EmptyDefaultSecurityGroup"
	itself       = "sg-0123456789abcdef0" // the default group
)

const (
	describeGroup = "ec2:DescribeSecurityGroups"
	revokeIngress = "ec2:RevokeSecurityGroupIngress"
	revokeEgress  = "ec2:RevokeSecurityGroupEgress"
)

// namedGroup is how EC2 describes a group with both sides.
func namedGroup(name string, ingress, egress []permission) object {
	return object{"SecurityGroups": []any{object{"GroupName": name, "IpPermissions": orEmpty(ingress),
		"IpPermissionsEgress": orEmpty(egress)}}}
}

// emptying runs the repair of a group that so many network interfaces use, with these answers to its reads.
func emptying(planning bool, users int, groups ...any) play {
	interfaces := []object{}
	for i := range users {
		interfaces = append(interfaces, object{"NetworkInterfaceId": fmt.Sprintf("eni-%03d", i)})
	}
	return play{map[string]any{"GroupId": itself, "Mode": mode(planning)}, map[string][]any{
		describeGroup: groups, "ec2:DescribeNetworkInterfaces": {object{"NetworkInterfaces": interfaces}},
		revokeIngress: {object{}}, revokeEgress: {object{}},
	}}
}

// peered makes a permission for a group of a peered VPC, as EC2 describes it.
func peered(port int) permission {
	p := tcp(port, port)
	p.UserIdGroupPairs = []map[string]string{{
		"GroupId": "sg-87654321", "UserId": "999999999999", "GroupName": "web", "Description": "peer",
		"VpcId": "vpc-87654321", "VpcPeeringConnectionId": "pcx-12345678", "PeeringStatus": "active",
	}}
	return p
}

// listed makes a permission for a prefix list with a description.
func listed(port int) permission {
	p := tcp(port, port)
	p.PrefixListIds = []map[string]string{{"PrefixListId": "pl-12345678", "Description": "S3"}}
	return p
}

// manyPermissions returns 150 permissions, each with a source of both families, so that a cut at 100 shows.
func manyPermissions() []permission {
	var many []permission
	for i := range 150 {
		many = append(many, tcp(i, 1000+i, fmt.Sprintf("10.%d.0.0/16 # number %d", i, i),
			fmt.Sprintf("2001:db8:%x::/48", i)))
	}
	return many
}

// described returns a permission as EC2 describes it, without empty lists.
func described(t *testing.T, p permission) object {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var o object
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(o, func(_ string, value any) bool {
		list, ok := value.([]any)
		return ok && len(list) == 0
	})
	return o
}

// Removed rules must be recorded, and Systems Manager keeps at most 100 KiB.
func TestDefaultGroupTooLargeToRecord(t *testing.T) {
	t.Parallel()
	done := plays(t, defaultGroup,
		emptying(true, 0, namedGroup("default", describedRules(220), nil)),
		emptying(true, 0, namedGroup("default", describedRules(150), describedRules(150))))
	if done[0].Error != "" || len(done[0].Planned) != 1 {
		t.Errorf("220 rules: %q, %v", done[0].Error, names(done[0].Planned))
	}
	done[1].refused(t, "Security group "+itself+
		" has too many rules to record them for an undo, so nothing was removed. "+
		"Remove some rules manually, then try again.")
}

// describedRules returns n rules of about 350 bytes each.
func describedRules(n int) []permission {
	var all []permission
	for i := range n {
		all = append(all, tcp(i, i, world4+" # "+strings.Repeat("x", 250)))
	}
	return all
}

func TestEmptyDefaultGroup(t *testing.T) {
	t.Parallel()
	removed := func(ingress, egress int) string {
		return fmt.Sprintf("Removed rules of the default group: %d inbound and %d outbound. No network "+
			"interface uses it.", ingress, egress)
	}
	type groupCase struct {
		ingress, egress []permission
		change          string
	}
	tried(t, defaultGroup, map[string]groupCase{
		"no rules":                 {change: "Nothing to change: the default group has no rules."},
		"both sides, as EC2 makes": {[]permission{all("-1", itself)}, []permission{all("-1", world4)}, removed(1, 1)},
		"inbound only":             {[]permission{tcp(22, 22, world4)}, nil, removed(1, 0)},
		"outbound only":            {nil, []permission{all("-1", world4)}, removed(0, 1)},
		"itself only":              {[]permission{all("-1", itself)}, nil, removed(1, 0)},
		"IPv6": {[]permission{tcp(22, 22, world6)}, []permission{all("-1", world6)},
			removed(1, 1)},
		"prefix list":       {nil, []permission{listed(443)}, removed(0, 1)},
		"peered group":      {[]permission{peered(443)}, nil, removed(1, 0)},
		"ICMP of all types": {[]permission{on("icmp", -1, -1, world4)}, nil, removed(1, 0)},
		"sources of each kind": {
			[]permission{tcp(22, 22, "10.0.0.0/8", "2001:db8::/32", "pl-12345678", "sg-87654321")}, nil, removed(4, 0)},
		"sources of a kind": {[]permission{tcp(22, 22, "10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16")}, nil,
			removed(3, 0)},
		"sources over permissions": {[]permission{tcp(22, 22, world4, world6), tcp(80, 80, world4)},
			[]permission{all("-1", world4, world6)}, removed(3, 2)},
		"the same rule on each side": {[]permission{tcp(0, 65535, world4)}, []permission{tcp(0, 65535, world4)},
			removed(1, 1)},
		"descriptions": {[]permission{tcp(22, 22, world4+" # for now")},
			[]permission{all("-1", world6+" # out")}, removed(1, 1)},
		"many": {manyPermissions(), manyPermissions(), removed(300, 300)},
	}, func(tc groupCase) []play {
		full, empty := namedGroup("default", tc.ingress, tc.egress), namedGroup("default", nil, nil)
		return []play{emptying(true, 0, full), emptying(false, 0, full, empty), emptying(false, 0, full)}
	}, func(t *testing.T, tc groupCase, done []played) {
		plan, repair, stuck := done[0], done[1], done[2]
		if repair.Error != "" || repair.Change != tc.change || plan.Change != tc.change {
			t.Errorf("it says %q and %q, %s", plan.Change, repair.Change, repair.Error)
		}
		// All that EC2 says of every permission is kept, but that it has none of a kind of source; the
		// inbound ones come first.
		checkJSON(t, "Before", sided(t, tc.ingress, tc.egress), repair.Before)
		checkJSON(t, "After", []any{}, repair.After)
		var revokes, left []string
		for _, side := range []struct {
			call, name  string
			permissions []permission
		}{{revokeIngress, "inbound", tc.ingress}, {revokeEgress, "outbound", tc.egress}} {
			if len(side.permissions) == 0 {
				continue
			}
			revokes, left = append(revokes, side.call), append(left, side.name)
			var given struct{ IpPermissions []permission } //nolint:revive // the API's name
			input(t, repair.Made, side.call, &given)
			rest := groupOf(side.permissions)
			if err := rest.revoke(given.IpPermissions); err != nil || len(rest) > 0 {
				t.Errorf("%s: %d rules are left, %v", side.name, len(rest), err)
			}
		}
		if diff := cmp.Diff(orEmpty(revokes), names(plan.Planned)); diff != "" {
			t.Errorf("the plan's calls (-want +got):\n%s", diff)
		}
		says := ""
		if len(left) > 0 {
			says = "hubmend:unverified The default group still has " + strings.Join(left, " and ") +
				" rules. They may have been added again during this run. Find out what adds them, then start " +
				"the repair again."
		}
		if stuck.Error != says {
			t.Errorf("when rules stay: %q, want %q", stuck.Error, says)
		}
	})
}

// EC2 removes none of a call's rules when one of them is gone; what is left goes with the next look.
func TestDefaultGroupChangesMeanwhile(t *testing.T) {
	t.Parallel()
	two, one := []permission{tcp(22, 22, world4), tcp(80, 80, "10.0.0.0/8")}, []permission{tcp(80, 80, "10.0.0.0/8")}
	vanishes := emptying(false, 0, namedGroup("default", two, nil), namedGroup("default", one, nil),
		namedGroup("default", nil, nil))
	vanishes.Answers[revokeIngress] = []any{"InvalidPermission.NotFound", object{}}
	got := plays(t, defaultGroup, vanishes)[0]
	var revoked []string
	for _, c := range got.Made {
		if c.Call == revokeIngress {
			revoked = append(revoked, string(c.Parameters))
		}
	}
	if got.Error != "" || len(revoked) != 2 || strings.Contains(revoked[1], "0.0.0.0/0") {
		t.Errorf("%q, revoked %q", got.Error, revoked)
	}
	denied := emptying(false, 0, namedGroup("default", two, nil))
	denied.Answers[revokeIngress] = []any{"UnauthorizedOperation"}
	if got := plays(t, defaultGroup, denied)[0]; !strings.HasPrefix(got.Error,
		"hubmend:write UnauthorizedOperation ec2:RevokeSecurityGroupIngress") {
		t.Errorf("denied: %q", got.Error)
	}
}

func TestDefaultGroupOfAnotherName(t *testing.T) {
	t.Parallel()
	var all []play
	others := []string{"web", "Default", "default-web", "my default", "default ", ""}
	for _, name := range others {
		all = append(all, emptying(false, 0, namedGroup(name, nil, nil)),
			emptying(false, 0, namedGroup(name, []permission{tcp(22, 22, world4)}, nil)))
	}
	for i, got := range plays(t, defaultGroup, all...) {
		got.refused(t, "Security group "+itself+" is named "+others[i/2]+
			", not default. Only the default group of a VPC must be without rules, so nothing was removed.")
		if len(got.Made) != 1 {
			t.Errorf("it made %v", names(got.Made))
		}
	}
}

func TestDefaultGroupWarning(t *testing.T) {
	t.Parallel()
	type warningCase struct {
		users int
		says  string
	}
	tried(t, defaultGroup, map[string]warningCase{
		"none": {0, " No network interface uses it."},
		"1":    {1, " 1 network interface uses it and may lose connections: eni-000."},
		"2":    {2, " 2 network interfaces use it and may lose connections: eni-000, eni-001."},
		"3":    {3, " 3 network interfaces use it and may lose connections: eni-000, eni-001, eni-002."},
		"4":    {4, " 4 network interfaces use it and may lose connections: eni-000, eni-001, eni-002 and 1 more."},
		"many": {150, " 150 network interfaces use it and may lose connections: eni-000, eni-001, eni-002 and 147 more."},
	}, func(tc warningCase) []play {
		return []play{emptying(true, tc.users, namedGroup("default", []permission{all("-1", itself)}, nil)),
			emptying(true, tc.users, namedGroup("default", nil, nil))}
	}, func(t *testing.T, tc warningCase, done []played) {
		if len(done[0].Lost) != min(tc.users, 1) {
			t.Errorf("what is lost: %q", done[0].Lost)
		}
		if diff := cmp.Diff("Removed rules of the default group: 1 inbound and 0 outbound."+tc.says,
			done[0].Change); diff != "" {
			t.Errorf("Change (-want +got):\n%s", diff)
		}
		// An unchanged group has no side effects.
		if done[1].Change != "Nothing to change: the default group has no rules." {
			t.Errorf("without rules: %q", done[1].Change)
		}
	})
}

// Requests to EC2 must name each source unchanged, without keys that EC2 does not accept as input.
func TestWhatEC2IsGivenOfADefaultGroup(t *testing.T) {
	t.Parallel()
	type givenCase struct {
		ingress []permission
		want    string
	}
	tried(t, defaultGroup, map[string]givenCase{
		"itself": {[]permission{all("-1", itself)},
			`[{"IpProtocol":"-1","UserIdGroupPairs":[{"GroupId":"sg-0123456789abcdef0","UserId":"111111111111"}]}]`},
		"everyone": {[]permission{all("-1", world4)}, `[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]`},
		"IPv6": {[]permission{all("-1", world6+" # six")},
			`[{"IpProtocol":"-1","Ipv6Ranges":[{"CidrIpv6":"::/0"}]}]`},
		"description": {[]permission{tcp(22, 23, "10.0.0.0/8 # for now", "10.1.0.0/16")},
			`[{"FromPort":22,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"10.0.0.0/8"},{"CidrIp":"10.1.0.0/16"}],"ToPort":23}]`},
		"prefix list": {[]permission{listed(443)},
			`[{"FromPort":443,"IpProtocol":"tcp","PrefixListIds":[{"PrefixListId":"pl-12345678"}],"ToPort":443}]`},
		"peered group": {[]permission{peered(443)},
			`[{"FromPort":443,"IpProtocol":"tcp","ToPort":443,"UserIdGroupPairs":[{"GroupId":"sg-87654321","UserId":"999999999999"}]}]`},
		"sources of each kind": {[]permission{tcp(22, 22, world4, world6, "pl-1", "sg-1")},
			`[{"FromPort":22,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"Ipv6Ranges":[{"CidrIpv6":"::/0"}],"PrefixListIds":[{"PrefixListId":"pl-1"}],` +
				`"ToPort":22,"UserIdGroupPairs":[{"GroupId":"sg-1","UserId":"111111111111"}]}]`},
		"ICMP of all types": {[]permission{on("icmp", -1, -1, world4)},
			`[{"FromPort":-1,"IpProtocol":"icmp","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"ToPort":-1}]`},
		"ICMP echo reply is type 0": {[]permission{on("icmp", 0, -1, world4)},
			`[{"FromPort":0,"IpProtocol":"icmp","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"ToPort":-1}]`},
		"port 0": {[]permission{tcp(0, 0, world4)},
			`[{"FromPort":0,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"ToPort":0}]`},
		"an IP protocol by number": {[]permission{all("50", world4)},
			`[{"IpProtocol":"50","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]`},
		"the order stays": {[]permission{tcp(80, 80, world4), tcp(22, 22, world4)},
			`[{"FromPort":80,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"ToPort":80},{"FromPort":22,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"ToPort":22}]`},
	}, func(tc givenCase) []play {
		return []play{emptying(true, 0, namedGroup("default", tc.ingress, nil)),
			emptying(true, 0, namedGroup("default", nil, tc.ingress))}
	}, func(t *testing.T, tc givenCase, done []played) {
		for i, call := range []string{revokeIngress, revokeEgress} {
			var given struct{ IpPermissions json.RawMessage } //nolint:revive // the API's name
			input(t, done[i].Planned, call, &given)
			checkJSON(t, call, json.RawMessage(tc.want), given.IpPermissions)
		}
	})
}
