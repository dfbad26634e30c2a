package lab

import (
	"net/http"
	"slices"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

// serveCBOR answers DescribeAlarms.
func (a *alarms) serveCBOR(w http.ResponseWriter, r *http.Request, q request) {
	if q.api != "DescribeAlarms" {
		writeError(w, "cbor",
			&apiError{http.StatusNotImplemented, "NotImplemented",
				"the lab does not have " + q.api + " of CloudWatch in CBOR"})
		return
	}
	raised, err := a.raisedNames(r.Context())
	if err != nil {
		writeError(w, "cbor", err)
		return
	}
	prefix := text(cborInput(q.body)["AlarmNamePrefix"])
	list := cbor.List{}
	a.mu.Lock()
	for _, one := range a.all {
		if one.place != q.place() || !strings.HasPrefix(one.title, prefix) {
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
	writeCBOR(w, http.StatusOK, cbor.Map{"MetricAlarms": list, "CompositeAlarms": cbor.List{}})
}
