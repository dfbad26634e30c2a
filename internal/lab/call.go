package lab

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hubmend/internal/aws/authz/reference"
	"hubmend/internal/aws/partition"
)

// place is an account and a Region.
type place struct{ account, region string }

// partition is the name of the one that the place is in.
func (p place) partition() string {
	in, _ := partition.Of(p.region)
	return in.Name
}

// Call is an AWS API call in botocore's spelling.
type Call struct {
	Account, Region string
	Service, API    string
	Input           map[string]any
}

// request is an API call that the lab answers itself.
type request struct {
	scope
	api  string
	body []byte

	method, path string
	query        url.Values
}

// call names the call as botocore does. A request is signed for a name that several services may share.
func (q request) call() string {
	if called, ok := reference.Route(q.service, q.method, q.path, q.query); ok {
		return called.Service + ":" + called.API
	}
	return reference.Service(q.service, q.api) + ":" + q.api
}

// shape names the protocol in which a service gives its errors.
func shape(service string, r *http.Request) string {
	switch service {
	case "ec2":
		return "ec2"
	case "s3", "cloudfront", "route53":
		return "rest-xml"
	}
	return protocol(r)
}

func protocol(r *http.Request) string {
	switch {
	case isCBOR(r):
		return "cbor"
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		return "query"
	case r.Header.Get("X-Amz-Target") != "":
		return "json"
	}
	return "rest-json"
}

// answer writes what a service gives for a request.
func answer(w http.ResponseWriter, protocol string, serve func(request) (any, error), q request) {
	out, err := serve(q)
	if err != nil {
		writeError(w, protocol, err)
		return
	}
	if protocol == "query" {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = fmt.Fprint(w, out)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(out)
}

func decodeAnd[In any](q request, serve func(request, In) (any, error)) (any, error) {
	var in In
	if err := json.Unmarshal(q.body, &in); err != nil {
		return nil, refuse("InvalidInputException", "%v", err)
	}
	return serve(q, in)
}

// text gives a value that is a text, "" for any other.
func text(value any) string {
	s, _ := value.(string)
	return s
}

// lastPart gives what follows the last separator: the name at the end of an ARN.
func lastPart(text, separator string) string { return text[strings.LastIndex(text, separator)+1:] }
func epoch(t time.Time) float64              { return float64(t.UnixMilli()) / 1000 }
