package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hubmend/internal/catalog/nearmatch"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/wording"
)

// proposalNamed finds the record whose proposal a person means: by the proposal's id, or by a resource, a finding or a
// key.
func proposalNamed(records []decide.Record, name string) (decide.Record, error) {
	var open, over []decide.Record
	var ids []string
	for _, rec := range records {
		if id := rec.ProposalID(); id != "" {
			ids = append(ids, id)
		}
		if _, is := overview.Names(ledger.Entry{Record: &rec}, name); !is {
			continue
		}
		if rec.Proposal.State != "" {
			open = append(open, rec)
		} else {
			over = append(over, rec)
		}
	}
	switch {
	case len(open) == 1:
		return open[0], nil
	case len(open) > 1:
		ids = nil
		for _, rec := range open {
			ids = append(ids, rec.ProposalID())
		}
		return decide.Record{}, fmt.Errorf("%s has %d proposals; name one: %s", wording.OneLine(name), len(open),
			strings.Join(ids, ", "))
	case len(over) > 0:
		return decide.Record{}, fmt.Errorf("%s has no proposal now; `hubmend history %s` shows what happened",
			wording.OneLine(name), over[0].Target.Key())
	}
	if err := earlierRound(records, name); err != nil {
		return decide.Record{}, err
	}
	return decide.Record{}, nearmatch.Unknown("proposal", name, ids, "`hubmend proposals` lists all")
}

// earlierRound explains that a proposal is over.
func earlierRound(records []decide.Record, name string) error {
	i := slices.IndexFunc(records, func(rec decide.Record) bool {
		_, number, _ := strings.Cut(name, "-")
		round, err := strconv.Atoi(number)
		return err == nil && round <= rec.Proposal.Round && decide.ProposalID(rec.Target.Key(), round) == name
	})
	switch {
	case i < 0:
		return nil
	case records[i].Proposal.State != "":
		id := records[i].ProposalID()
		return fmt.Errorf("proposal %s is over, and %s has replaced it, which may have another plan; `hubmend "+
			"approve %s` shows it", name, id, id)
	}
	return fmt.Errorf("proposal %s is over: it was answered, has expired, or was no longer needed; `hubmend "+
		"history %s` shows what happened", name, records[i].Target.Key())
}
