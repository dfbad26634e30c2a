package undo_test

import "testing"

// inbound is an entry of a network ACL that allows TCP, or everything.
func inbound(number int, protocol string, of object) object {
	entry := object{"RuleNumber": number, "Protocol": protocol, "RuleAction": "allow", "Egress": false}
	for name, value := range of {
		entry[name] = value
	}
	return entry
}

func ports(from, to int) object {
	return object{"CidrBlock": world4, "PortRange": object{"From": from, "To": to}}
}

// setEntry makes a change to an entry of a network ACL.
func setEntry(t *testing.T, w *world, how, acl string, entry object) {
	t.Helper()
	input := object{"NetworkAclId": acl}
	for name, value := range entry {
		input[name] = value
	}
	w.call(t, "ec2:"+how+"NetworkAclEntry", input)
}

func networkACL(entries ...object) func(*testing.T, *world) string {
	return func(t *testing.T, w *world) string {
		id, _ := vpc(t, w)
		var made struct{ NetworkAclId string }
		decode(t, w.call(t, "ec2:CreateNetworkAcl", object{"VpcId": id})["NetworkAcl"], &made)
		for _, entry := range entries {
			setEntry(t, w, "Create", made.NetworkAclId, entry)
		}
		return "arn:aws:ec2:" + region + ":" + account + ":network-acl/" + made.NetworkAclId
	}
}

var openNetworkACL = subject{
	broken: map[string]func(*testing.T, *world) string{
		"a wide entry": networkACL(inbound(100, "6", ports(0, 65535)), inbound(200, "6", object{
			"CidrBlock": "10.0.0.0/8", "PortRange": object{"From": 22, "To": 22}})),
		"both ports": networkACL(inbound(10, "6", ports(22, 22)), inbound(11, "6", ports(3389, 3389))),
		"all traffic": networkACL(inbound(100, "-1", object{"CidrBlock": world4}),
			inbound(101, "-1", object{"Ipv6CidrBlock": world6})),
	},
	look: func(t *testing.T, w *world, resource string) any {
		found := w.call(t, "ec2:DescribeNetworkAcls", object{"NetworkAclIds": []any{idOf(resource)}})
		return plain(t, found["NetworkAcls"])
	},
	change: map[string]func(*testing.T, *world, string){
		"what was added is gone": func(t *testing.T, w *world, resource string) {
			w.call(t, "ec2:DeleteNetworkAclEntry",
				object{"NetworkAclId": idOf(resource), "RuleNumber": 101, "Egress": false})
		},
		"what was narrowed is wide in another way": func(t *testing.T, w *world, resource string) {
			setEntry(t, w, "Replace", idOf(resource), inbound(100, "6", ports(0, 80)))
		},
	},
	halfway: func(t *testing.T, w *world, resource string) {
		setEntry(t, w, "Replace", idOf(resource), inbound(100, "6", ports(0, 65535)))
	},
	failing: func(*testing.T, *world) string {
		return "arn:aws:ec2:" + region + ":" + account + ":network-acl/acl-00000000000000000"
	},
}

var oldInstance = subject{
	broken: map[string]func(*testing.T, *world) string{
		"optional": func(t *testing.T, w *world) string {
			var images, run []struct{ ImageId, InstanceId string }
			decode(t, w.call(t, "ec2:DescribeImages", object{"Owners": []any{"amazon"}})["Images"], &images)
			decode(t, w.call(t, "ec2:RunInstances", object{"ImageId": images[0].ImageId, "MinCount": 1, "MaxCount": 1,
				"MetadataOptions": object{"HttpTokens": "optional", "HttpPutResponseHopLimit": 2}})["Instances"], &run)
			return "arn:aws:ec2:" + region + ":" + account + ":instance/" + run[0].InstanceId
		},
	},
	look: func(t *testing.T, w *world, resource string) any {
		found := w.call(t, "ec2:DescribeInstances", object{"InstanceIds": []any{idOf(resource)}})
		return plain(t, found["Reservations"])
	},
	failing: func(*testing.T, *world) string {
		return "arn:aws:ec2:" + region + ":" + account + ":instance/i-00000000000000000"
	},
}
