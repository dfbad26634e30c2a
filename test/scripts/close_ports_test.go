package scripts_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
)

// decision is what the repair of a group plans.
type decision struct {
	Action              string // none, close, or split when something is kept
	Close, Keep, Before []permission
	Change              string
}

// described is how EC2 answers about a group.
func groupAnswer(permissions []permission) map[string]any {
	return map[string]any{"SecurityGroups": []any{map[string]any{"IpPermissions": orEmpty(permissions)}}}
}

var noTags = map[string]any{"SecurityGroupRules": []any{}}

// portsEvents are the parameters of a repair, with the document's defaults and others in their place.
func portsEvents(ports []string, others map[string]any) map[string]any {
	events := map[string]any{
		"GroupId": itself, "Ports": ports, "Keep": []string{}, "Protocols": []string{"tcp"},
		"Families": []string{"ipv4", "ipv6"},
	}
	maps.Copy(events, others)
	return events
}

// closePorts plans repairs of groups.
func closePorts(t *testing.T, groups ...portsPayload) []decision {
	t.Helper()
	var all []play
	for _, g := range groups {
		all = append(all, play{
			Events: portsEvents(g.Ports, map[string]any{"Mode": "plan"}),
			Answers: map[string][]any{"ec2:DescribeSecurityGroups": {groupAnswer(g.Ingress)},
				"ec2:DescribeSecurityGroupRules": {noTags}},
		})
	}
	var decisions []decision
	for i, p := range plays(t, "CloseSecurityGroupPorts", all...) {
		if p.Error != "" {
			t.Fatalf("%v: %s", groups[i], p.Error)
		}
		decisions = append(decisions, p.decision(t))
	}
	return decisions
}

func (p played) decision(t *testing.T) decision {
	t.Helper()
	d := decision{Action: "none", Change: p.Change}
	var keep, gone struct{ IpPermissions []permission } //nolint:revive // the API's name
	input(t, p.Planned, "ec2:AuthorizeSecurityGroupIngress", &keep)
	input(t, p.Planned, "ec2:RevokeSecurityGroupIngress", &gone)
	d.Close, d.Keep = gone.IpPermissions, keep.IpPermissions
	if len(d.Close) > 0 {
		d.Action = "close"
	}
	if len(d.Keep) > 0 {
		d.Action = "split"
		// The ranges that stay come before the wide rule goes.
		if got := names(p.Planned); !slices.Equal(got,
			[]string{"ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"}) {
			t.Errorf("the calls are %q", got)
		}
	}
	var after []permission
	if err := json.Unmarshal(p.Before, &d.Before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(p.After, &after); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(written(after), written(d.Keep)) {
		t.Errorf("After is %q, and %q is added", written(after), written(d.Keep))
	}
	return d
}

// A rule that was removed during the repair is not a failure.
func TestClosedMeanwhile(t *testing.T) {
	t.Parallel()
	open, closed := groupAnswer([]permission{tcp(22, 22, world4)}), groupAnswer(nil)
	got := plays(t, "CloseSecurityGroupPorts", play{
		Events: portsEvents([]string{"22"}, nil),
		Answers: map[string][]any{"ec2:DescribeSecurityGroups": {open, closed},
			"ec2:DescribeSecurityGroupRules": {noTags},
			"ec2:RevokeSecurityGroupIngress": {"InvalidPermission.NotFound"}},
	})[0]
	if got.Error != "" || got.Change == "" {
		t.Errorf("%+v", got)
	}
}
