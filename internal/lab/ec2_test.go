package lab_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The lab keeps two things that moto would lose: the type of an ICMP entry, and the metadata options that a change does
// not name.
func TestEC2LosesNothing(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{})
	vpc := at(w.call(t, member, "ec2", "CreateVpc", object{"CidrBlock": "10.9.0.0/16"}), "Vpc", "VpcId")
	acl := at(w.call(t, member, "ec2", "CreateNetworkAcl", object{"VpcId": vpc}), "NetworkAcl", "NetworkAclId")
	entry := object{"RuleNumber": 100.0, "Protocol": "1", "RuleAction": "allow", "Egress": false,
		"CidrBlock": "0.0.0.0/0", "IcmpTypeCode": object{"Type": -1.0, "Code": -1.0}}
	input := func() object {
		of := maps.Clone(entry)
		of["NetworkAclId"] = acl
		return of
	}
	same := func(want object) {
		t.Helper()
		answer := w.call(t, member, "ec2", "DescribeNetworkAcls", object{"NetworkAclIds": []any{acl}})
		for _, one := range at(answer, "NetworkAcls", 0, "Entries").([]any) {
			if one := one.(object); one["RuleNumber"] == 100.0 && one["Egress"] == false {
				if diff := cmp.Diff(want, one); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				return
			}
		}
		t.Error("the entry is gone")
	}
	w.call(t, member, "ec2", "CreateNetworkAclEntry", input())
	same(entry)
	delete(entry, "CidrBlock")
	entry["Protocol"], entry["Ipv6CidrBlock"] = "58", "::/0"
	w.call(t, member, "ec2", "ReplaceNetworkAclEntry", input())
	same(entry)
	delete(entry, "IcmpTypeCode")
	w.refused(t, member, "ec2", "ReplaceNetworkAclEntry", input(), "MissingParameter", "icmpTypeCode")
	w.refused(t, member, "ec2", "DescribeNetworkAcls", object{"NetworkAclIds": []any{"acl-00000000000000000"}},
		"InvalidNetworkAclID.NotFound", "acl-00000000000000000")

	image := at(w.call(t, member, "ec2", "DescribeImages", object{"Owners": []any{"amazon"}}), "Images", 0, "ImageId")
	run := w.call(t, member, "ec2", "RunInstances", object{"ImageId": image, "MinCount": 1, "MaxCount": 1,
		"MetadataOptions": object{"HttpTokens": "optional", "HttpPutResponseHopLimit": 2,
			"InstanceMetadataTags": "enabled"}})
	instance := at(run, "Instances", 0, "InstanceId")
	w.call(t, member, "ec2", "ModifyInstanceMetadataOptions",
		object{"InstanceId": instance, "HttpTokens": "required"})
	found := w.call(t, member, "ec2", "DescribeInstances", object{"InstanceIds": []any{instance}})
	want := object{"State": "applied", "HttpTokens": "required", "HttpPutResponseHopLimit": 2.0,
		"HttpEndpoint": "enabled", "HttpProtocolIpv6": "disabled", "InstanceMetadataTags": "enabled"}
	if diff := cmp.Diff(want, at(found, "Reservations", 0, "Instances", 0, "MetadataOptions")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// RDS adds a standby in the maintenance window, unless that must not wait.
func TestStandbyWaitsForTheWindow(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{})
	w.call(t, member, "rds", "CreateDBInstance", object{"DBInstanceIdentifier": "orders", "Engine": "postgres",
		"DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20, "MasterUsername": "admin1",
		"MasterUserPassword": "example-only"})
	for _, step := range []struct {
		input   object
		now     bool
		pending any
	}{
		{object{"MultiAZ": true}, false, object{"MultiAZ": true}},
		{object{"MultiAZ": true, "ApplyImmediately": true}, true, object{}},
		{object{"MultiAZ": false}, true, object{"MultiAZ": false}},
		{object{"CopyTagsToSnapshot": true, "ApplyImmediately": true}, false, object{}},
	} {
		step.input["DBInstanceIdentifier"] = "orders"
		w.call(t, member, "rds", "ModifyDBInstance", step.input)
		found := at(w.call(t, member, "rds", "DescribeDBInstances", object{"DBInstanceIdentifier": "orders"}),
			"DBInstances", 0).(object)
		if diff := cmp.Diff(step.pending, found["PendingModifiedValues"]); diff != "" ||
			found["MultiAZ"] != step.now {
			t.Errorf("%v: MultiAZ %v, pending (-want +got):\n%s", step.input, found["MultiAZ"], diff)
		}
	}
}
