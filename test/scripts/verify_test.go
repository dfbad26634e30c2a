package scripts_test

import (
	"strings"
	"testing"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		ingress []permission
		ports   []string
		open    string // part of the error; empty if it must pass
	}{
		"empty": {ports: []string{"22"}},
		"other ports": {ingress: []permission{tcp(0, 21, world4), tcp(23, 65535, world4, world6)},
			ports: []string{"22"}},
		"other sources": {ingress: []permission{tcp(22, 22, "10.0.0.0/8", "pl-1", "sg-1", "fd00::/8"),
			all("-1", "10.0.0.0/8")}, ports: []string{"22"}},
		"UDP and ICMP": {ingress: []permission{on("udp", 22, 22, world4), on("icmp", -1, -1, world4),
			all("50", world4)}, ports: []string{"22"}},
		"exact port": {[]permission{tcp(22, 22, world4)}, []string{"22"},
			"Still open to the world: TCP 22. "},
		"IPv6":              {[]permission{tcp(22, 22, world6)}, []string{"22"}, ": TCP 22. "},
		"first of a range":  {[]permission{tcp(22, 30, world4)}, []string{"22"}, ": TCP 22. "},
		"last of a range":   {[]permission{tcp(20, 22, world4)}, []string{"22"}, ": TCP 22. "},
		"by number":         {[]permission{on("6", 0, 65535, world4)}, []string{"22"}, ": TCP 22. "},
		"all traffic":       {[]permission{all("-1", world4)}, []string{"22"}, ": TCP 22. "},
		"all traffic, IPv6": {[]permission{all("-1", world6)}, []string{"22"}, ": TCP 22. "},
		"behind others":     {[]permission{tcp(22, 22, "10.0.0.0/8", world4)}, []string{"22"}, ": TCP 22. "},
		"one of two ports":  {[]permission{tcp(3389, 3389, world4)}, []string{"22", "3389"}, ": TCP 3389. "},
		"two ports": {[]permission{tcp(0, 65535, world4)}, []string{"22", "3389"},
			": TCP 22 and 3389. "},
		"says what to do about it": {[]permission{tcp(22, 22, world4)}, []string{"22"}, "Start the repair again."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ports := make([]permission, len(tc.ports))
			for i, port := range numbers(t, tc.ports) {
				ports[i] = tcp(port, port, world4)
			}
			got := plays(t, "CloseSecurityGroupPorts", play{
				Events: portsEvents(tc.ports, nil),
				Answers: map[string][]any{
					"ec2:DescribeSecurityGroups":     {groupAnswer(ports), groupAnswer(tc.ingress)},
					"ec2:DescribeSecurityGroupRules": {noTags}, "ec2:RevokeSecurityGroupIngress": {map[string]any{}},
				},
			})[0]
			if (got.Error == "") != (tc.open == "") || !strings.Contains(got.Error, tc.open) || tc.open != "" &&
				!strings.HasPrefix(got.Error, "hubmend:unverified ") {
				t.Errorf("error = %q, want it to say %q", got.Error, tc.open)
			}
		})
	}
}
