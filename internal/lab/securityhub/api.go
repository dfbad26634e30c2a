package securityhub

import (
	"fmt"
	"strings"

	"hubmend/internal/lab/apicall"
)

// hubAPIs names the REST calls that the lab knows. A path that ends in a slash takes an ARN.
var hubAPIs = map[string]string{
	"POST /accounts":                  "EnableSecurityHub",
	"DELETE /accounts":                "DisableSecurityHub",
	"GET /accounts":                   "DescribeHub",
	"GET /findingAggregator/list":     "ListFindingAggregators",
	"GET /findingAggregator/get/":     "GetFindingAggregator",
	"POST /findings/import":           "BatchImportFindings",
	"PATCH /findings/batchupdate":     "BatchUpdateFindings",
	"POST /findings":                  "GetFindings",
	"POST /actionTargets":             "CreateActionTarget",
	"POST /actionTargets/get":         "DescribeActionTargets",
	"POST /securityControls/batchGet": "BatchGetSecurityControls",
	"PATCH /actionTargets/":           "UpdateActionTarget",
	"DELETE /actionTargets/":          "DeleteActionTarget",
	"GET /organization/admin":         "ListOrganizationAdminAccounts",
	"POST /hubv2":                     "EnableSecurityHubV2",
	"DELETE /hubv2":                   "DisableSecurityHubV2",
	"GET /hubv2":                      "DescribeSecurityHubV2",
	"POST /findingsv2":                "GetFindingsV2",
	"PATCH /findingsv2/batchupdatev2": "BatchUpdateFindingsV2",
	"GET /aggregatorv2/list":          "ListAggregatorsV2",
	"GET /aggregatorv2/get/":          "GetAggregatorV2",
}

// API names a REST call. It gives method and path for a call that the lab does not know.
func API(method, path string) string {
	call := method + " " + path
	if name := hubAPIs[call]; name != "" {
		return name
	}
	for _, prefix := range []string{"PATCH /actionTargets/", "DELETE /actionTargets/", "GET /findingAggregator/get/",
		"GET /aggregatorv2/get/"} {
		if strings.HasPrefix(call, prefix) {
			return hubAPIs[prefix]
		}
	}
	return call
}

// Serve answers a call of Security Hub.
func (h *Hub) Serve(q apicall.Request) (any, error) {
	switch q.API {
	case "EnableSecurityHub":
		return h.setDisabled(q, false)
	case "DisableSecurityHub":
		return h.setDisabled(q, true)
	}
	serveV2, isV2 := v2APIs[q.API]
	if !isV2 && h.isDisabled(q.Caller.Account, q.Region) {
		return nil, &apicall.Error{Status: 403, Code: "InvalidAccessException",
			Message: fmt.Sprintf("Account %s is not subscribed to AWS Security Hub", q.Caller.Account)}
	}
	h.showDue()
	if err := h.throttle(q); err != nil {
		return nil, err
	}
	if isV2 {
		return serveV2(h, q)
	}
	switch q.API {
	case "DescribeHub":
		return h.describe(q), nil
	case "ListFindingAggregators":
		return h.aggregators(q), nil
	case "GetFindingAggregator":
		return h.aggregator(), nil
	case "BatchImportFindings":
		return apicall.DecodeAnd(q, h.importFindings)
	case "BatchUpdateFindings":
		return apicall.DecodeAnd(q, h.updateFindings)
	case "GetFindings":
		return apicall.DecodeAnd(q, h.getFindings)
	case "CreateActionTarget":
		return apicall.DecodeAnd(q, h.createAction)
	case "DescribeActionTargets":
		return apicall.DecodeAnd(q, h.describeActions)
	case "BatchGetSecurityControls":
		return apicall.DecodeAnd(q, h.securityControls)
	case "UpdateActionTarget":
		return apicall.DecodeAnd(q, h.updateAction)
	case "DeleteActionTarget":
		return h.deleteAction(q)
	default:
		return nil, &apicall.Error{Status: 501, Code: "NotImplemented",
			Message: fmt.Sprintf("the lab's Security Hub has no %s (docs/lab.md lists what it has)", q.API)}
	}
}
