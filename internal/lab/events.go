package lab

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
)

// defaultBus receives the events of AWS services.
const defaultBus = "default"

// event is what differs between events.
type event struct {
	Source, DetailType string
	Resources          []string
	Detail             map[string]any
}

// eventBridge holds the buses and rules that templates made, and delivers.
type eventBridge struct {
	lab       *world
	authority assumer
	queues    messageSender
	functions asyncInvoker

	mu    sync.Mutex
	buses map[busID]*bus
	all   []PutEvent // that were put by PutEvents
}

// assumer opens sessions of roles and says what they may do.
type assumer interface {
	assume(role, session string, who policy.Request) (Credentials, Caller, error)
	permit(who Caller, region, service, api string, input map[string]any) error
}

// messageSender puts messages on queues, if the policy of the queue allows it.
type messageSender interface {
	send(to place, queue string, who policy.Request, body []byte) error
}

// asyncInvoker invokes functions, if the policy of the function allows it.
type asyncInvoker interface {
	invokeAsync(at place, function string, who policy.Request, payload []byte) error
}

func newEventBridge(w *world, authority assumer, queues messageSender, functions asyncInvoker) *eventBridge {
	return &eventBridge{lab: w, authority: authority, queues: queues, functions: functions, buses: map[busID]*bus{}}
}

type busID struct {
	place
	name string
}

type bus struct {
	rules  map[string]*rule
	policy map[string]policy.Document // by the ref of its AWS::Events::EventBusPolicy
}

func newBus() *bus { return &bus{rules: map[string]*rule{}, policy: map[string]policy.Document{}} }

func (b *eventBridge) bus(id busID) *bus {
	if b.buses[id] == nil && id.name == defaultBus {
		b.buses[id] = newBus()
	}
	return b.buses[id]
}

// emit puts an event of an AWS service on a bus.
func (b *eventBridge) emit(at place, busName string, e event) {
	b.put(busID{at, busName}, envelope(at, e))
}

// envelope writes an event as it goes over a bus.
func envelope(at place, e event) map[string]any {
	return map[string]any{
		"version": "0", "id": uuid.NewString(), "source": e.Source, "detail-type": e.DetailType,
		"account": at.account, "region": at.region, "time": time.Now().UTC().Format(time.RFC3339),
		"resources": orEmpty(e.Resources), "detail": e.Detail,
	}
}

// put matches an event with the rules of a bus and delivers it.
func (b *eventBridge) put(id busID, e map[string]any) {
	// What a rule sees is JSON.
	body, err := json.Marshal(e)
	if err != nil {
		b.lab.problem(id.place, "encode event: %v", err)
		return
	}
	var decoded any
	if err := json.Unmarshal(body, &decoded); err != nil {
		b.lab.problem(id.place, "decode event: %v", err)
		return
	}
	for _, r := range b.matching(id, decoded) {
		b.lab.story.tell(KindEvent, id.account, id.region, "rule %s matches %q", r.name, e["detail-type"])
		b.deliverAll(id, r, e)
	}
}

// deliverAll delivers an event to the targets of a rule, each on its own.
func (b *eventBridge) deliverAll(id busID, r *rule, e map[string]any) {
	body, err := json.Marshal(e) // now: the event must not change while it is delivered
	if err != nil {
		b.lab.problem(id.place, "encode event: %v", err)
		return
	}
	for _, t := range r.targets {
		b.lab.activity.do(func() {
			if err := b.deliver(id, r, t, e, body); err != nil {
				b.lab.problem(id.place, "rule %s cannot deliver to %s: %v", r.name, t.ARN, err)
			}
		})
	}
}

func (b *eventBridge) matching(id busID, e any) []*rule {
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

// deliver does what EventBridge does for one target, and checks that it may.
func (b *eventBridge) deliver(from busID, r *rule, t eventTarget, e map[string]any, body []byte) error {
	part := strings.SplitN(t.ARN, ":", 6)
	if len(part) != 6 {
		return fmt.Errorf("%q is not an ARN", t.ARN)
	}
	to := place{part[4], part[3]}
	body, err := t.input(body)
	if err != nil {
		return err
	}
	context := map[string]string{"aws:SourceArn": r.arn, "aws:SourceAccount": from.account,
		"aws:SecureTransport": "true"}
	switch part[2] {
	case "sqs":
		who := policy.Request{Service: "events.amazonaws.com", Action: "sqs:SendMessage", Resource: t.ARN,
			Context: context}
		return b.queues.send(to, part[5], who, body)
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
		return b.functions.invokeAsync(to, strings.TrimPrefix(part[5], "function:"), who, body)
	case "sns":
		return b.publish(to, t.ARN, body)
	default:
		return fmt.Errorf("the lab delivers to queues, buses, functions and topics, not to %s", part[2])
	}
}

// publish brings a message to a topic whose policy lets EventBridge. EventBridge tells topics nothing of the rule,
// so a statement with a condition never allows it.
func (b *eventBridge) publish(to place, topicARN string, body []byte) error {
	call := func(api string, input map[string]any) (map[string]any, error) {
		input["TopicArn"] = topicARN
		return b.lab.call(b.lab.ctx,
			Call{Account: to.account, Region: to.region, Service: "sns", API: api, Input: input})
	}
	out, err := call("GetTopicAttributes", map[string]any{})
	if err != nil {
		return err
	}
	attributes, _ := out["Attributes"].(map[string]any)
	p, err := policy.Parse(text(attributes["Policy"]))
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

// mayForward demands what EventBridge does for a bus as target: a role that it may assume
// and, in another account, a bus policy that lets that role's account in.
func (b *eventBridge) mayForward(from busID, to place, name string, t eventTarget, context map[string]string) error {
	if t.RoleARN == "" {
		return fmt.Errorf("a bus as target needs a role")
	}
	_, caller, err := b.authority.assume(t.RoleARN, "eventbridge",
		policy.Request{Service: "events.amazonaws.com", Context: context})
	if err != nil {
		return err
	}
	entry := map[string]any{"Entries": []any{map[string]any{"EventBusName": t.ARN}}}
	if err := b.authority.permit(caller, from.region, "events", "PutEvents", entry); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	on := b.bus(busID{to, name})
	if on == nil {
		return fmt.Errorf("there is no bus %s in %s/%s", name, to.account, to.region)
	}
	if to.account == from.account {
		return nil
	}
	who := policy.Request{
		Caller: caller.Role, Account: caller.Account, Action: "events:PutEvents", Resource: t.ARN,
		Context: map[string]string{"aws:SourceAccount": from.account},
	}
	if id, ok := b.lab.organizationOf(caller.Account); ok {
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

// wiring lists what templates made, as type and name.
func (b *eventBridge) wiring() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []string
	for id, bus := range b.buses {
		if id.name != defaultBus {
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
