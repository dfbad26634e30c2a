package iam

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"hubmend/internal/aws/authz"
	"hubmend/internal/aws/authz/reference"
	"hubmend/internal/lab/apicall"
)

// Authorize gives the error for a request that the policies of its session do not allow.
func (a *Authority) Authorize(r *http.Request, q apicall.Request) error {
	if q.Caller.IsOperator() || !a.lab.Enforce {
		return nil
	}
	service, api, input, err := read(r, q)
	if err == nil {
		err = a.Permit(q.Caller, q.Region, service, api, input)
	}
	var denied *denial
	var role *unfit
	switch {
	case err == nil:
		return nil
	case errors.As(err, &role):
		return &apicall.Error{Status: http.StatusBadRequest, Code: role.Refusal, Message: err.Error()}
	case errors.As(err, &denied):
		e := denialOf(q.Service, apicall.Shape(q.Service, r))
		e.Message += err.Error()
		return &e
	default:
		a.lab.Problem(q.Place(), "authorize %s: %v", q.Caller.ARN, err)
		return &apicall.Error{Status: http.StatusNotImplemented, Code: "NotImplemented", Message: err.Error()}
	}
}

// Resources gives the resources that a request names, and its input. They are empty if the lab does not know the call.
func (a *Authority) Resources(r *http.Request, q apicall.Request) (arns []string, input map[string]any) {
	service, api, input, err := read(r, q)
	if err != nil {
		return nil, nil
	}
	answer, err := a.table.Needs(authz.Call{Partition: a.lab.Partition, Region: q.Region, Account: q.Caller.Account,
		Service: service, API: api, Input: input})
	if err != nil {
		return nil, input
	}
	for _, n := range answer.Needs {
		arns = append(arns, n.Resources...)
	}
	return arns, input
}

// read gives the call of a request, with its input.
func read(r *http.Request, q apicall.Request) (service, api string, input map[string]any, err error) {
	if reference.IsREST(q.Service) {
		return readREST(r, q)
	}
	switch apicall.Shape(q.Service, r) {
	case "cbor":
		input = apicall.CBORInput(q.Body)
	case "query", "ec2":
		input, err = authz.QueryInput(q.Body)
	default:
		input, err = authz.JSONInput(q.Body)
	}
	return q.Service, q.API, input, err
}

// readREST takes the input of a REST call from its path, query, headers, and its body unless that is XML.
func readREST(r *http.Request, q apicall.Request) (service, api string, input map[string]any, err error) {
	called, ok := reference.Route(q.Service, r.Method, r.URL.Path, r.URL.Query())
	if !ok {
		return "", "", nil, fmt.Errorf("%s has no call %s %s", q.Service, r.Method, r.URL.RequestURI())
	}
	for name := range r.Header {
		called.Input[name] = r.Header.Get(name)
	}
	if apicall.Shape(q.Service, r) == "rest-json" && bytes.HasPrefix(q.Body, []byte("{")) {
		body, err := authz.JSONInput(q.Body)
		if err != nil {
			return "", "", nil, err
		}
		maps.Copy(body, called.Input)
		called.Input = body
	}
	return called.Service, called.API, called.Input, nil
}

// denials are the errors for denied calls of services that differ from others with the same protocol.
var denials = map[string]apicall.Error{
	"ec2": {Status: http.StatusForbidden, Code: "UnauthorizedOperation",
		Message: "You are not authorized to perform this operation. "},
	"sns": {Status: http.StatusForbidden, Code: "AuthorizationError", Message: ""},
	"sqs": {Status: http.StatusForbidden, Code: "AccessDenied", Message: ""},
}

func denialOf(service, shape string) apicall.Error {
	if e, ok := denials[service]; ok {
		return e
	}
	switch shape {
	case "json":
		return apicall.Error{Status: http.StatusBadRequest, Code: "AccessDeniedException", Message: ""}
	case "rest-json":
		return apicall.Error{Status: http.StatusForbidden, Code: "AccessDeniedException", Message: ""}
	}
	return apicall.Error{Status: http.StatusForbidden, Code: "AccessDenied", Message: ""}
}
