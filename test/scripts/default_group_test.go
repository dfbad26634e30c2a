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

type defaultGroupPayload struct {
	Group   string       `json:"group"`
	Name    string       `json:"name"`
	Ingress []permission `json:"ingress"`
	Egress  []permission `json:"egress"`
	Users   []string     `json:"users"`
	More    any          `json:"more"`
}

// defaultGroupOf makes the payload of a default group that no network interface uses.
func defaultGroupOf(ingress, egress []permission) defaultGroupPayload {
	return defaultGroupPayload{Group: itself, Name: "default", Ingress: orEmpty(ingress), Egress: orEmpty(egress), Users: []string{}, More: ""}
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

// manyPermissions gives 150 of them, each with a source of both families, so that a cut at 100 shows.
func manyPermissions() []permission {
	var many []permission
	for i := range 150 {
		many = append(many, tcp(i, 1000+i, fmt.Sprintf("10.%d.0.0/16 # number %d", i, i), fmt.Sprintf("2001:db8:%x::/48", i)))
	}
	return many
}

// described gives a permission as EC2 describes it, without empty lists.
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

// What is removed must be kept, and Systems Manager keeps no more than 100 KiB.
func TestDefaultGroupTooLargeToRecord(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, defaultGroup, "decide")
	config := interpreter(t)
	description := " # " + strings.Repeat("x", 250)
	permissions := func(n int) []permission {
		var all []permission
		for i := range n {
			all = append(all, tcp(i, i, world4+description))
		}
		return all
	}
	var got struct{ Action string }
	if err := run(t.Context(), config, script, defaultGroupOf(permissions(220), nil), &got); err != nil || got.Action != "empty" {
		t.Errorf("220 rules: action %q, %v", got.Action, err)
	}
	err := run(t.Context(), config, script, defaultGroupOf(permissions(150), permissions(150)), &got)
	checkRefusal(t, err, "Security group "+itself+" has so many rules that they cannot be recorded, and what is removed must be. "+
		"Nothing was removed; remove rules by hand until fewer are left.")
}

func TestDecideDefaultGroup(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, defaultGroup, "decide")
	removed := func(ingress, egress int) string {
		return fmt.Sprintf("Removed %d inbound and %d outbound rules of the default group. No network interface uses it.", ingress, egress)
	}
	for name, tc := range map[string]struct {
		ingress, egress []permission
		change          string
	}{
		"no rules":                   {change: "Nothing to change: the default group has no rules."},
		"both sides, as EC2 makes":   {[]permission{all("-1", itself)}, []permission{all("-1", world4)}, removed(1, 1)},
		"inbound only":               {[]permission{tcp(22, 22, world4)}, nil, removed(1, 0)},
		"outbound only":              {nil, []permission{all("-1", world4)}, removed(0, 1)},
		"itself only":                {[]permission{all("-1", itself)}, nil, removed(1, 0)},
		"IPv6":                       {[]permission{tcp(22, 22, world6)}, []permission{all("-1", world6)}, removed(1, 1)},
		"prefix list":                {nil, []permission{listed(443)}, removed(0, 1)},
		"peered group":               {[]permission{peered(443)}, nil, removed(1, 0)},
		"ICMP of all types":          {[]permission{on("icmp", -1, -1, world4)}, nil, removed(1, 0)},
		"sources of each kind":       {[]permission{tcp(22, 22, "10.0.0.0/8", "2001:db8::/32", "pl-12345678", "sg-87654321")}, nil, removed(4, 0)},
		"sources of a kind":          {[]permission{tcp(22, 22, "10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16")}, nil, removed(3, 0)},
		"sources over permissions":   {[]permission{tcp(22, 22, world4, world6), tcp(80, 80, world4)}, []permission{all("-1", world4, world6)}, removed(3, 2)},
		"the same rule on each side": {[]permission{tcp(0, 65535, world4)}, []permission{tcp(0, 65535, world4)}, removed(1, 1)},
		"descriptions":               {[]permission{tcp(22, 22, world4+" # for now")}, []permission{all("-1", world6+" # out")}, removed(1, 1)},
		"many":                       {manyPermissions(), manyPermissions(), removed(300, 300)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			type side struct {
				Direction  string
				Permission object
			}
			type decided struct {
				Action string
				Before []side
				Change string
			}
			// All that EC2 says of every permission is kept, but that it has none of a kind of source; the inbound ones come first.
			want := decided{Action: "none", Before: []side{}, Change: tc.change}
			for _, p := range tc.ingress {
				want.Before = append(want.Before, side{"ingress", described(t, p)})
			}
			for _, p := range tc.egress {
				want.Before = append(want.Before, side{"egress", described(t, p)})
			}
			if len(want.Before) > 0 {
				want.Action = "empty"
			}
			var got decided
			if err := run(t.Context(), config, script, defaultGroupOf(tc.ingress, tc.egress), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDefaultGroupOfAnotherName(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, defaultGroup, "decide")
	for _, name := range []string{"web", "Default", "default-web", "my default", "default ", ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			for _, ingress := range [][]permission{nil, {tcp(22, 22, world4)}} {
				payload := defaultGroupOf(ingress, nil)
				payload.Name = name
				err := run(t.Context(), config, script, payload, new(object))
				checkRefusal(t, err, "Security group "+itself+" is named "+name+", not default. Only the default group of a VPC must be without rules, "+
					"so nothing was removed.")
			}
		})
	}
}

func TestDefaultGroupWarning(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, defaultGroup, "decide")
	const warning = " Warning: "
	for name, tc := range map[string]struct {
		users int
		more  any // the text '' is none
		says  string
	}{
		"none":                   {0, "", " No network interface uses it."},
		"none, null":             {0, nil, " No network interface uses it."},
		"none on this page":      {0, "token", " Which network interfaces use it is not known."},
		"1":                      {1, "", warning + "1 network interface uses it and may lose connections: eni-000."},
		"1 and more":             {1, "token", warning + "at least 1 network interface uses it and may lose connections: eni-000."},
		"2":                      {2, "", warning + "2 network interfaces use it and may lose connections: eni-000, eni-001."},
		"3":                      {3, "", warning + "3 network interfaces use it and may lose connections: eni-000, eni-001, eni-002."},
		"3 and more":             {3, "token", warning + "at least 3 network interfaces use it and may lose connections: eni-000, eni-001, eni-002."},
		"4":                      {4, "", warning + "4 network interfaces use it and may lose connections: eni-000, eni-001, eni-002 and 1 more."},
		"4, null":                {4, nil, warning + "4 network interfaces use it and may lose connections: eni-000, eni-001, eni-002 and 1 more."},
		"4 and more":             {4, "token", warning + "at least 4 network interfaces use it and may lose connections: eni-000, eni-001, eni-002 and at least 1 more."},
		"a page":                 {100, "", warning + "100 network interfaces use it and may lose connections: eni-000, eni-001, eni-002 and 97 more."},
		"a page and more":        {100, "token", warning + "at least 100 network interfaces use it and may lose connections: eni-000, eni-001, eni-002 and at least 97 more."},
		"more than EC2's answer": {150, "", warning + "150 network interfaces use it and may lose connections: eni-000, eni-001, eni-002 and 147 more."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			payload := defaultGroupOf([]permission{all("-1", itself)}, nil)
			payload.More = tc.more
			for i := range tc.users {
				payload.Users = append(payload.Users, fmt.Sprintf("eni-%03d", i))
			}
			var got struct{ Change string }
			if err := run(t.Context(), config, script, payload, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("Removed 1 inbound and 0 outbound rules of the default group."+tc.says, got.Change); diff != "" {
				t.Errorf("Change (-want +got):\n%s", diff)
			}
			// A group that stays as it is harms nobody.
			payload.Ingress = []permission{}
			if err := run(t.Context(), config, script, payload, &got); err != nil || got.Change != "Nothing to change: the default group has no rules." {
				t.Errorf("without rules: %q, %v", got.Change, err)
			}
		})
	}
}

// What is asked of EC2 must name each source as it is, and nothing that a question may not have.
func TestSelectDefaultGroup(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, defaultGroup, "select")
	const anywhere4 = `[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]`
	for name, tc := range map[string]struct {
		ingress, egress         []permission
		sides                   string
		wantIngress, wantEgress string // [] when empty
	}{
		"none": {sides: "none"},
		"both": {[]permission{all("-1", itself)}, []permission{all("-1", world4)}, "both",
			`[{"IpProtocol":"-1","UserIdGroupPairs":[{"GroupId":"sg-0123456789abcdef0","UserId":"111111111111"}]}]`, anywhere4},
		"inbound only":  {[]permission{all("-1", world4)}, nil, "ingress", anywhere4, ""},
		"outbound only": {nil, []permission{all("-1", world4)}, "egress", "", anywhere4},
		"IPv6": {[]permission{all("-1", world6+" # six")}, nil, "ingress",
			`[{"IpProtocol":"-1","Ipv6Ranges":[{"CidrIpv6":"::/0"}]}]`, ""},
		"description": {[]permission{tcp(22, 23, "10.0.0.0/8 # for now", "10.1.0.0/16")}, nil, "ingress",
			`[{"FromPort":22,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"10.0.0.0/8"},{"CidrIp":"10.1.0.0/16"}],"ToPort":23}]`, ""},
		"prefix list": {nil, []permission{listed(443)}, "egress", "",
			`[{"FromPort":443,"IpProtocol":"tcp","PrefixListIds":[{"PrefixListId":"pl-12345678"}],"ToPort":443}]`},
		"peered group": {[]permission{peered(443)}, nil, "ingress",
			`[{"FromPort":443,"IpProtocol":"tcp","ToPort":443,"UserIdGroupPairs":[{"GroupId":"sg-87654321","UserId":"999999999999"}]}]`, ""},
		"sources of each kind": {[]permission{tcp(22, 22, world4, world6, "pl-1", "sg-1")}, nil, "ingress",
			`[{"FromPort":22,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"Ipv6Ranges":[{"CidrIpv6":"::/0"}],"PrefixListIds":[{"PrefixListId":"pl-1"}],` +
				`"ToPort":22,"UserIdGroupPairs":[{"GroupId":"sg-1","UserId":"111111111111"}]}]`, ""},
		"ICMP of all types": {[]permission{on("icmp", -1, -1, world4)}, nil, "ingress",
			`[{"FromPort":-1,"IpProtocol":"icmp","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"ToPort":-1}]`, ""},
		"ICMP echo reply is type 0": {[]permission{on("icmp", 0, -1, world4)}, nil, "ingress",
			`[{"FromPort":0,"IpProtocol":"icmp","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"ToPort":-1}]`, ""},
		"port 0": {[]permission{tcp(0, 0, world4)}, nil, "ingress",
			`[{"FromPort":0,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"ToPort":0}]`, ""},
		"an IP protocol by number": {nil, []permission{all("50", world4)}, "egress", "",
			`[{"IpProtocol":"50","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]`},
		"the order stays": {[]permission{tcp(80, 80, world4), tcp(22, 22, world4)}, nil, "ingress",
			`[{"FromPort":80,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"ToPort":80},{"FromPort":22,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"ToPort":22}]`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			var got struct {
				Sides           string
				Ingress, Egress json.RawMessage
			}
			payload := object{"ingress": orEmpty(tc.ingress), "egress": orEmpty(tc.egress)}
			if err := run(t.Context(), config, script, payload, &got); err != nil {
				t.Fatal(err)
			}
			want := []string{tc.sides, tc.wantIngress, tc.wantEgress}
			for i, text := range want {
				if text == "" {
					want[i] = "[]"
				}
			}
			if diff := cmp.Diff(want, []string{got.Sides, string(got.Ingress), string(got.Egress)}); diff != "" {
				t.Errorf("Sides, Ingress, Egress (-want +got):\n%s", diff)
			}
		})
	}
}

// Revoking what is selected must leave nothing of a group, however many rules it has.
func TestSelectDefaultGroupWithManyRules(t *testing.T) {
	t.Parallel()
	config := interpreter(t)
	many := manyPermissions()
	var got struct{ Ingress, Egress []permission }
	if err := run(t.Context(), config, scriptOf(t, defaultGroup, "select"), object{"ingress": many, "egress": many}, &got); err != nil {
		t.Fatal(err)
	}
	for side, selected := range map[string][]permission{"inbound": got.Ingress, "outbound": got.Egress} {
		left := groupOf(many)
		if err := left.revoke(selected); err != nil || len(left) > 0 {
			t.Errorf("%s: %d rules are left, %v", side, len(left), err)
		}
	}
}

func TestVerifyDefaultGroup(t *testing.T) {
	t.Parallel()
	script, last := scriptOf(t, defaultGroup, "verify"), lastPass(t, defaultGroup, "empty")
	for name, tc := range map[string]struct {
		ingress, egress []permission
		left            string // empty when no rules are
	}{
		"no rules": {},
		"inbound":  {[]permission{tcp(22, 22, world4)}, nil, "inbound"},
		"outbound": {nil, []permission{all("-1", world4)}, "outbound"},
		"both":     {[]permission{tcp(22, 22, world4)}, []permission{all("-1", world4)}, "inbound and outbound"},
		"itself":   {[]permission{all("-1", itself)}, nil, "inbound"},
		"many":     {manyPermissions(), manyPermissions(), "inbound and outbound"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			for pass := uint64(1); pass <= last; pass++ {
				state, text := "empty", ""
				if tc.left != "" {
					state = "rules"
				}
				if tc.left != "" && pass == last {
					state = ""
					text = "The default group still has " + tc.left + " rules. Somebody may add them again while this runs; find out who, and start the repair again."
				}
				var got struct{ State string }
				err := run(t.Context(), config, script, object{"ingress": orEmpty(tc.ingress), "egress": orEmpty(tc.egress), "pass": pass}, &got)
				checkError(t, err, text)
				if got.State != state {
					t.Errorf("pass %d: State is %q, want %q", pass, got.State, state)
				}
			}
		})
	}
}
