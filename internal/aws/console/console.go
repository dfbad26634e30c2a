// Package console builds links to AWS consoles.
package console

import (
	"cmp"
	"net/url"
	"strings"

	"hubmend/internal/aws/partition"
)

// host returns the host name of a Region's console, or that of the public partition if it is not known.
func host(region string) string {
	p, _ := partition.Of(region)
	return region + "." + cmp.Or(p.Console, "console.aws.amazon.com")
}

// Execution returns the link to an Automation execution. It works for users who are signed in to the execution's
// account.
func Execution(region, id string) string {
	return "https://" + host(region) + "/systems-manager/automation/execution/" + url.PathEscape(id) + "?region=" +
		url.QueryEscape(region)
}

// Finding returns the link to a finding in Security Hub of a Region. It works for users who are signed in to an account
// that can see the finding. The filter in the link is URL-encoded twice, because the console decodes its parts again.
func Finding(region, id string) string {
	filter := "Id=" + strings.ReplaceAll(url.QueryEscape(`\operator\:EQUALS\:`+id), "+", "%20")
	return "https://" + host(region) + "/securityhub/home?region=" + url.QueryEscape(region) + "#/findings?search=" +
		url.QueryEscape(filter)
}
