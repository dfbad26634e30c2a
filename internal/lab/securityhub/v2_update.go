package securityhub

import (
	"fmt"
	"maps"
	"slices"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/ocsf"
)

// identifier names a finding as BatchUpdateFindingsV2 does.
type identifier struct{ CloudAccountUid, FindingInfoUid, MetadataProductUid string } //nolint:revive // the API's names

func identifierOf(d ocsf.Document) identifier {
	return identifier{field(d, "cloud", "account", "uid"), field(d, "finding_info", "uid"),
		field(d, "metadata", "product", "uid")}
}

type updateV2Input struct {
	MetadataUids         []string //nolint:revive // the API's name
	FindingIdentifiers   []identifier
	Comment              *string
	SeverityID, StatusID *float64
}

// check gives what is wrong with the input.
func (in updateV2Input) check() string {
	uids, identifiers := len(in.MetadataUids), len(in.FindingIdentifiers)
	switch {
	case (uids == 0) == (identifiers == 0):
		return "exactly one of MetadataUids and FindingIdentifiers is required"
	case uids > 100 || identifiers > 100:
		return fmt.Sprintf("at most 100 findings can be updated, not %d", uids+identifiers)
	case slices.ContainsFunc(in.FindingIdentifiers, func(i identifier) bool {
		return i.CloudAccountUid == "" || i.FindingInfoUid == "" || i.MetadataProductUid == ""
	}):
		return "CloudAccountUid, FindingInfoUid and MetadataProductUid are required"
	case in.Comment == nil && in.SeverityID == nil && in.StatusID == nil:
		return "at least one of Comment, SeverityId and StatusId is required"
	}
	if in.Comment != nil {
		if n := len([]rune(*in.Comment)); n == 0 || n > noteLimit {
			return fmt.Sprintf("Comment must have 1 to %d characters (it has %d)", noteLimit, n)
		}
	}
	if in.SeverityID != nil && !ocsf.SetSeverity(ocsf.Document{}, *in.SeverityID) {
		return fmt.Sprintf("SeverityId %v is not one of 0 to 6 and 99", *in.SeverityID)
	}
	if in.StatusID != nil && !ocsf.SetStatus(ocsf.Document{}, *in.StatusID) {
		return fmt.Sprintf("StatusId %v is not one of 0 to 5 and 99", *in.StatusID)
	}
	return ""
}

func (h *Hub) updateV2(q apicall.Request, in updateV2Input) (any, error) {
	if problem := in.check(); problem != "" {
		return nil, apicall.Refuse("ValidationException", "%s", problem)
	}
	processed, unprocessed := []any{}, []any{}
	one := func(named map[string]any, is func(ocsf.Document) bool) {
		uid, code := h.takeV2(q, is)
		if code != "" {
			named["ErrorCode"], named["ErrorMessage"] = code, "The finding cannot be updated: "+code
			unprocessed = append(unprocessed, named)
			return
		}
		processed = append(processed, named)
		h.later(h.lab.Faults.UpdatesShowAfter, func() func() {
			d := h.applyV2(uid, in)
			return func() { h.emitV2(d, "updated") }
		})
	}
	for _, uid := range in.MetadataUids {
		one(map[string]any{"MetadataUid": uid}, func(d ocsf.Document) bool { return uidOf(d) == uid })
	}
	for _, i := range in.FindingIdentifiers {
		one(map[string]any{"FindingIdentifier": i}, func(d ocsf.Document) bool { return identifierOf(d) == i })
	}
	return map[string]any{"ProcessedFindings": processed, "UnprocessedFindings": unprocessed}, nil
}

// takeV2 finds the finding to update, or gives the code of the error.
func (h *Hub) takeV2(q apicall.Request, is func(ocsf.Document) bool) (uid, code string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, uid := range h.v2.order {
		d := h.v2.findings[uid].Document
		if !is(d) || placeOfV2(d).Account != q.Caller.Account && q.Caller.Account != h.lab.Admin {
			continue
		}
		if h.v2.conflict++; h.v2.conflict <= h.lab.Faults.ConcurrentUpdates {
			return "", "ConflictException"
		}
		return uid, ""
	}
	return "", "ResourceNotFoundException"
}

// applyV2 applies an update, which leaves every time as it is. The caller holds the mutex.
func (h *Hub) applyV2(uid string, in updateV2Input) ocsf.Document {
	f := h.v2.findings[uid]
	d := maps.Clone(f.Document)
	if in.Comment != nil {
		d["comment"] = *in.Comment
	}
	if in.StatusID != nil {
		ocsf.SetStatus(d, *in.StatusID)
	}
	if in.SeverityID != nil {
		ocsf.SetSeverity(d, *in.SeverityID)
	}
	f.Document = d
	return d
}
