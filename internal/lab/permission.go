package lab

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"hubmend/internal/aws/authz"
	"hubmend/internal/aws/authz/reference"
)

// authorize asks whether a request of a session may go through, and gives the error to
// answer it with if not.
func (a *authority) authorize(r *http.Request, q request) error {
	if q.caller.isOperator() || !a.lab.enforce {
		return nil
	}
	service, api, input, err := read(r, q)
	if err == nil {
		err = a.permit(q.caller, q.region, service, api, input)
	}
	var denied *denial
	var role *unfit
	switch {
	case err == nil:
		return nil
	case errors.As(err, &role):
		return &apiError{http.StatusBadRequest, role.Refusal, err.Error()}
	case errors.As(err, &denied):
		e := denialOf(q.service, shape(q.service, r))
		e.message += err.Error()
		return &e
	default:
		a.lab.problem(q.place(), "authorize %s: %v", q.caller.ARN, err)
		return &apiError{http.StatusNotImplemented, "NotImplemented", err.Error()}
	}
}

// read finds what a request calls, and with what input.
func read(r *http.Request, q request) (service, api string, input map[string]any, err error) {
	if reference.IsREST(q.service) {
		return readREST(r, q)
	}
	switch shape(q.service, r) {
	case "cbor":
		input = cborInput(q.body)
	case "query", "ec2":
		input, err = authz.QueryInput(q.body)
	default:
		input, err = authz.JSONInput(q.body)
	}
	return q.service, q.api, input, err
}

// readREST takes the input of a REST call from its path, query, headers, and its body unless that is XML.
func readREST(r *http.Request, q request) (service, api string, input map[string]any, err error) {
	called, ok := reference.Route(q.service, r.Method, r.URL.Path, r.URL.Query())
	if !ok {
		return "", "", nil, fmt.Errorf("%s has no call %s %s", q.service, r.Method, r.URL.RequestURI())
	}
	for name := range r.Header {
		called.Input[name] = r.Header.Get(name)
	}
	if shape(q.service, r) == "rest-json" && bytes.HasPrefix(q.body, []byte("{")) {
		body, err := authz.JSONInput(q.body)
		if err != nil {
			return "", "", nil, err
		}
		maps.Copy(body, called.Input)
		called.Input = body
	}
	return called.Service, called.API, called.Input, nil
}

// denials are how services refuse a call that IAM does not allow, where it is not how all
// services of their protocol do.
var denials = map[string]apiError{
	"ec2": {http.StatusForbidden, "UnauthorizedOperation", "You are not authorized to perform this operation. "},
	"sns": {http.StatusForbidden, "AuthorizationError", ""},
	"sqs": {http.StatusForbidden, "AccessDenied", ""},
}

func denialOf(service, shape string) apiError {
	if e, ok := denials[service]; ok {
		return e
	}
	switch shape {
	case "json":
		return apiError{http.StatusBadRequest, "AccessDeniedException", ""}
	case "rest-json":
		return apiError{http.StatusForbidden, "AccessDeniedException", ""}
	}
	return apiError{http.StatusForbidden, "AccessDenied", ""}
}
