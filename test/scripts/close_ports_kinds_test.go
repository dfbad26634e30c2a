package scripts_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Requirements of other controls: one address family and UDP (EC2.53, EC2.54), many ports (EC2.19), and all ports but
// some (EC2.18).
func TestCloseOtherKinds(t *testing.T) {
	t.Parallel()
	both, v4, v6 := []string{"tcp",
		"udp"}, map[string]any{"Families": []string{"ipv4"}}, map[string]any{"Families": []string{"ipv6"}}
	for name, tc := range map[string]struct {
		ports       []string
		others      map[string]any
		protocols   []string
		ingress     []permission
		close, keep []string
		change      string // the beginning
	}{
		"IPv4 only": {ports: []string{"22", "3389"}, others: v4, protocols: both,
			ingress: []permission{tcp(22, 22, world4, world6), on("udp", 3389, 3389, world4)},
			close:   []string{"tcp 22 0.0.0.0/0", "udp 3389 0.0.0.0/0"},
			change: "Closed TCP 22 and 3389, UDP 22 and 3389 to 0.0.0.0/0: removed tcp 22 from 0.0.0.0/0, udp 3389 " +
				"from 0.0.0.0/0."},
		"IPv6 only": {ports: []string{"22"}, others: v6, protocols: both,
			ingress: []permission{all("-1", world6), all("-1", world4)},
			close:   []string{"-1 ::/0"},
			keep: []string{"icmpv6 ::/0", "tcp 0-21 ::/0", "tcp 23-65535 ::/0", "udp 0-21 ::/0",
				"udp 23-65535 ::/0"},
			change: "Closed TCP 22, UDP 22 to ::/0: removed all traffic from ::/0; kept icmpv6, tcp 0-21, tcp " +
				"23-65535, udp 0-21, udp 23-65535 open as before. " +
				"::/0 can no longer reach it with other IP protocols, such as GRE and ESP."},
		"UDP is not asked for": {ports: []string{"53"}, protocols: []string{"tcp"},
			ingress: []permission{on("udp", 0, 65535, world4)},
			change:  "Nothing to change: the security group does not open TCP 53 to the world."},
		"UDP by its number": {ports: []string{"53"}, protocols: []string{"udp"},
			ingress: []permission{on("17", 50, 60, world4)},
			close:   []string{"17 50-60 0.0.0.0/0"}, keep: []string{"udp 50-52 0.0.0.0/0", "udp 54-60 0.0.0.0/0"},
			change: "Closed UDP 53 to the world"},
		"neighbours": {ports: []string{"23", "21", "20", "22"}, protocols: []string{"tcp"},
			ingress: []permission{tcp(20, 25, world4)},
			close:   []string{"tcp 20-25 0.0.0.0/0"}, keep: []string{"tcp 24-25 0.0.0.0/0"},
			change: "Closed TCP 20, 21, 22 and 23 to the world"},
		"all but some": {others: map[string]any{"Keep": []string{"tcp/443", "tcp/80"}}, protocols: both,
			ingress: []permission{all("-1", world4), tcp(443, 443, world6), tcp(79, 81, world6),
				on("udp", 443, 443, world6), on("icmp", 8, 0, world4)},
			close:  []string{"-1 0.0.0.0/0", "tcp 79-81 ::/0", "udp 443 ::/0"},
			keep:   []string{"icmp 0.0.0.0/0", "tcp 443 0.0.0.0/0", "tcp 80 0.0.0.0/0", "tcp 80 ::/0"},
			change: "Closed TCP 0-79, 81-442 and 444-65535, UDP 0-65535 to the world: removed "},
		"all but the first and the last": {others: map[string]any{"Keep": []string{"tcp/0", "tcp/65535"}},
			protocols: []string{"tcp"},
			ingress:   []permission{tcp(0, 65535, world4)},
			close:     []string{"tcp 0-65535 0.0.0.0/0"}, keep: []string{"tcp 0 0.0.0.0/0", "tcp 65535 0.0.0.0/0"},
			change: "Closed TCP 1-65534 to the world"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := portsEvents(slices.Concat([]string{}, tc.ports),
				map[string]any{"Mode": "plan", "Protocols": tc.protocols})
			for key, value := range tc.others {
				events[key] = value
			}
			got := plays(t, "CloseSecurityGroupPorts", play{events, map[string][]any{
				"ec2:DescribeSecurityGroups": {groupAnswer(tc.ingress)}, "ec2:DescribeSecurityGroupRules": {noTags},
			}})[0]
			if got.Error != "" || !strings.HasPrefix(got.Change, tc.change) {
				t.Fatalf("error %q, change %q", got.Error, got.Change)
			}
			d := got.decision(t)
			slices.Sort(tc.keep)
			if diff := cmp.Diff(slices.Concat([]string{}, tc.close),
				slices.Sorted(slices.Values(written(d.Close)))); diff != "" {
				t.Errorf("closed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(slices.Concat([]string{}, tc.keep),
				slices.Sorted(slices.Values(written(d.Keep)))); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		})
	}
}

// The parts of a split rule keep its tags, and rules with different tags are added by different calls.
func TestSplitKeepsTags(t *testing.T) {
	t.Parallel()
	tags := func(value string) []any {
		return []any{map[string]any{"Key": "owner", "Value": value},
			map[string]any{"Key": "aws:cloudformation:stack-name", "Value": "x"}}
	}
	rule := func(to int, cidr, value string, egress bool) map[string]any {
		return map[string]any{"IpProtocol": "tcp", "FromPort": 22, "ToPort": to, "CidrIpv4": cidr, "IsEgress": egress,
			"Tags": tags(value)}
	}
	answers := map[string][]any{
		"ec2:DescribeSecurityGroups": {
			groupAnswer([]permission{tcp(22, 23, world4), tcp(22, 24, world4), tcp(22, 25, world4)})},
		"ec2:DescribeSecurityGroupRules": {map[string]any{"SecurityGroupRules": []any{
			rule(23, "0.0.0.0/0", "ann", false), rule(24, "0.0.0.0/0", "bob", false),
			rule(25, "0.0.0.0/0", "eve", true), rule(25, "10.0.0.0/8", "eve", false),
		}}},
	}
	got := plays(t, "CloseSecurityGroupPorts",
		play{portsEvents([]string{"22"}, map[string]any{"Mode": "plan"}), answers})[0]
	want := []string{
		`{"GroupId":"` + itself +
			`","IpPermissions":[{"FromPort":23,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"ToPort":23}],` +
			`"TagSpecifications":[{"ResourceType":"security-group-rule","Tags":[{"Key":"owner","Value":"ann"}]}]}`,
		`{"GroupId":"` + itself +
			`","IpPermissions":[{"FromPort":23,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"ToPort":24}],` +
			`"TagSpecifications":[{"ResourceType":"security-group-rule","Tags":[{"Key":"owner","Value":"bob"}]}]}`,
		`{"GroupId":"` + itself +
			`","IpPermissions":[{"FromPort":23,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"ToPort":25}]}`,
	}
	var added []string
	for _, c := range got.Planned {
		if c.Call == "ec2:AuthorizeSecurityGroupIngress" {
			added = append(added, sorted(t, c.Parameters))
		}
	}
	if diff := cmp.Diff(want, added); diff != "" {
		t.Errorf("%s\nadded (-want +got):\n%s", got.Error, diff)
	}
}

func TestPortsAreRefused(t *testing.T) {
	t.Parallel()
	theirs := groupAnswer([]permission{tcp(22, 22, world4)})
	theirs["SecurityGroups"].([]any)[0].(map[string]any)["OwnerId"] = "222222222222"
	answers := map[string][]any{"ec2:DescribeSecurityGroups": {theirs}}
	for name, tc := range map[string]struct {
		events map[string]any
		says   string
	}{
		"both": {portsEvents([]string{"22"}, map[string]any{"Keep": []string{"tcp/80"}}),
			"Specify either Ports, to close these ports, or Keep"},
		"neither": {portsEvents([]string{}, nil), "Specify either Ports, to close these ports, or Keep"},
		"another's group": {portsEvents([]string{"22"}, nil),
			"Security group " + itself + " belongs to account 222222222222, which shares its VPC."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plays(t, "CloseSecurityGroupPorts", play{tc.events, answers})[0].refused(t, tc.says)
		})
	}
}
