package cloudwatch

import (
	"net/http"
	"slices"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"

	"hubmend/internal/lab/apicall"
)

// Serve answers DescribeAlarms.
func (a *Alarms) Serve(w http.ResponseWriter, r *http.Request, q apicall.Request) {
	if q.API != "DescribeAlarms" {
		apicall.WriteError(w, "cbor",
			&apicall.Error{Status: http.StatusNotImplemented, Code: "NotImplemented",
				Message: "the lab does not have " + q.API + " of CloudWatch in CBOR"})
		return
	}
	raised, err := a.Raised(r.Context())
	if err != nil {
		apicall.WriteError(w, "cbor", err)
		return
	}
	prefix := apicall.Text(apicall.CBORInput(q.Body)["AlarmNamePrefix"])
	list := cbor.List{}
	a.mu.Lock()
	for _, one := range a.all {
		if one.Place != q.Place() || !strings.HasPrefix(one.title, prefix) {
			continue
		}
		state := "OK"
		if slices.Contains(raised, one.title) {
			state = "ALARM"
		}
		list = append(list, cbor.Map{
			"AlarmName": cbor.String(one.title), "StateValue": cbor.String(state), "ActionsEnabled": cbor.Bool(true),
			"AlarmDescription": cbor.String(one.description),
		})
	}
	a.mu.Unlock()
	apicall.WriteCBOR(w, http.StatusOK, cbor.Map{"MetricAlarms": list, "CompositeAlarms": cbor.List{}})
}
