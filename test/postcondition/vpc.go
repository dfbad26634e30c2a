package postcondition

import "errors"

func init() {
	controls["EC2.2"] = reader.defaultGroupClosed
	controls["EC2.6"] = reader.rejectedTrafficLogged
}

// defaultGroupClosed is EC2.2: the default security group has no rule, of whatever kind and
// in whichever direction. To other groups the control does not apply, so they neither pass nor fail.
func (r reader) defaultGroupClosed() (bool, error) {
	named, err := r.call("ec2", "DescribeSecurityGroups", map[string]any{"GroupIds": []any{r.name()}})
	if err != nil {
		return false, err
	}
	answer, err := r.call("ec2", "DescribeSecurityGroupRules", map[string]any{
		"Filters": []any{map[string]any{"Name": "group-id", "Values": []any{r.name()}}},
	})
	if groups := list(named, "SecurityGroups"); len(groups) != 1 || groups[0]["GroupName"] != "default" {
		return false, errors.New("not the default group of a VPC")
	}
	return len(list(answer, "SecurityGroupRules")) == 0, err
}

// rejectedTrafficLogged is EC2.6: a flow log of the VPC itself records rejected traffic and is
// not known to fail. Security Hub looks at the first only; a log that nobody gets is what the
// control exists to prevent.
func (r reader) rejectedTrafficLogged() (bool, error) {
	// For a VPC that does not exist the list of flow logs may be empty, or may not be.
	if _, err := r.call("ec2", "DescribeVpcs", map[string]any{"VpcIds": []any{r.name()}}); err != nil {
		return false, err
	}
	answer, err := r.call("ec2", "DescribeFlowLogs", nil)
	for _, log := range list(answer, "FlowLogs") {
		records := log["TrafficType"] == "REJECT" || log["TrafficType"] == "ALL"
		if log["ResourceId"] == r.name() && records && log["FlowLogStatus"] == "ACTIVE" &&
			log["DeliverLogsStatus"] != "FAILED" {
			return true, err
		}
	}
	return false, err
}
