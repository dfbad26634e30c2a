package simulation

import (
	"errors"
	"io/fs"
	"sync"
	"testing/fstest"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/finding"
	"hubmend/servicecatalog"
	ssmdocuments "hubmend/ssm-documents"
)

// evidence is what Security Hub knows of a resource. A check judges by it, and not by the resource.
type evidence struct {
	fails bool
	at    time.Time
}

// evidence gives what a check is made of. It is looked up anew when it is older than the control's
// data may be, and until then every check of the resource says the same, in every Region.
func (h *securityHub) evidence(f *securityFinding) evidence {
	key := f.resource.arn + " " + f.control
	known, ok := h.known[key]
	if w := h.world; !ok || w.now.Sub(known.at) >= w.lags[f.control] {
		known = evidence{f.resource.fails(f.control), w.now}
		h.known[key] = known
	}
	return known
}

// slowControl is the control whose checks may be made of old data, and slowLag how old.
const (
	slowControl = "EC2.13"
	slowLag     = 4 * time.Hour
)

// slowCatalog is the catalog with a control that says how old its data may be.
var slowCatalog = sync.OnceValue(func() *catalog.Catalog {
	documents := fstest.MapFS{}
	err := fs.WalkDir(ssmdocuments.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(ssmdocuments.Files, path)
		if path == "controls/"+slowControl+".yaml" {
			text = append(text, "evidenceLag: "+slowLag.String()+"\n"...)
		}
		documents[path] = &fstest.MapFile{Data: text}
		return err
	})
	c, errLoad := catalog.Load(documents, servicecatalog.Files)
	if err := errors.Join(err, errLoad); err != nil {
		panic(err)
	}
	return c
})

// lag makes the data of checks old: by minutes, as the settings have it, or by what the control says.
func (w *world) lag() {
	ordinary := []time.Duration{0, w.settings.EvidenceLag / 2}
	w.lags = map[string]time.Duration{"EC2.13": ordinary[w.rng.IntN(2)], "EC2.14": ordinary[w.rng.IntN(2)]}
	if w.rng.IntN(2) == 0 {
		w.catalog, w.lags[slowControl] = slowCatalog(), slowLag
	}
}

// knowsNothing reports whether a finding fails because its check used data from before a repair that was verified. The
// resource has not changed since.
func (f *securityFinding) knowsNothing() bool {
	verified := f.resource.verified[portOf[f.control]]
	return !f.resource.fails(f.control) && f.data.Before(verified)
}

// provenBy is when checks begin that must know of what was repaired, by what the control and the settings say.
func (w *world) provenBy(f *securityFinding) time.Time {
	control, _ := w.catalog.ByID(f.control)
	return later(f.resolvedAt,
		f.resource.verified[portOf[f.control]]).Add(max(control.EvidenceLag, w.settings.EvidenceLag) + grace)
}

// overdueFrom is from when a failed check reopens a finding, even if the check cannot know of later repairs. The time
// runs from the repair that the finding was set RESOLVED by, which may have ended hours before that. The function that
// noted the end of the repair may have a slow clock.
func (w *world) overdueFrom(f *securityFinding) time.Time {
	control, _ := w.catalog.ByID(f.control)
	return f.repairedAt.Add(w.settings.ConfirmWithin + control.EvidenceLag - moment)
}

// checkNeeded demands that no automatic repair starts for findings that know nothing of the last one. A person may
// set one to NEW to request it all the same. A deleted resource is exempt: an attempt that was pending since before,
// for another finding, starts and finds that the resource is gone.
func (w *world) checkNeeded(e *execution) {
	if e.resource.gone {
		return
	}
	for _, id := range w.hub.ids {
		f := w.hub.findings[id]
		if f.resource != e.resource || f.RecordState != finding.Active {
			continue
		}
		if !f.knowsNothing() || f.reopenedAt.After(f.resource.verified[portOf[f.control]]) {
			return
		}
	}
	w.violate("an execution starts for %s, which is repaired, because of a check that cannot know of that",
		e.resource.arn)
}
