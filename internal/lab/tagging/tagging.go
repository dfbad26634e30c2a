// Package tagging answers the Resource Groups Tagging API for a list of ARNs, which moto does not, and holds the tags
// that only AWS sets.
package tagging

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/smithy-go/encoding/cbor"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/world"
)

// ServiceName is the name that requests are signed for.
const ServiceName = "tagging"

// Tags reads the tags of resources from their services.
type Tags struct {
	lab *world.World

	mu     sync.Mutex
	system map[string]map[string]string // by ARN; those that begin with aws:
	calls  map[apicall.Place][]time.Time
}

// New gives the tags of a lab.
func New(w *world.World) *Tags {
	return &Tags{lab: w, system: map[string]map[string]string{}, calls: map[apicall.Place][]time.Time{}}
}

// SetSystemTags sets tags of a resource that begin with aws:, such as those that CloudFormation sets. No API of AWS can
// do it. IAM has its own calls for tags, which do not show them.
func (t *Tags) SetSystemTags(c apicall.Call) error {
	var in struct {
		ResourceARN string
		Tags        map[string]string
	}
	text, _ := json.Marshal(c.Input) // it was JSON
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return errors.New("SetSystemTags: " + err.Error())
	}
	resource, err := arn.Parse(in.ResourceARN)
	if err != nil || resource.Service == "iam" {
		return errors.New("SetSystemTags: ResourceARN must be the ARN of a resource, and not one of IAM")
	}
	for key := range in.Tags {
		if !strings.HasPrefix(key, "aws:") {
			return errors.New("SetSystemTags: the key " + key + " does not begin with aws:; use the service's own call")
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.system[in.ResourceARN] = in.Tags
	return nil
}

// Serves reports whether the request is GetResources with a list of ARNs. moto answers the others, but in JSON only.
func (*Tags) Serves(q apicall.Request) bool {
	return q.API == "GetResources" && bytes.Contains(q.Body, []byte("ResourceARNList"))
}

// Serve answers GetResources with a list of ARNs, in the protocol of the request.
func (t *Tags) Serve(w http.ResponseWriter, r *http.Request, q apicall.Request) {
	found, err := t.resources(r, q)
	protocol := apicall.Protocol(r)
	switch {
	case err != nil:
		apicall.WriteError(w, protocol, err)
	case protocol == "cbor":
		apicall.WriteCBOR(w, http.StatusOK, inCBOR(found))
	default:
		apicall.Answer(w, protocol, func(apicall.Request) (any, error) { return answer(found), nil }, q)
	}
}

// mapping is a resource with its tags.
type mapping struct {
	arn  string
	tags map[string]string
}

func answer(found []mapping) any {
	list := []any{}
	for _, m := range found {
		tags := []any{}
		for _, key := range slices.Sorted(maps.Keys(m.tags)) {
			tags = append(tags, map[string]string{"Key": key, "Value": m.tags[key]})
		}
		list = append(list, map[string]any{"ResourceARN": m.arn, "Tags": tags})
	}
	return map[string]any{"ResourceTagMappingList": list, "PaginationToken": ""}
}

func inCBOR(found []mapping) cbor.Value {
	list := cbor.List{}
	for _, m := range found {
		tags := cbor.List{}
		for _, key := range slices.Sorted(maps.Keys(m.tags)) {
			tags = append(tags, cbor.Map{"Key": cbor.String(key), "Value": cbor.String(m.tags[key])})
		}
		list = append(list, cbor.Map{"ResourceARN": cbor.String(m.arn), "Tags": tags})
	}
	return cbor.Map{"ResourceTagMappingList": list, "PaginationToken": cbor.String("")}
}

// resources gives the resources of a request that have tags, and that are in its account and Region.
func (t *Tags) resources(r *http.Request, q apicall.Request) ([]mapping, error) {
	if err := t.admit(q); err != nil {
		return nil, err
	}
	arns, err := asked(r, q)
	if err != nil {
		return nil, err
	}
	var found []mapping
	for _, one := range arns {
		resource, err := arn.Parse(one)
		if err != nil {
			return nil, apicall.Refuse("InvalidParameterException", "%s is not a valid ARN.", one)
		}
		if !isHere(resource, q.Place()) {
			continue
		}
		tags, err := t.read(r, q.Place(), resource)
		if err != nil {
			return nil, err
		}
		if len(tags) > 0 {
			found = append(found, mapping{one, tags})
		}
	}
	return found, nil
}

// admit throttles all but the operator.
func (t *Tags) admit(q apicall.Request) error {
	limit := t.lab.Faults.TagReadsPerSecond
	if limit == 0 || q.Caller.IsOperator() {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	recent := slices.DeleteFunc(t.calls[q.Place()], func(t time.Time) bool { return now.Sub(t) >= time.Second })
	if len(recent) >= limit {
		return apicall.Refuse("ThrottledException", "Rate exceeded")
	}
	t.calls[q.Place()] = append(recent, now)
	return nil
}

// asked gives the ARNs of a request. AWS refuses all other members beside them, and more than 100.
func asked(r *http.Request, q apicall.Request) ([]string, error) {
	var in map[string]any
	if apicall.IsCBOR(r) {
		in = apicall.CBORInput(q.Body)
	} else if err := json.Unmarshal(q.Body, &in); err != nil {
		return nil, apicall.Refuse("InvalidParameterException", "%v", err)
	}
	for _, name := range []string{"ResourceTypeFilters", "TagFilters", "ResourcesPerPage", "TagsPerPage",
		"PaginationToken"} {
		if _, given := in[name]; given {
			return nil, apicall.Refuse("InvalidParameterException", "ResourceARNList and %s cannot both be given.",
				name)
		}
	}
	list, _ := in["ResourceARNList"].([]any)
	if len(list) < 1 || len(list) > 100 {
		return nil, apicall.Refuse("InvalidParameterException", "ResourceARNList must have 1 to 100 ARNs.")
	}
	var arns []string
	for _, one := range list {
		arns = append(arns, apicall.Text(one))
	}
	return arns, nil
}

// isHere reports whether the API can see a resource: one of the caller's account and Region. Those of services without
// Regions are in us-east-1, and users and roles of IAM nowhere.
func isHere(resource arn.ARN, at apicall.Place) bool {
	region := resource.Region
	switch resource.Service {
	case "iam":
		return false
	case "cloudfront":
		region = "us-east-1"
	case "s3":
		return true // the lab does not keep where buckets are
	}
	return resource.AccountID == at.Account && region == at.Region
}
