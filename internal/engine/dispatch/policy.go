package dispatch

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/control"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
)

// readPolicy reads the policy in force. If that fails for a reason that may pass, the batch comes back. Otherwise
// decisions are made without a policy: nothing starts automatically, and findings say why.
func (h *Handler) readPolicy(ctx context.Context, b *batch) error {
	v, err := h.Policy.Current(ctx)
	if err != nil && (awserr.IsTransient(err) || awserr.IsThrottling(err)) {
		return fmt.Errorf("read policy: %w", err)
	}
	if err != nil {
		h.Log.ErrorContext(ctx, "policy not read", "error", err)
		b.gate.Policy.Problem = fmt.Sprintf("the policy cannot be read (%v).", err)
		return nil
	}
	b.gate.Policy.Version = v
	return nil
}

// policyControls returns what conditions need of the controls that may be decided about.
func (h *Handler) policyControls(w *work) map[string]policy.Control {
	ids := w.controls()
	for _, p := range w.record.Parked {
		ids = append(ids, p.Request.Control)
	}
	if a := w.record.Last(); a != nil {
		for _, r := range a.Asks {
			ids = append(ids, r.Control)
		}
	}
	controls := map[string]policy.Control{}
	for _, id := range distinct(ids) {
		if c, known := h.Catalog.ByID(id); known {
			controls[id] = PolicyControl(c, h.Catalog.Groups(c.ID))
		}
	}
	return controls
}

// PolicyControl is what a policy's conditions need of a control that is in control groups.
func PolicyControl(c control.Control, groups []string) policy.Control {
	return policy.Control{ID: c.ID, Groups: groups, Standards: slices.Collect(maps.Keys(c.Frameworks)), Risk: c.Risk,
		Approval: c.Approval}
}

// readFact reads what a verdict needs about a target. A fact that cannot be read is a problem that the
// decision knows of.
func (h *Handler) readFact(ctx context.Context, in decide.InForce, need policy.Need, t target.Target) decide.InForce {
	var err error
	switch need {
	case policy.NeedOUs:
		in.Facts.OUs, err = h.Facts.OUs(ctx, t.Account)
	case policy.NeedTags:
		in.Facts.Tags, err = h.Facts.Tags(ctx, t)
	}
	if err != nil {
		h.Log.WarnContext(ctx, "fact not read", "fact", need, "target", t.String(), "error", err)
		in.FactsProblem = fmt.Sprintf("it depends on the %s of this resource, which cannot be read (%v).", need, err)
	}
	return in
}

// takeBudget takes one start of each budget of the policy. A start that is not within all of them has used up
// those that it was within, which only makes others wait.
func (h *Handler) takeBudget(ctx context.Context, in decide.InForce, control, account string) (decide.Budget, error) {
	taken := decide.Budget{Asked: true}
	for _, w := range decide.BudgetWindows(in.Policy.Budgets, control, account, h.Now()) {
		ok, err := h.Budgets.Take(ctx, w.Key, w.Limit, w.Ends)
		if err != nil {
			return decide.Budget{}, err
		}
		if !ok {
			taken.Until = w.Ends
			return taken, nil
		}
	}
	return taken, nil
}
