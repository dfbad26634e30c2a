package lab

import (
	"fmt"
	"strings"
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
}

// hubAPI names a REST call, by its method and path if it is none that the lab knows.
func hubAPI(method, path string) string {
	call := method + " " + path
	if name := hubAPIs[call]; name != "" {
		return name
	}
	for _, prefix := range []string{"PATCH /actionTargets/", "DELETE /actionTargets/", "GET /findingAggregator/get/"} {
		if strings.HasPrefix(call, prefix) {
			return hubAPIs[prefix]
		}
	}
	return call
}

// serve answers the calls that the lab knows.
func (h *hub) serve(q request) (any, error) {
	switch q.api {
	case "EnableSecurityHub":
		return h.setDisabled(q, false)
	case "DisableSecurityHub":
		return h.setDisabled(q, true)
	}
	if h.isDisabled(q.caller.Account, q.region) {
		return nil, &apiError{403, "InvalidAccessException",
			fmt.Sprintf("Account %s is not subscribed to AWS Security Hub", q.caller.Account)}
	}
	h.showDue()
	if err := h.throttle(q); err != nil {
		return nil, err
	}
	switch q.api {
	case "DescribeHub":
		return h.describe(q), nil
	case "ListFindingAggregators":
		return h.aggregators(q), nil
	case "GetFindingAggregator":
		return h.aggregator(), nil
	case "BatchImportFindings":
		return decodeAnd(q, h.importFindings)
	case "BatchUpdateFindings":
		return decodeAnd(q, h.updateFindings)
	case "GetFindings":
		return decodeAnd(q, h.getFindings)
	case "CreateActionTarget":
		return decodeAnd(q, h.createAction)
	case "DescribeActionTargets":
		return decodeAnd(q, h.describeActions)
	case "BatchGetSecurityControls":
		return decodeAnd(q, h.securityControls)
	case "UpdateActionTarget":
		return decodeAnd(q, h.updateAction)
	case "DeleteActionTarget":
		return h.deleteAction(q)
	default:
		return nil, &apiError{501, "NotImplemented",
			fmt.Sprintf("the lab's Security Hub has no %s (docs/lab.md lists what it has)", q.api)}
	}
}
