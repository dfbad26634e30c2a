package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"hubmend/internal/engine/policy"
	"hubmend/internal/ops/exposure"
	"hubmend/internal/ops/wording"
)

// remediatedExposure is the outcome in JSON.
type remediatedExposure struct {
	exposed
	Results []remediated `json:"results"`
}

// runExposure lists the findings behind an exposure, asks, and remediates those that Hubmend can.
func (r remediating) runExposure(cmd *cobra.Command, a asking, e exposure.Exposure) error {
	if err := r.checkJSON(r.asJSON); err != nil {
		return err
	}
	var rules policy.Policy
	now, err := readInForce(cmd.Context(), a.cfg)
	if err == nil && now.problem == nil {
		rules = now.Policy
	} else {
		fmt.Fprintln(cmd.ErrOrStderr(), "hubmend: cannot show what the policy holds back, because it cannot be read")
	}
	// The administrator's Security Hub has the findings of all linked Regions.
	x, err := newExposed(cmd.Context(), e, exposure.Judge{Policy: rules},
		func(string) (asking, error) { return a, nil })
	if err != nil {
		return err
	}
	wanted := r.wantedOf(a, x)
	if !r.asJSON {
		x.show(cmd.OutOrStdout())
	}
	asJSON := func(results []remediated) any { return remediatedExposure{x, results} }
	if len(wanted) == 0 {
		if r.asJSON {
			if err := json.NewEncoder(cmd.OutOrStdout()).Encode(asJSON([]remediated{})); err != nil {
				return err
			}
		}
		return fmt.Errorf("nothing was started: Hubmend can remediate none of the %s behind the exposure",
			wording.Counted(len(x.Related), "finding"))
	}
	question := fmt.Sprintf("Remediate %s behind the exposure?",
		wording.Counted(min(len(wanted), mostFindings), "finding"))
	if err := r.ask(cmd, question, r.asJSON); err != nil {
		return err
	}
	return r.request(cmd, a, wanted, asJSON)
}

// wantedOf makes the requests for the findings that Hubmend can remediate. With --despite-policy, those include what
// the policy exempts.
func (r remediating) wantedOf(a asking, x exposed) []findingRequest {
	var wanted []findingRequest
	for i, row := range x.Related {
		if !row.State.Starts() && (row.State != exposure.Exempt || r.despite == "") {
			continue
		}
		w, err := newFindingRequest(a, x.documents[row.Finding], string(r.despite))
		if err != nil {
			x.Related[i].State, x.Related[i].Reason = exposure.Refused, err.Error()
			continue
		}
		wanted = append(wanted, w)
	}
	return wanted
}
