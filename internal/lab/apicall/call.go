// Package apicall holds what all services of the lab share about an API call: the caller and the request, and how AWS
// writes answers and errors.
package apicall

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

// Place is an account and a Region.
type Place struct{ Account, Region string }

// Partition names the partition of the place.
func (p Place) Partition() string {
	in, _ := partition.Of(p.Region)
	return in.Name
}

// Call is an AWS API call in botocore's spelling.
type Call struct {
	Account, Region string
	Service, API    string
	Input           map[string]any
	// As is the role whose session makes the call, Session its name, and Agent the user agent. Empty: the operator's.
	As, Session, Agent string
}

// Request is an API call that reached the lab.
type Request struct {
	Scope
	API  string
	Body []byte

	Method, Path string
	Query        url.Values
}

// Call names the call as botocore does. Several services may share the name that a request is signed for.
func (q Request) Call() string {
	if called, ok := reference.Route(q.Service, q.Method, q.Path, q.Query); ok {
		return called.Service + ":" + called.API
	}
	return reference.Service(q.Service, q.API) + ":" + q.API
}

// Shape names the protocol of the errors of a service.
func Shape(service string, r *http.Request) string {
	switch service {
	case "ec2":
		return "ec2"
	case "s3", "cloudfront", "route53":
		return "rest-xml"
	}
	return Protocol(r)
}

// Protocol names the protocol of a request: query, json, cbor or rest-json.
func Protocol(r *http.Request) string {
	switch {
	case IsCBOR(r):
		return "cbor"
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		return "query"
	case r.Header.Get("X-Amz-Target") != "":
		return "json"
	}
	return "rest-json"
}

// Answer writes what a service gives for a request.
func Answer(w http.ResponseWriter, protocol string, serve func(Request) (any, error), q Request) {
	out, err := serve(q)
	if err != nil {
		WriteError(w, protocol, err)
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

// DecodeAnd decodes the body of a request and hands it to a service.
func DecodeAnd[In any](q Request, serve func(Request, In) (any, error)) (any, error) {
	var in In
	if err := json.Unmarshal(q.Body, &in); err != nil {
		return nil, Refuse("InvalidInputException", "%v", err)
	}
	return serve(q, in)
}

// Text gives a value that is a string, and "" for any other value.
func Text(value any) string {
	s, _ := value.(string)
	return s
}

// LastPart gives what follows the last separator: the name at the end of an ARN.
func LastPart(text, separator string) string { return text[strings.LastIndex(text, separator)+1:] }

// Epoch writes a time as JSON protocols do: in seconds.
func Epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
