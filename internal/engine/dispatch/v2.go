package dispatch

import (
	"cmp"
	"context"
	"slices"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
)

// look finds out how findings are that the new Security Hub has too. One that it sends may be old, and one that CSPM
// sends may be suppressed there. The messages of findings that cannot be read come back.
func (h *Handler) look(ctx context.Context, b *batch) {
	if len(b.received) == 0 {
		return
	}
	inBoth := b.received
	fromCSPM := func(r received) bool { return !r.event.OCSF }
	ofV2 := slices.DeleteFunc(slices.Clone(inBoth), fromCSPM)
	if !h.V2(ctx, len(ofV2) > 0) {
		inBoth = ofV2
	}
	var refs []decide.Ref
	for _, r := range inBoth {
		refs = append(refs, decide.Ref{ID: r.finding.ID, Event: r.event.ID})
	}
	if len(refs) == 0 {
		return
	}
	var err error
	if b.looked, err = h.Effects.Findings.Read(ctx, refs); err == nil {
		return
	}
	h.Log.ErrorContext(ctx, "findings not read", "error", err)
	for _, r := range inBoth {
		b.failed[r.message.MessageId] = true
	}
}

// triageNow is triage of a finding that the new Security Hub may have too. now is how the finding is, and zero when
// nobody has looked.
//
// What that Security Hub sends may be old, and may be what Hubmend has written itself. It is therefore answered only
// if the finding asks now. A finding that was answered before the new Security Hub knew it gets that answer.
func triageNow(c Catalog, e finding.Event, f finding.Finding, now decide.Seen) verdict {
	if e.OCSF && f.Workflow == finding.Notified {
		e.Trigger = finding.InProgress
	}
	if now.V2.Status == finding.Suppressed {
		f.Workflow = finding.Suppressed
	}
	v := triage(c, e, f)
	if v.request != nil {
		v.request.V2ID, v.request.FromV2 = cmp.Or(f.V2.UID, now.V2.UID), e.OCSF
	}
	if !e.OCSF {
		return v
	}
	if v.request != nil && e.Trigger == finding.Automatic {
		v.request.At = f.ObservedAt // the event may come days after the check
	}
	if f.V2.OwnInProgress() {
		return verdict{reason: "ignored: Hubmend has set it to In Progress"}
	}
	if v.answer != nil && !now.Asks(e.Trigger) {
		v = verdict{reason: "ignored: the finding does not ask any more"}
	}
	if missing, is := now.MissingInV2(decide.Ref{ID: f.ID, Event: e.ID}); is && f.Workflow == finding.New {
		v.answer = &missing
	}
	return v
}
