package securityhub

import (
	"net/http"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/world"
)

// v2APIs are the calls that do not depend on CSPM.
var v2APIs = map[string]func(*Hub, apicall.Request) (any, error){
	"EnableSecurityHubV2":           (*Hub).enableV2,
	"DisableSecurityHubV2":          (*Hub).disableV2,
	"DescribeSecurityHubV2":         (*Hub).describeV2,
	"ListAggregatorsV2":             (*Hub).aggregatorsV2,
	"GetAggregatorV2":               (*Hub).aggregatorV2,
	"ListOrganizationAdminAccounts": (*Hub).adminAccounts,
	"GetFindingsV2": func(h *Hub, q apicall.Request) (any, error) {
		return h.ofFindings(q, func() (any, error) { return decodeStrictly(q, h.getFindingsV2) })
	},
	"BatchUpdateFindingsV2": func(h *Hub, q apicall.Request) (any, error) {
		return h.ofFindings(q, func() (any, error) { return decodeStrictly(q, h.updateV2) })
	},
}

// ofFindings serves a call about findings where the new Security Hub is enabled and the call is allowed.
func (h *Hub) ofFindings(q apicall.Request, serve func() (any, error)) (any, error) {
	h.mu.Lock()
	enabled := h.hasV2(q.Place())
	h.mu.Unlock()
	if !enabled { // of the errors that the call has, the only one that fits
		return nil, &apicall.Error{Status: http.StatusForbidden, Code: "AccessDeniedException",
			Message: "Account " + q.Caller.Account + " is not subscribed to AWS Security Hub"}
	}
	if q.API == "BatchUpdateFindingsV2" && h.lab.V2.Denied && !q.Caller.IsOperator() {
		return nil, &apicall.Error{Status: http.StatusForbidden, Code: "AccessDeniedException",
			Message: "User: " + q.Caller.ARN + " is not authorized to perform: securityhub:BatchUpdateFindings " +
				"with an explicit deny in a service control policy"}
	}
	return serve()
}

func (h *Hub) enableV2(q apicall.Request) (any, error) {
	h.switchV2(q.Place(), true)
	return map[string]any{"HubV2Arn": h.hubV2(q.Place())}, nil
}

func (h *Hub) disableV2(q apicall.Request) (any, error) {
	h.switchV2(q.Place(), false)
	return map[string]any{}, nil
}

func (h *Hub) switchV2(at apicall.Place, on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.v2.switched[at] = on
}

func (h *Hub) describeV2(q apicall.Request) (any, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.hasV2(q.Place()) {
		return nil, notFound("Account " + q.Caller.Account + " is not subscribed to AWS Security Hub")
	}
	return map[string]any{"HubV2Arn": h.hubV2(q.Place()), "SubscribedAt": "2026-01-01T00:00:00.000Z"}, nil
}

func (h *Hub) hubV2(at apicall.Place) string {
	return "arn:" + h.lab.Partition + ":securityhub:" + at.Region + ":" + at.Account + ":hubv2/lab"
}

// aggregatorsV2 lists the only aggregator, as that of CSPM is listed.
func (h *Hub) aggregatorsV2(q apicall.Request) (any, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := []any{}
	if q.Caller.Account == h.lab.Admin && h.hasV2(q.Place()) {
		list = append(list, map[string]any{"AggregatorV2Arn": h.aggregatorV2ARN()})
	}
	return map[string]any{"AggregatorsV2": list}, nil
}

func (h *Hub) aggregatorV2(q apicall.Request) (any, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if q.Caller.Account != h.lab.Admin || !h.hasV2(q.Place()) {
		return nil, notFound("aggregator not found")
	}
	return map[string]any{"AggregatorV2Arn": h.aggregatorV2ARN(), "AggregationRegion": h.lab.Home,
		"RegionLinkingMode": "ALL_REGIONS"}, nil
}

func (h *Hub) aggregatorV2ARN() string {
	return "arn:" + h.lab.Partition + ":securityhub:" + h.lab.Home + ":" + h.lab.Admin + ":aggregatorv2/lab"
}

// adminAccounts lists the administrator of CSPM or of the new Security Hub. Only the management account may ask.
func (h *Hub) adminAccounts(q apicall.Request) (any, error) {
	if q.Caller.Account != world.Management {
		return nil, &apicall.Error{Status: http.StatusUnauthorized, Code: "InvalidAccessException",
			Message: "Account " + q.Caller.Account + " is not the management account of an organization"}
	}
	feature := q.Query.Get("Feature")
	if feature == "" {
		feature = "SecurityHub"
	}
	accounts := []any{}
	if feature == "SecurityHub" || h.lab.V2.Enabled {
		accounts = append(accounts, map[string]any{"AccountId": h.lab.Admin, "Status": "ENABLED"})
	}
	return map[string]any{"AdminAccounts": accounts, "Feature": feature}, nil
}

func notFound(message string) error {
	return &apicall.Error{Status: http.StatusNotFound, Code: "ResourceNotFoundException", Message: message}
}
