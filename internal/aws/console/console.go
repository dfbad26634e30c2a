// Package console owns the addresses of AWS's consoles that people are sent to.
package console

import (
	"cmp"
	"net/url"
	"strings"

	"hubmend/internal/aws/partition"
)

// host is that of a Region's console, of the public partition where it is not known.
func host(region string) string {
	p, _ := partition.Of(region)
	return region + "." + cmp.Or(p.Console, "console.aws.amazon.com")
}

// Execution is the address of an Automation execution. It works for those who are logged in to
// the account that the execution is in.
func Execution(region, id string) string {
	return "https://" + host(region) + "/systems-manager/automation/execution/" + url.PathEscape(id) + "?region=" +
		url.QueryEscape(region)
}

// Finding is the address of a finding in Security Hub of a Region. It works for those who are
// logged in to an account that sees the finding there. The console reads its filter from a text
// that is encoded once for the address and its parts once more for the filter.
func Finding(region, id string) string {
	filter := "Id=" + strings.ReplaceAll(url.QueryEscape(`\operator\:EQUALS\:`+id), "+", "%20")
	return "https://" + host(region) + "/securityhub/home?region=" + url.QueryEscape(region) + "#/findings?search=" +
		url.QueryEscape(filter)
}
