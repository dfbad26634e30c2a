package lab

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// inMoto lists the services whose state moto holds. A service that is in neither place
// is an error: an answer that means nothing is worse than none.
var inMoto = []string{
	"ec2", "iam", "s3", "sqs", "sns", "dynamodb", "kms", "logs", "cloudtrail", "sts", "ssm", "monitoring", "tagging",
	"organizations",
	"rds", "elasticloadbalancing", "ecr", "cloudfront", "guardduty", "kinesis", // of runbooks only
}

// route gives a request to the service that answers it.
func (l *Lab) route(w http.ResponseWriter, r *http.Request, q request) {
	moto := l.gateway.moto
	switch {
	case q.service == "securityhub":
		answer(w, "rest-json", l.hub.serve, q)
	case q.service == "ssm" && l.automation.serves(q):
		l.automation.serve(moto, w, r, q)
	case q.service == "sts" && (q.api == "AssumeRole" || q.api == "GetCallerIdentity"):
		answer(w, "query", l.authority.sts, q)
	case q.service == "cloudformation":
		answer(w, "query", l.stacks.serve, q)
	case q.service == "lambda":
		answer(w, "rest-json", l.pollers.serveLambda, q)
	case q.service == "events":
		answer(w, "json", l.events.serve, q)
	case isCBOR(r):
		l.alarms.serveCBOR(w, r, q)
	case q.service == "servicecatalog":
		answer(w, "json", l.catalog.serve, q)
	case q.service == "cloudtrail" && q.api == "LookupEvents": // for which moto has no answer at all
		writeError(w, "json",
			&apiError{http.StatusNotImplemented, "NotImplemented",
				"the lab records no calls for CloudTrail to look up"})
	case slices.Contains(inMoto, q.service):
		switch {
		case q.service == "sns" && q.api == "Publish":
			if err := l.notices.record(q); err != nil {
				writeError(w, "query", err)
				return
			}
		case q.service == "sqs" && q.caller.Function != "":
			l.pollers.note(q)
		}
		r.Header.Set("X-Moto-Account-Id", q.caller.Account)
		r.Header.Set("X-Lab-User-Id", q.caller.UserID)
		switch {
		case q.service == "iam":
			l.authority.serveIAM(moto, w, r, q)
		case q.call() == "s3control:"+q.api:
			serveS3Control(moto, w, r, q)
		case q.service == "s3":
			l.buckets.serveS3(moto, w, r, q)
		default:
			moto.ServeHTTP(w, r)
		}
	default:
		writeError(w, protocol(r), &apiError{http.StatusNotImplemented, "NotImplemented",
			fmt.Sprintf("the lab has no service %s (docs/lab.md lists those it has)", q.service)})
	}
}

// ClickPath is where the lab takes the click on a custom action, for which AWS has no API:
// a POST of a Click.
const ClickPath = "/lab/custom-action"

// Click is the use of a custom action on findings.
type Click struct {
	Action   string   `json:"action"`   // id of the group, such as CIS4142
	Findings []string `json:"findings"` // ids
}

// click takes the click on a custom action.
func (l *Lab) click(w http.ResponseWriter, r *http.Request) {
	var c Click
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&c)
	if err == nil {
		err = l.UseCustomAction(c.Action, c.Findings)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}
