package catalog

import (
	"slices"
	"strings"

	"hubmend/internal/aws/readonly"
	"hubmend/internal/aws/trailevent"
	"hubmend/internal/engine/naming"
)

// alike are further calls that change what a call changes.
var alike = map[string][]string{
	"ec2:AuthorizeSecurityGroupIngress": {"ModifySecurityGroupRules"},
	"iam:UpdateAccessKey":               {"CreateAccessKey"},
	"iam:DeleteLoginProfile":            {"CreateLoginProfile"},
	"cloudtrail:StartLogging":           {"StopLogging", "DeleteTrail"},
}

// changes returns, by the runbook of a repair, the events of the calls that it and its undo change something with.
func (c *Catalog) changes() map[string][]string {
	all := map[string][]string{}
	for _, r := range c.Runbooks {
		if strings.HasPrefix(r.Name, naming.UndoRunbook("")) {
			continue
		}
		var events []string
		undo, _ := c.Runbook(naming.UndoRunbook(r.Name))
		for _, book := range []Runbook{r, undo} {
			if book.Document == nil {
				continue
			}
			for _, call := range book.Document.Program {
				events = append(events, eventsOf(call.Name)...)
			}
		}
		slices.Sort(events)
		all[r.Name] = slices.Compact(events)
	}
	return all
}

func eventsOf(call string) []string {
	service, api, _ := strings.Cut(call, ":")
	if readonly.Call(service, api) {
		return nil
	}
	return append([]string{trailevent.Name(call)}, alike[call]...)
}
