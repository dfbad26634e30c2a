package scenario

import "hubmend/internal/lab"

// follow tells Findings what is about to be imported, so that Changed may tell how it goes.
func (r *runner) follow() error {
	if r.hooks.Findings == nil && r.hooks.Changed == nil {
		return nil
	}
	var all []ControlResult
	for _, f := range r.imports() {
		filled, err := r.located(f)
		if err != nil {
			return err
		}
		document, err := r.filledDocument(f)
		if err != nil {
			return err
		}
		id, _ := document["Id"].(string)
		all = append(all, ControlResult{Finding: f.Name, ID: id, Control: f.Control, Resource: filled.Resource,
			Before: r.before[f.Name]})
	}
	if r.hooks.Findings != nil {
		r.hooks.Findings(all)
	}
	r.followed.Store(&all)
	return nil
}

// observed passes everything on that happens in the lab, and tells Changed about findings.
func (r *runner) observed(next func(lab.Entry)) func(lab.Entry) {
	return func(e lab.Entry) {
		if next != nil {
			next(e)
		}
		all := r.followed.Load()
		if e.Finding == nil || all == nil || r.hooks.Changed == nil {
			return
		}
		for _, c := range *all {
			if c.ID == e.Finding.ID {
				c.Workflow, c.Note = e.Finding.Workflow, e.Finding.Note
				r.hooks.Changed(c.withExecution(r.lab.Executions()))
			}
		}
	}
}
