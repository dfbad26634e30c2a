// Package events is EventBridge: buses, rules with patterns or schedules, and delivery to targets.
package events

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/story"
	"hubmend/internal/lab/world"
)

// DefaultBus receives the events of AWS services.
const DefaultBus = "default"

// Event is the part that differs between events.
type Event struct {
	Source, DetailType string
	Resources          []string
	Detail             map[string]any
}

// Bridge holds the buses and rules that templates made, and delivers.
type Bridge struct {
	lab       *world.World
	authority assumer
	queues    messageSender
	functions asyncInvoker

	mu    sync.Mutex
	buses map[busID]*bus
	all   []PutEvent // from PutEvents
}

// assumer opens sessions of roles and says what they may do.
type assumer interface {
	Assume(role, session string, who policy.Request) (apicall.Credentials, apicall.Caller, error)
	Permit(who apicall.Caller, region, service, api string, input map[string]any) error
}

// messageSender puts messages on queues, if the policy of the queue allows it.
type messageSender interface {
	Send(to apicall.Place, queue string, who policy.Request, body []byte) error
}

// asyncInvoker invokes functions, if the policy of the function allows it.
type asyncInvoker interface {
	InvokeAsync(at apicall.Place, function string, who policy.Request, payload []byte) error
}

// New gives an EventBridge that has only default buses.
func New(w *world.World, authority assumer, queues messageSender, functions asyncInvoker) *Bridge {
	return &Bridge{lab: w, authority: authority, queues: queues, functions: functions, buses: map[busID]*bus{}}
}

type busID struct {
	apicall.Place
	name string
}

type bus struct {
	rules  map[string]*rule
	policy map[string]policy.Document // by the ref of its AWS::Events::EventBusPolicy
}

func newBus() *bus { return &bus{rules: map[string]*rule{}, policy: map[string]policy.Document{}} }

func (b *Bridge) bus(id busID) *bus {
	if b.buses[id] == nil && id.name == DefaultBus {
		b.buses[id] = newBus()
	}
	return b.buses[id]
}

// Emit puts an event of an AWS service on a bus.
func (b *Bridge) Emit(at apicall.Place, busName string, e Event) {
	b.put(busID{at, busName}, envelope(at, e))
}

// envelope writes an event in the form in which a bus carries it.
func envelope(at apicall.Place, e Event) map[string]any {
	return map[string]any{
		"version": "0", "id": uuid.NewString(), "source": e.Source, "detail-type": e.DetailType,
		"account": at.Account, "region": at.Region, "time": time.Now().UTC().Format(time.RFC3339),
		"resources": orEmpty(e.Resources), "detail": e.Detail,
	}
}

// put matches an event with the rules of a bus and delivers it.
func (b *Bridge) put(id busID, e map[string]any) {
	// Rules match JSON.
	body, err := json.Marshal(e)
	if err != nil {
		b.lab.Problem(id.Place, "encode event: %v", err)
		return
	}
	var decoded any
	if err := json.Unmarshal(body, &decoded); err != nil {
		b.lab.Problem(id.Place, "decode event: %v", err)
		return
	}
	for _, r := range b.matching(id, decoded) {
		b.lab.Story.Tell(story.KindEvent, id.Account, id.Region, "rule %s matches %q", r.name, e["detail-type"])
		b.deliverAll(id, r, e)
	}
}

// deliverAll delivers an event to the targets of a rule, each on its own.
func (b *Bridge) deliverAll(id busID, r *rule, e map[string]any) {
	body, err := json.Marshal(e) // now, because the event must not change during delivery
	if err != nil {
		b.lab.Problem(id.Place, "encode event: %v", err)
		return
	}
	for _, t := range r.targets {
		b.lab.Activity.Do(func() {
			if err := b.deliver(id, r, t, e, body); err != nil {
				b.lab.Problem(id.Place, "rule %s cannot deliver to %s: %v", r.name, t.ARN, err)
			}
		})
	}
}

func (b *Bridge) matching(id busID, e any) []*rule {
	b.mu.Lock()
	defer b.mu.Unlock()
	on := b.bus(id)
	if on == nil {
		return nil
	}
	var matching []*rule
	for _, name := range slices.Sorted(maps.Keys(on.rules)) {
		if r := on.rules[name]; r.enabled && r.pattern != nil && r.pattern.Match(e) {
			matching = append(matching, r)
		}
	}
	return matching
}

// deliver sends an event to one target, if EventBridge is allowed to.
func (b *Bridge) deliver(from busID, r *rule, t eventTarget, e map[string]any, body []byte) error {
	part := strings.SplitN(t.ARN, ":", 6)
	if len(part) != 6 {
		return fmt.Errorf("%q is not an ARN", t.ARN)
	}
	to := apicall.Place{Account: part[4], Region: part[3]}
	body, err := t.input(body)
	if err != nil {
		return err
	}
	context := map[string]string{"aws:SourceArn": r.arn, "aws:SourceAccount": from.Account,
		"aws:SecureTransport": "true"}
	switch part[2] {
	case "sqs":
		who := policy.Request{Service: "events.amazonaws.com", Action: "sqs:SendMessage", Resource: t.ARN,
			Context: context}
		return b.queues.Send(to, part[5], who, body)
	case "events":
		name := strings.TrimPrefix(part[5], "event-bus/")
		if err := b.mayForward(from, to, name, t, context); err != nil {
			return err
		}
		b.put(busID{to, name}, e)
		return nil
	case "lambda":
		who := policy.Request{Service: "events.amazonaws.com", Action: "lambda:InvokeFunction", Resource: t.ARN,
			Context: context}
		return b.functions.InvokeAsync(to, strings.TrimPrefix(part[5], "function:"), who, body)
	case "sns":
		return b.publish(to, t.ARN, body)
	default:
		return fmt.Errorf("the lab delivers to queues, buses, functions and topics, not to %s", part[2])
	}
}

// publish sends a message to a topic whose policy allows EventBridge. EventBridge does not pass the rule to topics, so
// a statement with a condition never allows it.
func (b *Bridge) publish(to apicall.Place, topicARN string, body []byte) error {
	call := func(api string, input map[string]any) (map[string]any, error) {
		input["TopicArn"] = topicARN
		return b.lab.Call(b.lab.Context,
			apicall.Call{Account: to.Account, Region: to.Region, Service: "sns", API: api, Input: input})
	}
	out, err := call("GetTopicAttributes", map[string]any{})
	if err != nil {
		return err
	}
	attributes, _ := out["Attributes"].(map[string]any)
	p, err := policy.Parse(apicall.Text(attributes["Policy"]))
	if err != nil {
		return err
	}
	who := policy.Request{Service: "events.amazonaws.com", Action: "sns:Publish", Resource: topicARN}
	if ok, err := p.Allows(who); err != nil || !ok {
		return cmp.Or(err, fmt.Errorf("the policy of the topic does not allow %s without a condition", who.Service))
	}
	_, err = call("Publish", map[string]any{"Message": string(body)})
	return err
}

// mayForward checks what EventBridge checks for a bus as target: a role that it may assume and, in another account, a
// bus policy that allows the account of the role.
func (b *Bridge) mayForward(from busID, to apicall.Place, name string, t eventTarget, context map[string]string) error {
	if t.RoleARN == "" {
		return fmt.Errorf("a bus as target needs a role")
	}
	_, caller, err := b.authority.Assume(t.RoleARN, "eventbridge",
		policy.Request{Service: "events.amazonaws.com", Context: context})
	if err != nil {
		return err
	}
	entry := map[string]any{"Entries": []any{map[string]any{"EventBusName": t.ARN}}}
	if err := b.authority.Permit(caller, from.Region, "events", "PutEvents", entry); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	on := b.bus(busID{to, name})
	if on == nil {
		return fmt.Errorf("bus %s not found in %s/%s", name, to.Account, to.Region)
	}
	if to.Account == from.Account {
		return nil
	}
	who := policy.Request{
		Caller: caller.Role, Account: caller.Account, Action: "events:PutEvents", Resource: t.ARN,
		Context: map[string]string{"aws:SourceAccount": from.Account},
	}
	if id, ok := b.lab.OrganizationOf(caller.Account); ok {
		who.Context["aws:PrincipalOrgID"] = id
	}
	for _, p := range on.policy {
		if ok, err := p.Allows(who); err != nil || ok {
			return err
		}
	}
	return fmt.Errorf("the policy of bus %s does not allow account %s", name, caller.Account)
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// Wiring lists what templates created, as type and name.
func (b *Bridge) Wiring() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []string
	for id, bus := range b.buses {
		if id.name != DefaultBus {
			all = append(all, "AWS::Events::EventBus "+id.name)
		}
		for name := range bus.rules {
			all = append(all, "AWS::Events::Rule "+name)
		}
		for range bus.policy {
			all = append(all, "AWS::Events::EventBusPolicy of "+id.name)
		}
	}
	return all
}
