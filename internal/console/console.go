// Package console owns the addresses of AWS's consoles that people are sent to.
package console

import (
	"net/url"
	"strings"
)

// domains are where the console of a partition is.
var domains = map[string]string{
	"aws": "console.aws.amazon.com", "aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com", "aws-eusc": "console.amazonaws-eusc.eu",
}

// Partition tells the partition of a Region by its name.
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	case strings.HasPrefix(region, "eusc-"):
		return "aws-eusc"
	}
	return "aws"
}

// Execution is the address of an Automation execution. It works for those who are logged in to
// the account that the execution is in.
func Execution(region, id string) string {
	return "https://" + region + "." + domains[Partition(region)] + "/systems-manager/automation/execution/" + url.PathEscape(id) + "?region=" + url.QueryEscape(region)
}

// Finding is the address of a finding in Security Hub of a Region. It works for those who are
// logged in to an account that sees the finding there. The console reads its filter from a text
// that is encoded once for the address and its parts once more for the filter.
func Finding(region, id string) string {
	filter := "Id=" + strings.ReplaceAll(url.QueryEscape(`\operator\:EQUALS\:`+id), "+", "%20")
	return "https://" + region + "." + domains[Partition(region)] + "/securityhub/home?region=" + url.QueryEscape(region) + "#/findings?search=" + url.QueryEscape(filter)
}
