package plan_test

import (
	"testing"

	"hubmend/internal/ops/plan"
)

func TestLineOfAPermission(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	world := []any{object{"CidrIp": "0.0.0.0/0", "Description": "vendor"}}
	for name, tc := range map[string]struct {
		value any
		want  string
	}{
		"a range": {object{"IpProtocol": "tcp", "FromPort": int64(0), "ToPort": int64(65535), "IpRanges": world},
			"tcp 0-65535 from 0.0.0.0/0 (vendor)"},
		"a port": {object{"IpProtocol": "udp", "FromPort": int64(53), "ToPort": int64(53),
			"Ipv6Ranges": []any{object{"CidrIpv6": "::/0"}}}, "udp 53 from ::/0"},
		"all": {object{"IpProtocol": "-1", "IpRanges": world}, "all traffic from 0.0.0.0/0 (vendor)"},
		"ICMP": {object{"IpProtocol": "icmp", "FromPort": int64(8), "ToPort": int64(-1), "IpRanges": world},
			"icmp type 8 from 0.0.0.0/0 (vendor)"},
		"all ICMP": {object{"IpProtocol": "icmp", "FromPort": int64(-1), "ToPort": int64(-1), "IpRanges": world},
			"icmp from 0.0.0.0/0 (vendor)"},
		"a number": {object{"IpProtocol": "50", "IpRanges": world}, "50 from 0.0.0.0/0 (vendor)"},
		"tags": {object{"IpProtocol": "-1", "IpRanges": world,
			"Tags": []any{object{"Key": "a", "Value": "1"}, object{"Key": "b", "Value": ""}}},
			"all traffic from 0.0.0.0/0 (vendor), tagged a=1, b="},
		"other sources": {object{"IpProtocol": "-1", "PrefixListIds": []any{object{"PrefixListId": "pl-1"}},
			"UserIdGroupPairs": []any{object{"GroupId": "sg-1"}}}, "all traffic from pl-1, sg-1"},
		"inbound": {object{"Direction": "ingress", "IpProtocol": "-1", "IpRanges": world},
			"inbound all traffic from 0.0.0.0/0 (vendor)"},
		"outbound": {object{"Direction": "egress", "IpProtocol": "tcp", "FromPort": int64(22),
			"ToPort": int64(22), "IpRanges": world}, "outbound tcp 22 to 0.0.0.0/0 (vendor)"},
		"no source":      {object{"IpProtocol": "-1"}, ""},
		"something else": {object{"KeyRotationEnabled": true}, ""},
		"a text":         {"x", ""},
	} {
		if got := (plan.Line{Sign: '-', Value: tc.value}).Text(); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
