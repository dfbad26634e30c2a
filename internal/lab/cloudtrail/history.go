package cloudtrail

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"hubmend/internal/aws/partition"
	"hubmend/internal/aws/readonly"
	"hubmend/internal/aws/trailevent"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/world"
)

// History keeps the calls that changed something, and answers LookupEvents. It keeps only calls that succeeded, and of
// each the resources that IAM checks, by ARN and by name. AWS names resources differently for some services.
type History struct {
	lab   *world.World
	names names

	mu      sync.Mutex
	calls   []call
	lookups map[apicall.Place][]time.Time // of the last second
}

// names gives what a request names.
type names interface {
	Resources(r *http.Request, q apicall.Request) (arns []string, input map[string]any)
}

// NewHistory gives the history of a lab.
func NewHistory(w *world.World, n names) *History {
	return &History{lab: w, names: n, lookups: map[apicall.Place][]time.Time{}}
}

// call is a call that changed something.
type call struct {
	number  int
	at      time.Time
	place   apicall.Place // that CloudTrail records it in
	name    string
	agent   string
	request *http.Request
	q       apicall.Request
}

const (
	kept          = 90 * 24 * time.Hour
	mostLookups   = 2 // per second, account and Region
	defaultLag    = 2 * time.Second
	mostPerPage   = 50
	longestParsed = 1 << 16 // characters of a request; longer ones are not kept
)

// dataEvents are calls that write data, which the event history does not have.
var dataEvents = regexp.MustCompile(`^(dynamodb:(Batch|Put|Update|Delete|Transact).*Items?|` +
	`sqs:(Send|Delete|Change|Receive)Message.*|sns:Publish.*|s3:(Put|Delete)Objects?|lambda:Invoke|logs:PutLogEvents|` +
	`events:PutEvents|kinesis:Put.*|securityhub:.*|cloudwatch:PutMetricData)$`)

// global are the services whose calls are recorded in one Region of the partition.
var global = []string{"iam", "cloudfront", "account"}

// Record keeps a call that succeeded, if it changed something.
func (h *History) Record(r *http.Request, q apicall.Request) {
	called := q.Call()
	service, api, _ := strings.Cut(called, ":")
	if readonly.Call(service, api) || dataEvents.MatchString(called) || len(q.Body) > longestParsed {
		return
	}
	at := q.Place()
	if in, known := partition.Of(q.Region); known && slices.Contains(global, service) {
		at.Region = in.GlobalTrail
	}
	url := *r.URL
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, call{len(h.calls), time.Now(), at, trailevent.Name(called),
		cmp.Or(q.Caller.Agent, r.UserAgent()), &http.Request{Method: r.Method, URL: &url, Header: r.Header.Clone()}, q})
}

// Age makes all calls older.
func (h *History) Age(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.calls {
		h.calls[i].at = h.calls[i].at.Add(-by)
	}
}

// lookup is the input of LookupEvents.
type lookup struct {
	LookupAttributes   []struct{ AttributeKey, AttributeValue string }
	StartTime, EndTime float64
	MaxResults         int
	NextToken          string
}

// Serve answers LookupEvents, the latest event first.
func (h *History) Serve(q apicall.Request) (any, error) {
	return apicall.DecodeAnd(q, func(q apicall.Request, in lookup) (any, error) {
		if h.throttled(q.Place()) {
			return nil, apicall.Refuse("ThrottlingException", "Rate exceeded")
		}
		if len(in.LookupAttributes) > 1 {
			return nil, apicall.Refuse("InvalidLookupAttributesException", "You can only specify one lookup attribute.")
		}
		if in.EndTime > 0 && in.StartTime > in.EndTime {
			return nil, apicall.Refuse("InvalidTimeRangeException", "The start time is after the end time.")
		}
		found := h.find(q.Place(), in)
		from := 0
		if in.NextToken != "" {
			if _, err := fmt.Sscan(in.NextToken, &from); err != nil || from < 0 || from > len(found) {
				return nil, apicall.Refuse("InvalidNextTokenException", "The next token is not valid.")
			}
		}
		answer := map[string]any{"Events": []any{}}
		to := min(len(found), from+min(cmp.Or(in.MaxResults, mostPerPage), mostPerPage))
		answer["Events"] = found[from:to]
		if to < len(found) {
			answer["NextToken"] = fmt.Sprint(to)
		}
		return answer, nil
	})
}

func (h *History) throttled(at apicall.Place) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	h.lookups[at] = slices.DeleteFunc(h.lookups[at], func(t time.Time) bool { return now.Sub(t) >= time.Second })
	if len(h.lookups[at]) >= mostLookups {
		return true
	}
	h.lookups[at] = append(h.lookups[at], now)
	return false
}

// find gives the events of a place that show and that a lookup asks for.
func (h *History) find(at apicall.Place, in lookup) []map[string]any {
	h.mu.Lock()
	calls := slices.Clone(h.calls)
	h.mu.Unlock()
	lag := cmp.Or(time.Duration(h.lab.Faults.TrailShowsAfter), defaultLag)
	now := time.Now()
	found := []map[string]any{}
	slices.Reverse(calls)
	for _, c := range calls {
		age, second := now.Sub(c.at), float64(c.at.Unix())
		if c.place != at || age < lag || age > kept || second < in.StartTime || in.EndTime > 0 && second > in.EndTime {
			continue
		}
		event, resources := h.event(c)
		if in.asksFor(event, resources) {
			found = append(found, event)
		}
	}
	return found
}

func (in lookup) asksFor(event map[string]any, resources []string) bool {
	if len(in.LookupAttributes) == 0 {
		return true
	}
	switch a := in.LookupAttributes[0]; a.AttributeKey {
	case "ResourceName":
		return slices.Contains(resources, a.AttributeValue)
	case "ReadOnly", "EventId", "EventName", "EventSource", "Username":
		return event[a.AttributeKey] == a.AttributeValue
	}
	return false
}

// event writes a call as LookupEvents does.
func (h *History) event(c call) (event map[string]any, resources []string) {
	arns, input := h.names.Resources(c.request, c.q)
	described := []any{}
	for _, arn := range arns {
		if strings.Contains(arn, "*") {
			continue
		}
		resources = append(resources, namesOf(arn)...)
		described = append(described, map[string]any{"ResourceName": namesOf(arn)[0]})
	}
	identity, user := identityOf(c.q.Caller)
	service := c.q.Service + ".amazonaws.com"
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", c.number)
	record, _ := json.Marshal(map[string]any{ // texts, numbers and maps of them always can be encoded
		"eventVersion": "1.11", "userIdentity": identity, "eventTime": c.at.UTC().Format(time.RFC3339),
		"eventSource": service, "eventName": c.name, "awsRegion": c.place.Region, "sourceIPAddress": "192.0.2.1",
		"userAgent": c.agent, "requestParameters": input, "eventID": id, "readOnly": false, "eventType": "AwsApiCall",
		"managementEvent": true, "recipientAccountId": c.place.Account, "eventCategory": "Management",
	})
	return map[string]any{"EventId": id, "EventName": c.name, "EventSource": service, "ReadOnly": "false",
		"EventTime": c.at.Unix(), "Username": user, "Resources": described,
		"CloudTrailEvent": string(record)}, resources
}

// namesOf gives the names of a resource: its own, with its path, and its ARN.
func namesOf(arn string) []string {
	parts := strings.SplitN(arn, ":", 6)
	_, path, _ := strings.Cut(parts[len(parts)-1], "/")
	return []string{arn[strings.LastIndexAny(arn, "/:")+1:], path, arn}
}

func identityOf(who apicall.Caller) (identity map[string]any, user string) {
	session := apicall.LastPart(who.ARN, "/")
	identity = map[string]any{"type": "IAMUser", "arn": who.ARN, "accountId": who.Account, "principalId": who.UserID}
	if who.Role == "" {
		identity["userName"] = session
		return identity, session
	}
	identity["type"] = "AssumedRole"
	identity["sessionContext"] = map[string]any{"sessionIssuer": map[string]any{"type": "Role", "arn": who.Role,
		"accountId": who.Account, "userName": apicall.LastPart(who.Role, "/")}}
	return identity, session
}
