// Package securityhub is Security Hub: findings, their updates, and custom actions.
package securityhub

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/events"
	"hubmend/internal/lab/story"
	"hubmend/internal/lab/world"
)

// Hub is Security Hub in all accounts. The home Region of the administrator sees the findings of every account and
// Region.
type Hub struct {
	lab    *world.World
	events eventTaker

	mu       sync.Mutex
	findings map[string]map[string]any // by ProductArn and Id
	order    []string
	actions  map[string]map[string]string // custom actions by ARN
	disabled map[string]bool              // by account and Region

	lagging    []lagging // in the order in which they were accepted
	underway   []underway
	concurrent int // findings that updates were about, for Faults.ConcurrentUpdates
	allowance  allowance

	v2 v2
}

// eventTaker takes the events of AWS services.
type eventTaker interface {
	Emit(at apicall.Place, bus string, e events.Event)
}

// New gives a Security Hub without findings, enabled in every account and Region.
func New(w *world.World, events eventTaker) *Hub {
	return &Hub{lab: w, events: events, findings: map[string]map[string]any{},
		actions: map[string]map[string]string{}, disabled: map[string]bool{},
		v2: v2{findings: map[string]*v2Finding{}, switched: map[apicall.Place]bool{}}}
}

// requiredFields are those without which BatchImportFindings refuses a finding.
var requiredFields = []string{
	"SchemaVersion", "Id", "ProductArn", "GeneratorId", "AwsAccountId", "CreatedAt", "UpdatedAt", "Severity", "Title",
	"Description", "Resources",
}

func (h *Hub) importFindings(q apicall.Request, in struct{ Findings []map[string]any }) (any, error) {
	if len(in.Findings) == 0 || len(in.Findings) > 100 {
		return nil, apicall.Refuse("InvalidInputException", "Findings must have 1 to 100 items, not %d",
			len(in.Findings))
	}
	failed := []any{}
	var changed []map[string]any
	for _, f := range in.Findings {
		if problem := h.checkImport(q, f); problem != "" {
			failed = append(failed, map[string]any{"Id": f["Id"], "ErrorCode": "InvalidInput", "ErrorMessage": problem})
			continue
		}
		changed = append(changed, h.store(f))
	}
	for _, f := range changed {
		h.tell(f, "%s imported: %s, %s", short(f), field(f, "Compliance", "Status"), field(f, "Workflow", "Status"))
		h.emitImported(f)
		h.feed(key(f), true)
	}
	return map[string]any{"FailedCount": len(failed), "SuccessCount": len(changed), "FailedFindings": failed}, nil
}

func (h *Hub) checkImport(q apicall.Request, f map[string]any) string {
	for _, name := range requiredFields {
		if f[name] == nil {
			return "Finding does not adhere to Amazon Finding Format. data should have required property '" + name + "'"
		}
	}
	if f["AwsAccountId"] != q.Caller.Account && q.Caller.Account != h.lab.Admin {
		return fmt.Sprintf("account %s may not import findings of account %s", q.Caller.Account, f["AwsAccountId"])
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if old := h.findings[key(f)]; old != nil && !later(f["UpdatedAt"], old["UpdatedAt"]) {
		return "UpdatedAt must be later than the finding's current one, " + apicall.Text(old["UpdatedAt"])
	}
	return ""
}

func later(a, b any) bool {
	x, errX := time.Parse(time.RFC3339, apicall.Text(a))
	y, errY := time.Parse(time.RFC3339, apicall.Text(b))
	return errX == nil && errY == nil && x.After(y)
}

// store stores a finding. An update by the provider keeps what customers set, but a check that fails again reopens the
// finding.
func (h *Hub) store(f map[string]any) map[string]any {
	h.mu.Lock()
	defer h.mu.Unlock()
	f = maps.Clone(f)
	if f["RecordState"] == nil {
		f["RecordState"] = "ACTIVE"
	}
	old := h.findings[key(f)]
	switch {
	case old == nil:
		h.order = append(h.order, key(f))
		if f["Workflow"] == nil {
			f["Workflow"] = map[string]any{"Status": "NEW"}
		}
	default:
		f["Workflow"], f["Note"] = old["Workflow"], old["Note"]
		reopened := field(old, "Compliance", "Status") == "PASSED" && field(f, "Compliance", "Status") != "PASSED" ||
			apicall.Text(old["RecordState"]) == "ARCHIVED" && apicall.Text(f["RecordState"]) == "ACTIVE"
		if reopened && field(old, "Workflow", "Status") != "SUPPRESSED" {
			f["Workflow"] = map[string]any{"Status": "NEW"}
		}
		if field(f, "Compliance", "Status") == "PASSED" && field(old, "Workflow", "Status") != "SUPPRESSED" {
			f["Workflow"] = map[string]any{"Status": "RESOLVED"}
		}
	}
	h.findings[key(f)] = f
	return f
}

type updateInput struct {
	FindingIdentifiers []struct{ ID, ProductArn string }
	Note               map[string]any
	Workflow           map[string]any
	UserDefinedFields  map[string]any
}

// noteLimit is the maximum length of a note.
const noteLimit = 512

func (h *Hub) updateFindings(q apicall.Request, in updateInput) (any, error) {
	if n := len([]rune(apicall.Text(in.Note["Text"]))); in.Note != nil &&
		(n == 0 || n > noteLimit || in.Note["UpdatedBy"] == nil) {
		return nil, apicall.Refuse("InvalidInputException",
			"Note.Text must have 1 to %d characters (it has %d), and UpdatedBy",
			noteLimit, n)
	}
	if n := len(in.FindingIdentifiers); n == 0 || n > 100 {
		return nil, apicall.Refuse("InvalidInputException", "FindingIdentifiers must have 1 to 100 items, not %d", n)
	}
	processed, unprocessed := []any{}, []any{}
	seen := map[string]bool{}
	for _, id := range in.FindingIdentifiers {
		identifier := map[string]any{"Id": id.ID, "ProductArn": id.ProductArn}
		key := id.ProductArn + " " + id.ID
		code, message := "", ""
		switch {
		case seen[key]:
			code, message = "DuplicatedFindingIdentifier", "Finding Identifier is duplicated"
		case !h.mayUpdate(q, key):
			code, message = "FindingNotFound", "Finding Not Found"
		case h.isConcurrent():
			code, message = "ConcurrentUpdateError", "Concurrent finding updates detected"
			h.lab.Story.Tell(story.KindFault, q.Caller.Account, q.Region, "the update of %s meets another", id.ID)
		}
		if code != "" {
			unprocessed = append(unprocessed,
				map[string]any{"FindingIdentifier": identifier, "ErrorCode": code, "ErrorMessage": message})
			continue
		}
		seen[key] = true
		processed = append(processed, identifier)
		h.accept(key, in)
	}
	return map[string]any{"ProcessedFindings": processed, "UnprocessedFindings": unprocessed}, nil
}

func (h *Hub) mayUpdate(q apicall.Request, key string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.findings[key]
	return f != nil && (f["AwsAccountId"] == q.Caller.Account || q.Caller.Account == h.lab.Admin)
}

// accept takes an update, which shows at once unless the faults delay it.
func (h *Hub) accept(key string, in updateInput) {
	if lag := h.lab.Faults.UpdatesShowAfter; lag > 0 {
		h.mu.Lock()
		f := h.findings[key]
		h.mu.Unlock()
		h.lab.Story.Tell(story.KindFault, apicall.Text(f["AwsAccountId"]), region(f),
			"%s is to be %s, which shows in %v", short(f), workflowOf(in), time.Duration(lag))
	}
	h.later(h.lab.Faults.UpdatesShowAfter, func() func() {
		f := h.apply(key, in)
		return func() { h.tellUpdated(f) }
	})
}

func workflowOf(in updateInput) string {
	if in.Workflow == nil {
		return "changed"
	}
	return apicall.Text(in.Workflow["Status"])
}

func (h *Hub) tellUpdated(f map[string]any) {
	h.tell(f, "%s is %s: %s", short(f), field(f, "Workflow", "Status"), field(f, "Note", "Text"))
	h.emitImported(f)
	h.feed(key(f), false)
}

// tell adds an entry about a finding to the story.
func (h *Hub) tell(f map[string]any, format string, args ...any) {
	h.lab.Story.Add(story.Entry{
		Kind: story.KindFinding, Account: apicall.Text(f["AwsAccountId"]), Region: region(f), Text: fmt.Sprintf(format,
			args...),
		Finding: &story.FindingState{ID: apicall.Text(f["Id"]), Workflow: field(f, "Workflow", "Status"),
			Note: field(f, "Note", "Text")},
	})
}

// apply applies an update. The caller holds the mutex.
func (h *Hub) apply(key string, in updateInput) map[string]any {
	f := maps.Clone(h.findings[key])
	if in.Note != nil {
		f["Note"] = map[string]any{"Text": in.Note["Text"], "UpdatedBy": in.Note["UpdatedBy"],
			"UpdatedAt": time.Now().UTC().Format(time.RFC3339Nano)}
	}
	if in.Workflow != nil {
		f["Workflow"] = in.Workflow
	}
	if in.UserDefinedFields != nil {
		f["UserDefinedFields"] = in.UserDefinedFields
	}
	h.findings[key] = f
	return f
}

// emitImported sends the event of an import or update, in the home Region of the administrator and in the account and
// Region of the finding.
func (h *Hub) emitImported(f map[string]any) {
	own := apicall.Place{Account: apicall.Text(f["AwsAccountId"]), Region: region(f)}
	h.send(h.places(own), h.lab.V2.ASFFAfter, events.Event{
		Source: "aws.securityhub", DetailType: "Security Hub Findings - Imported",
		Resources: []string{apicall.Text(f["ProductArn"]) + "/" + apicall.Text(f["Id"])},
		Detail:    map[string]any{"findings": []any{f}},
	})
}

// UseAction uses a custom action on findings, as in the console: it sends one event for each finding, in the home
// Region of the administrator.
func (h *Hub) UseAction(id string, ids []string) error {
	arn := "arn:" + h.lab.Partition + ":securityhub:" + h.lab.Home + ":" + h.lab.Admin + ":action/custom/" + id
	h.mu.Lock()
	action := h.actions[arn]
	var chosen []map[string]any
	for _, id := range ids {
		for _, k := range h.order {
			if apicall.Text(h.findings[k]["Id"]) == id {
				chosen = append(chosen, h.findings[k])
			}
		}
	}
	h.mu.Unlock()
	if action == nil {
		return fmt.Errorf("custom action %s not found; launch the product first", arn)
	}
	if len(chosen) != len(ids) || len(ids) == 0 || len(ids) > 20 {
		return fmt.Errorf("a custom action needs 1 to 20 findings of Security Hub; %d of %d were found",
			len(chosen), len(ids))
	}
	for _, f := range chosen {
		h.lab.Story.Tell(story.KindFinding, apicall.Text(f["AwsAccountId"]), region(f),
			"%s: somebody uses the custom action %q",
			short(f), action["Name"])
		h.events.Emit(apicall.Place{Account: h.lab.Admin, Region: h.lab.Home}, events.DefaultBus, events.Event{
			Source: "aws.securityhub", DetailType: "Security Hub Findings - Custom Action", Resources: []string{arn},
			Detail: map[string]any{"actionName": action["Name"], "actionDescription": action["Description"],
				"findings": []any{f}},
		})
	}
	return nil
}

var actionID = regexp.MustCompile(`^[A-Za-z0-9]{1,20}$`)

func (h *Hub) createAction(q apicall.Request, in struct{ ID, Name, Description string }) (any, error) {
	if !actionID.MatchString(in.ID) || len(in.Name) == 0 || len(in.Name) > 20 || in.Description == "" {
		return nil, apicall.Refuse("InvalidInputException",
			"Id and Name must have 1 to 20 characters, and Description must not be empty")
	}
	prefix := "arn:" + h.lab.Partition + ":securityhub:" + q.Region + ":" + q.Caller.Account + ":action/custom/"
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.actions[prefix+in.ID] != nil {
		return nil, &apicall.Error{Status: 409, Code: "ResourceConflictException",
			Message: "the action target " + in.ID + " exists already"}
	}
	n := 0
	for arn := range h.actions {
		if strings.HasPrefix(arn, prefix) {
			n++
		}
	}
	if n >= 50 {
		return nil, &apicall.Error{Status: 429, Code: "LimitExceededException",
			Message: "the limit of 50 action targets is reached"}
	}
	h.actions[prefix+in.ID] = map[string]string{"ActionTargetArn": prefix + in.ID, "Name": in.Name,
		"Description": in.Description}
	return map[string]string{"ActionTargetArn": prefix + in.ID}, nil
}

func (h *Hub) updateAction(q apicall.Request, in struct{ Name, Description *string }) (any, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, action, err := h.ownAction(q)
	if err != nil {
		return nil, err
	}
	if in.Name != nil {
		action["Name"] = *in.Name
	}
	if in.Description != nil {
		action["Description"] = *in.Description
	}
	return map[string]string{}, nil
}

func (h *Hub) deleteAction(q apicall.Request) (any, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	arn, _, err := h.ownAction(q)
	if err != nil {
		return nil, err
	}
	delete(h.actions, arn)
	return map[string]string{"ActionTargetArn": arn}, nil
}

// ownAction finds the custom action in a path, in the account and Region of the caller.
func (h *Hub) ownAction(q apicall.Request) (string, map[string]string, error) {
	path, _ := url.PathUnescape(q.Path)
	arn := strings.TrimPrefix(path, "/actionTargets/")
	action := h.actions[arn]
	if action == nil || !strings.Contains(arn, ":"+q.Region+":"+q.Caller.Account+":") {
		return "", nil, &apicall.Error{Status: 404, Code: "ResourceNotFoundException",
			Message: "action target not found"}
	}
	return arn, action, nil
}

func (h *Hub) describeActions(q apicall.Request, _ map[string]any) (any, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	targets := []map[string]string{}
	for _, arn := range slices.Sorted(maps.Keys(h.actions)) {
		if strings.Contains(arn, ":"+q.Region+":"+q.Caller.Account+":") {
			targets = append(targets, h.actions[arn])
		}
	}
	return map[string]any{"ActionTargets": targets}, nil
}

// securityControls answers BatchGetSecurityControls: every control is on, and its parameters are Security Hub's own.
//
//nolint:revive // the API's name
func (*Hub) securityControls(q apicall.Request, in struct{ SecurityControlIds []string }) (any, error) {
	controls := []map[string]any{}
	for _, id := range in.SecurityControlIds {
		controls = append(controls, map[string]any{
			"SecurityControlId":     id,
			"SecurityControlStatus": "ENABLED", "UpdateStatus": "READY", "Parameters": map[string]any{},
		})
	}
	return map[string]any{"SecurityControls": controls, "UnprocessedIds": []any{}}, nil
}

// setDisabled answers EnableSecurityHub and DisableSecurityHub. It is enabled by default.
func (h *Hub) setDisabled(q apicall.Request, disabled bool) (any, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.disabled[q.Caller.Account+" "+q.Region] = disabled
	return map[string]string{}, nil
}

func (h *Hub) isDisabled(account, region string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.disabled[account+" "+region]
}

func key(f map[string]any) string { return apicall.Text(f["ProductArn"]) + " " + apicall.Text(f["Id"]) }

// region gives the Region of a finding, or that of its product ARN.
func region(f map[string]any) string {
	if r := apicall.Text(f["Region"]); r != "" {
		return r
	}
	if parts := strings.Split(apicall.Text(f["ProductArn"]), ":"); len(parts) > 3 {
		return parts[3]
	}
	return ""
}

// short names a finding by its control and resource.
func short(f map[string]any) string {
	about := field(f, "Compliance", "SecurityControlId")
	if about == "" {
		generator := apicall.Text(f["GeneratorId"])
		about = "rule " + generator[strings.LastIndex(generator, "/")+1:]
	}
	resource := ""
	if list, ok := f["Resources"].([]any); ok && len(list) > 0 {
		if r, ok := list[0].(map[string]any); ok {
			id := apicall.Text(r["Id"])
			resource = id[strings.LastIndexAny(id, "/:")+1:]
		}
	}
	return "finding " + about + " on " + resource
}

// field gives a string in a finding. In a list it takes the first item, because control findings have one resource.
func field(f map[string]any, path ...string) string {
	var value any = f
	for _, name := range path {
		if list, ok := value.([]any); ok && len(list) > 0 {
			value = list[0]
		}
		m, _ := value.(map[string]any)
		value = m[name]
	}
	return apicall.Text(value)
}
