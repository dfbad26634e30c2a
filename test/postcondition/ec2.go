package postcondition

func init() {
	controls["EC2.13"] = func(r reader) (bool, error) { return r.closedToWorld(22) }
	controls["EC2.14"] = func(r reader) (bool, error) { return r.closedToWorld(3389) }
}

// closedToWorld is EC2.13 and EC2.14: no inbound rule lets 0.0.0.0/0 or ::/0 reach the TCP
// port. It looks at the rules one by one, where the runbook looks at permissions.
func (r reader) closedToWorld(port float64) (bool, error) {
	// The filter below answers with an empty list for a group that does not exist.
	if _, err := r.call("ec2", "DescribeSecurityGroups", map[string]any{"GroupIds": []any{r.name()}}); err != nil {
		return false, err
	}
	answer, err := r.call("ec2", "DescribeSecurityGroupRules", map[string]any{
		"Filters": []any{map[string]any{"Name": "group-id", "Values": []any{r.name()}}},
	})
	for _, rule := range list(answer, "SecurityGroupRules") {
		world := rule["CidrIpv4"] == "0.0.0.0/0" || rule["CidrIpv6"] == "::/0"
		if rule["IsEgress"] != true && world && reaches(rule, port) {
			return false, err
		}
	}
	return true, err
}

func reaches(rule map[string]any, port float64) bool {
	if rule["IpProtocol"] == "-1" {
		return true
	}
	from, _ := rule["FromPort"].(float64)
	to, _ := rule["ToPort"].(float64)
	return rule["IpProtocol"] == "tcp" && from <= port && port <= to
}
