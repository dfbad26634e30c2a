package lab

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"hubmend/internal/lab/accessanalyzer"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/gateway"
	"hubmend/internal/lab/organizations"
	"hubmend/internal/lab/s3"
	"hubmend/internal/lab/tagging"
)

// inMoto lists the services whose resources moto stores. A call of any other service that the lab does not have is an
// error, because an answer without meaning is worse than none.
var inMoto = []string{
	"ec2", "iam", "s3", "sqs", "sns", "dynamodb", "kms", "logs", "cloudtrail", "sts", "ssm", "monitoring", "tagging",
	"rds", "elasticloadbalancing", "ecr", "cloudfront", "guardduty", "kinesis", "account", "config", // of runbooks only
}

// route hands a request to the service that answers it.
func (l *Lab) route(w http.ResponseWriter, r *http.Request, q apicall.Request) {
	moto := l.gateway.Moto
	switch {
	case q.Service == "securityhub":
		apicall.Answer(w, "rest-json", l.hub.Serve, q)
	case q.Service == "ssm" && l.automation.Serves(q):
		l.automation.Serve(moto, w, r, q)
	case q.Service == "sts" && (q.API == "AssumeRole" || q.API == "GetCallerIdentity"):
		apicall.Answer(w, "query", l.authority.ServeSTS, q)
	case q.Service == "cloudformation":
		apicall.Answer(w, "query", l.stacks.Serve, q)
	case q.Service == "lambda":
		apicall.Answer(w, "rest-json", l.pollers.Serve, q)
	case q.Service == "events":
		apicall.Answer(w, "json", l.events.Serve, q)
	case q.Service == tagging.ServiceName && l.tags.Serves(q):
		l.tags.Serve(w, r, q)
	case q.Service == organizations.ServiceName:
		apicall.Answer(w, "json", l.organization.Serve, q)
	case apicall.IsCBOR(r):
		l.alarms.Serve(w, r, q)
	case q.Service == accessanalyzer.ServiceName:
		apicall.Answer(w, "rest-json", l.analyzers.Serve, q)
	case q.Service == "servicecatalog":
		apicall.Answer(w, "json", l.catalog.Serve, q)
	case slices.Contains(inMoto, q.Service):
		switch {
		case q.Service == "sns" && q.API == "Publish":
			if err := l.notices.Record(q); err != nil {
				apicall.WriteError(w, "query", err)
				return
			}
		case q.Service == "sqs" && q.Caller.Function != "":
			l.pollers.Note(q)
		}
		r.Header.Set("X-Moto-Account-Id", q.Caller.Account)
		r.Header.Set("X-Lab-User-Id", q.Caller.UserID)
		switch {
		case q.Service == "iam":
			l.authority.Serve(moto, w, r, q)
		case q.Call() == "s3control:"+q.API:
			s3.ServeControl(moto, w, r, q)
		case q.Call() == "s3:GetBucketTagging" && l.tags.ServesBucket(q):
			l.tags.ServeBucket(l.buckets.Serve, moto, w, r, q)
		case q.Service == "s3":
			l.buckets.Serve(moto, w, r, q)
		case q.Call() == "cloudtrail:LookupEvents": // moto cannot answer it
			apicall.Answer(w, "json", l.history.Serve, q)
		case q.Service == "cloudtrail":
			l.trails.Serve(moto, w, r, q)
		case q.Call() == "config:StartConfigRulesEvaluation": // moto does not have it
			apicall.Answer(w, "json", l.evaluations.Serve, q)
		case q.Service == "config":
			l.channels.Serve(moto, w, r, q)
		default:
			moto.ServeHTTP(w, r)
		}
	default:
		apicall.WriteError(w, apicall.Protocol(r), &apicall.Error{Status: http.StatusNotImplemented,
			Code:    "NotImplemented",
			Message: fmt.Sprintf("the lab has no service %s (docs/lab.md lists those it has)", q.Service)})
	}
}

// ClickPath takes the use of a custom action, for which AWS has no API: a POST of a Click.
const ClickPath = "/lab/custom-action"

// Click is the use of a custom action on findings.
type Click struct {
	Action   string   `json:"action"`   // id of the group, such as CIS4142
	Findings []string `json:"findings"` // ids
}

// click takes the click on a custom action.
func (l *Lab) click(w http.ResponseWriter, r *http.Request) {
	var c Click
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, gateway.MaxBody)).Decode(&c)
	if err == nil {
		err = l.UseCustomAction(c.Action, c.Findings)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}
