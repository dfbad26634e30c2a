package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
	"hubmend/internal/lab"
	"hubmend/internal/lab/inputfile"
	"hubmend/internal/lab/samplefinding"
)

func (r *runner) labCall(c Call) (lab.Call, error) {
	input, err := r.values.fill(c.Input)
	if err != nil {
		return lab.Call{}, err
	}
	filled, _ := input.(map[string]any)
	account, err := r.values.fillText(c.Account)
	if err != nil {
		return lab.Call{}, err
	}
	return lab.Call{Account: r.account(fmt.Sprint(account)), Region: r.region(c.Region), Service: c.Service, API: c.API,
		Input: filled, As: c.As, Session: c.Session, Agent: c.Agent}, nil
}

func (r *runner) call(ctx context.Context, c Call) (map[string]any, error) {
	filled, err := r.labCall(c)
	if err != nil {
		return nil, err
	}
	out, err := r.lab.Call(ctx, filled)
	if err == nil && c.Name != "" {
		r.values[c.Name] = out
	}
	return out, err
}

func (r *runner) intervene(n Intervention) error {
	i := lab.Intervention{
		Before: n.Before, After: n.After, Function: n.Function, Times: n.Times,
		For: time.Duration(n.Seconds) * time.Second, Kill: n.Kill,
	}
	if n.Call != nil {
		c, err := r.labCall(*n.Call)
		if err != nil {
			return err
		}
		i.Call = &c
	}
	if n.Error != nil {
		i.ErrorCode, i.ErrorMessage = n.Error.Code, n.Error.Message
	}
	if n.Stale != nil {
		i.StaleCall, i.StaleTimes = n.Stale.Call, n.Stale.Times
	}
	return r.lab.Intervene(i)
}

func (r *runner) event(ctx context.Context, e Event) error {
	switch {
	case e.Import != nil:
		return r.importFinding(ctx, *e.Import)
	case e.CustomAction != nil:
		var ids []string
		for _, name := range e.CustomAction.Findings {
			if r.ids[name] == "" {
				return fmt.Errorf("no finding was imported under the name %q", name)
			}
			ids = append(ids, r.ids[name])
		}
		return r.lab.UseCustomAction(e.CustomAction.Action, ids)
	case e.Message != nil:
		body, err := r.values.fillText(*e.Message)
		if err != nil {
			return err
		}
		return r.send(ctx, fmt.Sprint(body))
	case e.Schedule != "":
		return r.lab.FireSchedule(e.Schedule)
	case e.Call != nil:
		_, err := r.call(ctx, *e.Call)
		return err
	case e.Policy != nil:
		return r.applyPolicy(ctx, e.Policy)
	case e.Approve != "":
		return r.answer(ctx, e.Approve, true, "")
	case e.Reject != nil:
		return r.answer(ctx, e.Reject.Finding, false, e.Reject.Reason)
	case e.SetV2Status != nil:
		return r.setV2Status(ctx, *e.SetV2Status)
	case e.Remediate != nil:
		return r.remediate(ctx, *e.Remediate)
	case e.Pass != "":
		return r.pass(ctx, e.Pass)
	case e.Expect != nil:
		v, err := r.expect(ctx, *e.Expect, nil)
		r.verdicts = append(r.verdicts, v)
		return err
	default:
		return r.quiet(ctx)
	}
}

// send puts a message on the findings queue.
func (r *runner) send(ctx context.Context, body string) error {
	_, err := r.lab.Call(ctx, lab.Call{Account: r.Accounts[0], Region: r.Regions[0], Service: "sqs", API: "SendMessage",
		Input: map[string]any{"QueueUrl": r.lab.Endpoint() + "/" + r.Accounts[0] + "/" + naming.FindingsQueue,
			"MessageBody": body}})
	return err
}

func (r *runner) pass(ctx context.Context, written string) error {
	d, err := time.ParseDuration(written)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, quietTime)
	defer cancel()
	if err := r.lab.Pass(ctx, d); err != nil {
		return err
	}
	return r.evaluate(ctx)
}

// importFinding sends a finding to Security Hub as the account that it is about. One in OCSF only the new Security Hub
// gets.
func (r *runner) importFinding(ctx context.Context, f Finding) error {
	filled, err := r.filledDocument(f)
	if err != nil {
		return err
	}
	if f.OCSF != nil || f.Exposure != nil {
		return r.importOCSF(f.Name, filled)
	}
	account := r.account(f.Account)
	out, err := r.lab.Call(ctx,
		lab.Call{Account: account, Region: r.region(f.Region), Service: "securityhub", API: "BatchImportFindings",
			Input: map[string]any{"Findings": []any{filled}}})
	if err != nil {
		return err
	}
	if failed, _ := out["FailedFindings"].([]any); len(failed) > 0 {
		return fmt.Errorf("Security Hub refused the finding: %s", show(failed)) //nolint:staticcheck // a product's name
	}
	r.ids[f.Name] = fmt.Sprint(filled["Id"])
	return nil
}

// filledDocument gives the finding with its placeholders filled in.
func (r *runner) filledDocument(f Finding) (map[string]any, error) {
	document, err := r.document(f)
	if err != nil {
		return nil, err
	}
	filled, err := r.values.fill(document)
	if err != nil {
		return nil, err
	}
	return filled.(map[string]any), nil //nolint:forcetypeassert // a map is filled to a map
}

func (r *runner) document(f Finding) (map[string]any, error) {
	document := f.ASFF
	switch {
	case f.OCSF != nil:
		document = f.OCSF
	case f.Exposure != nil:
		document = r.exposure(f)
	case f.File != "":
		text, err := inputfile.Read(filepath.Join(r.dir, f.File))
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &document); err != nil {
			return nil, fmt.Errorf("read %s: %w", f.File, err)
		}
	case f.Control != "":
		control, ok := catalog.Embedded().ByID(f.Control)
		if !ok {
			return nil, fmt.Errorf("the catalog has no control %s", f.Control)
		}
		var err error
		document, err = samplefinding.Build(samplefinding.Spec{
			Control: control, Resource: f.Resource, Account: r.account(f.Account), Region: r.region(f.Region),
			Form: samplefinding.Form(f.Form), ID: f.Name, Now: time.Now(),
		})
		if err != nil {
			return nil, err
		}
	}
	document = maps.Clone(document)
	for name, value := range f.Set {
		if value == nil {
			delete(document, name)
			continue
		}
		document[name] = value
	}
	return document, nil
}
