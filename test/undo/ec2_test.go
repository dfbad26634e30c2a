package undo_test

import (
	"strings"
	"testing"
)

const world4, world6 = "0.0.0.0/0", "::/0"

func permission(protocol string, from, to int, sources object) object {
	p := object{"IpProtocol": protocol}
	if protocol != "-1" {
		p["FromPort"], p["ToPort"] = from, to
	}
	for kind, entries := range sources {
		p[kind] = entries
	}
	return p
}

func from4(description string) object {
	entry := object{"CidrIp": world4}
	if description != "" {
		entry["Description"] = description
	}
	return object{"IpRanges": []any{entry}}
}

func from6() object { return object{"Ipv6Ranges": []any{object{"CidrIpv6": world6}}} }

// private is a rule that no repair touches.
var private = permission("tcp", 22, 22,
	object{"IpRanges": []any{object{"CidrIp": "10.0.0.0/8", "Description": "office"}}})

func groupARN(id string) string {
	return "arn:aws:ec2:" + region + ":" + account + ":security-group/" + id
}

func idOf(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

func allow(t *testing.T, w *world, direction, group string, permissions ...any) {
	t.Helper()
	w.call(t, "ec2:AuthorizeSecurityGroup"+direction, object{"GroupId": group, "IpPermissions": permissions})
}

func revoke(t *testing.T, w *world, direction, group string, permissions ...any) {
	t.Helper()
	w.call(t, "ec2:RevokeSecurityGroup"+direction, object{"GroupId": group, "IpPermissions": permissions})
}

// group makes a group with inbound rules.
func group(permissions ...any) func(*testing.T, *world) string {
	return func(t *testing.T, w *world) string {
		name := w.name()
		id, _ := w.call(t, "ec2:CreateSecurityGroup",
			object{"GroupName": name, "Description": name})["GroupId"].(string)
		allow(t, w, "Ingress", id, permissions...)
		return groupARN(id)
	}
}

// lookAtGroup returns the group and its rules one by one. EC2 gives each rule an id when it is made.
func lookAtGroup(t *testing.T, w *world, arn string) any {
	group := w.call(t, "ec2:DescribeSecurityGroups", object{"GroupIds": []any{idOf(arn)}})["SecurityGroups"]
	rules := w.call(t, "ec2:DescribeSecurityGroupRules",
		object{"Filters": []any{object{"Name": "group-id", "Values": []any{idOf(arn)}}}})["SecurityGroupRules"]
	return plain(t, []any{group, rules}, "SecurityGroupRuleId", "SecurityGroupRuleArn")
}

// The wide rule comes first in the order of names, because somebody who changes what the repair added needs it. It
// is open over both families, because some controls are about one only.
var openGroup = subject{
	broken: map[string]func(*testing.T, *world) string{
		"a wide rule": group(permission("tcp", 0, 65535, from4("everything")), permission("tcp", 0, 65535, from6()),
			private),
		"both ports": group(permission("tcp", 22, 22, from4("")),
			permission("tcp", 3389, 3389, from4("desktops")), private),
		"both families": group(permission("tcp", 20, 4000, from4("wide")), permission("tcp", 22, 3389, from6())),
		"all traffic":   group(permission("-1", 0, 0, from4("all")), private),
		"rules that overlap": group(permission("tcp", 20, 3400, from4("one")), permission("tcp", 20, 21, from4("two")),
			permission("tcp", 22, 3389, from4(""))),
	},
	look: lookAtGroup,
	change: map[string]func(*testing.T, *world, string){
		"what was added is gone": func(t *testing.T, w *world, arn string) {
			revoke(t, w, "Ingress", idOf(arn), permission("tcp", 23, 65535, from4("")))
		},
		"what was added has another description": func(t *testing.T, w *world, arn string) {
			revoke(t, w, "Ingress", idOf(arn), permission("tcp", 23, 65535, from4("")))
			allow(t, w, "Ingress", idOf(arn), permission("tcp", 23, 65535, from4("mine")))
		},
		"open again by another rule": func(t *testing.T, w *world, arn string) {
			allow(t, w, "Ingress", idOf(arn), permission("tcp", 22, 22, from4("")))
		},
		"open again by a rule for all traffic": func(t *testing.T, w *world, arn string) {
			allow(t, w, "Ingress", idOf(arn), permission("-1", 0, 0, from6()))
		},
	},
	halfway: func(t *testing.T, w *world, arn string) {
		allow(t, w, "Ingress", idOf(arn), permission("tcp", 0, 65535, from4("everything")),
			permission("tcp", 0, 65535, from6()))
	},
	failing: func(*testing.T, *world) string { return groupARN("sg-00000000000000000") },
}

// vpc creates a VPC and returns its default group.
func vpc(t *testing.T, w *world) (id, group string) {
	t.Helper()
	var made struct{ VpcId string }
	decode(t, w.call(t, "ec2:CreateVpc", object{"CidrBlock": "10.9.0.0/16"})["Vpc"], &made)
	var groups []struct{ GroupId string }
	decode(t, w.call(t, "ec2:DescribeSecurityGroups", object{"Filters": []any{
		object{"Name": "vpc-id", "Values": []any{made.VpcId}}, object{"Name": "group-name", "Values": []any{"default"}},
	}})["SecurityGroups"], &groups)
	return made.VpcId, groups[0].GroupId
}

// everythingOut is the outbound rule of a new group.
var everythingOut = permission("-1", 0, 0, from4(""))

// fromItself is the inbound rule that EC2 gives a default group. The lab's EC2 revokes none of a group's that has a
// description.
func fromItself(group string) object {
	return object{"IpProtocol": "-1", "UserIdGroupPairs": []any{object{"GroupId": group, "UserId": account}}}
}

// defaultRules returns a VPC whose default group has these inbound rules, and one from the group itself.
func defaultRules(ingress ...any) func(*testing.T, *world) string {
	return func(t *testing.T, w *world) string {
		_, id := vpc(t, w)
		allow(t, w, "Ingress", id, append(ingress, fromItself(id))...)
		return groupARN(id)
	}
}

var defaultGroup = subject{
	broken: map[string]func(*testing.T, *world) string{
		"as EC2 makes it": defaultRules(),
		"many rules": defaultRules(permission("tcp", 443, 443,
			object{"IpRanges": []any{object{"CidrIp": world4, "Description": "web"}, object{"CidrIp": "10.0.0.0/8"}}}),
			permission("udp", 53, 53, from6())),
		"outbound rules": func(t *testing.T, w *world) string {
			_, id := vpc(t, w)
			revoke(t, w, "Egress", id, everythingOut)
			allow(t, w, "Egress", id, permission("tcp", 443, 443, from4("web")),
				permission("tcp", 5432, 5432, object{"IpRanges": []any{object{"CidrIp": "10.1.0.0/16"}}}))
			return groupARN(id)
		},
		"inbound rules": func(t *testing.T, w *world) string {
			arn := defaultRules()(t, w)
			revoke(t, w, "Egress", idOf(arn), everythingOut)
			return arn
		},
	},
	look: lookAtGroup,
	change: map[string]func(*testing.T, *world, string){
		"a new inbound rule": func(t *testing.T, w *world, arn string) { allow(t, w, "Ingress", idOf(arn), private) },
		"a new outbound rule": func(t *testing.T, w *world, arn string) {
			allow(t, w, "Egress", idOf(arn), permission("tcp", 443, 443, from4("")))
		},
	},
	halfway: func(t *testing.T, w *world, arn string) {
		allow(t, w, "Ingress", idOf(arn), fromItself(idOf(arn)))
	},
	failing: group(private), // not a default group
	stays:   true,
}

// flowLogs makes a VPC with a log group and these flow logs to it.
func flowLogs(traffic ...string) func(*testing.T, *world) string {
	return func(t *testing.T, w *world) string {
		id, _ := vpc(t, w)
		for _, kind := range traffic {
			logTraffic(t, w, id, kind)
		}
		return "arn:aws:ec2:" + region + ":" + account + ":vpc/" + id
	}
}

func logTraffic(t *testing.T, w *world, vpc, kind string) {
	t.Helper()
	name := w.name()
	w.call(t, "logs:CreateLogGroup", object{"logGroupName": name})
	w.call(t, "ec2:CreateFlowLogs", object{
		"ResourceType": "VPC", "ResourceIds": []any{vpc}, "TrafficType": kind, "LogGroupName": name,
		"DeliverLogsPermissionArn": "arn:aws:iam::" + account + ":role/hubmend-flow-log-delivery",
	})
}

var unloggedVPC = subject{
	broken: map[string]func(*testing.T, *world) string{
		"no flow log":             flowLogs(),
		"one of accepted traffic": flowLogs("ACCEPT"),
	},
	look: func(t *testing.T, w *world, arn string) any {
		vpc := w.call(t, "ec2:DescribeVpcs", object{"VpcIds": []any{idOf(arn)}})["Vpcs"]
		logs := w.call(t, "ec2:DescribeFlowLogs",
			object{"Filters": []any{object{"Name": "resource-id", "Values": []any{idOf(arn)}}}})["FlowLogs"]
		return plain(t, []any{vpc, logs})
	},
	change: map[string]func(*testing.T, *world, string){
		"another flow log": func(t *testing.T, w *world, arn string) { logTraffic(t, w, idOf(arn), "ALL") },
		"another instead of it": func(t *testing.T, w *world, arn string) {
			var found []struct{ FlowLogId string }
			decode(t, w.call(t, "ec2:DescribeFlowLogs",
				object{"Filters": []any{object{"Name": "resource-id", "Values": []any{idOf(arn)}}}})["FlowLogs"],
				&found)
			w.call(t, "ec2:DeleteFlowLogs", object{"FlowLogIds": []any{found[0].FlowLogId}})
			logTraffic(t, w, idOf(arn), "REJECT")
		},
	},
	failing: func(*testing.T, *world) string {
		return "arn:aws:ec2:" + region + ":" + account + ":vpc/vpc-00000000000000000"
	},
}
