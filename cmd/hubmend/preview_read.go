package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/policy"
	"hubmend/internal/lab/inputfile"
	"hubmend/internal/ops/cost"
	"hubmend/internal/ops/findingfile"
	"hubmend/internal/ops/preview"
	"hubmend/internal/ops/wording"
)

// mostReasons is how many reasons a preview gives for findings in OCSF that it skips.
const mostReasons = 5

// rules reads the files of the policy and the facts, if there are any.
func (p previewing) rules(out io.Writer) (rules policy.Policy, facts preview.Facts, err error) {
	if p.policy != "" {
		file, err := policyOf(p.policy, out)
		if err != nil {
			return rules, facts, err
		}
		rules = file.Policy
	}
	if p.facts != "" {
		facts, err = readFacts(p.facts)
	}
	return rules, facts, err
}

// readFacts reads a file of facts.
func readFacts(name string) (preview.Facts, error) {
	var facts preview.Facts
	text, err := inputfile.Read(name)
	if err != nil {
		return facts, fmt.Errorf("read the facts: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&facts); err != nil {
		return facts, fmt.Errorf("%s: %s", name, wording.OneLine(err.Error()))
	}
	return facts, nil
}

// readDocuments reads findings from files.
func readDocuments(names []string) ([]json.RawMessage, error) {
	var all []json.RawMessage
	for _, name := range names {
		text, err := inputfile.Read(name)
		if err != nil {
			return nil, fmt.Errorf("read the findings: %w", err)
		}
		some, err := findingfile.Split(text)
		if err != nil {
			return nil, fmt.Errorf("%s does not contain findings: %s", name, wording.OneLine(err.Error()))
		}
		all = append(all, some...)
	}
	return all, nil
}

// readFiles reads findings from files. Nothing else is known then.
func (p previewing) readFiles(in *input) error {
	documents, err := readDocuments(p.from)
	if err != nil {
		return err
	}
	in.parse(documents)
	in.options.Settings = decide.Defaults
	in.note("The findings come from %s. The ledger was not read, so suspended and held resources and open circuit "+
		"breakers are not known.", wording.Counted(len(p.from), "file"))
	in.options.Enabled, err = p.enabled(nil)
	return err
}

// parse takes the findings that are Security Hub's own, each once. It notes why it skips findings in OCSF.
func (in *input) parse(documents []json.RawMessage) {
	skipped := map[string]int{}
	for _, raw := range documents {
		f, err := preview.Read(raw)
		switch {
		case err == nil:
			in.findings = append(in.findings, f)
		case findingfile.IsOCSF(raw):
			skipped[wording.OneLine(err.Error())]++
		default:
			in.unreadable++
		}
	}
	in.findings = preview.Join(in.findings)
	reasons := slices.SortedFunc(maps.Keys(skipped), func(a, b string) int {
		return cmp.Or(skipped[b]-skipped[a], cmp.Compare(a, b))
	})
	for i, reason := range reasons {
		if i == mostReasons {
			in.note("Skipped OCSF findings for %s.", wording.Counted(len(reasons)-i, "other reason"))
			break
		}
		in.note("Skipped %s: %s.", wording.Counted(skipped[reason], "OCSF finding"), reason)
	}
}

// readAWS reads which groups are ENABLED, the open findings of their controls, and the ledger. Only findings that
// cannot be read are an error.
func (p previewing) readAWS(cmd *cobra.Command, in *input) error {
	cfg, err := awsConfig(cmd.Context())
	if err != nil {
		return err
	}
	if p.policy == "" {
		in.readInForce(cmd.Context(), cfg)
	}
	var launched []catalog.Group
	if !p.all {
		if launched, err = enabledGroups(cmd.Context()); err != nil {
			in.note("Groups that are ENABLED already are left out: %v.", err)
		}
	}
	if in.options.Enabled, err = p.enabled(launched); err != nil {
		return err
	}
	return in.fromAWS(cmd, cfg)
}

// previewOf previews what enabling groups does to the findings that are open now.
func (e existing) previewOf(cmd *cobra.Command, groups []catalog.Group) (preview.Report, error) {
	cfg, err := awsConfig(cmd.Context())
	if err != nil {
		return preview.Report{}, err
	}
	in, err := newInput()
	if err != nil {
		return preview.Report{}, err
	}
	in.options.Enabled = groups
	in.readInForce(cmd.Context(), cfg)
	if e.choice == existingLeave {
		_, rule, err := e.rule(groups, in.options.Now)
		if err != nil {
			return preview.Report{}, err
		}
		in.options.Policy.Rules = append([]policy.Rule{rule}, in.options.Policy.Rules...)
	}
	if err := in.fromAWS(cmd, cfg); err != nil {
		return preview.Report{}, err
	}
	return in.report(), nil
}

// policyNotKnown is where the policy of a preview comes from if the one in force cannot be read.
const policyNotKnown = "not known"

// readInForce reads the policy in force.
func (in *input) readInForce(ctx context.Context, cfg aws.Config) {
	now, err := readInForce(ctx, cfg)
	switch {
	case err != nil:
		in.policy = policyNotKnown
		in.note("The policy in force is not known: %v.", err)
	case now.problem != nil:
		in.policy = policyNotKnown
		in.note("The policy in force cannot be read, so nothing starts automatically: %v.", now.problem)
	case now.Number > 0:
		in.options.Policy, in.policy = now.Policy, fmt.Sprintf("version %d, in force", now.Number)
	}
}

// fromAWS reads the open findings of the groups that are assumed to be ENABLED, and the ledger.
func (in *input) fromAWS(cmd *cobra.Command, cfg aws.Config) error {
	var ids []string
	for _, g := range in.options.Enabled {
		ids = append(ids, g.Controls...)
	}
	slices.Sort(ids)
	documents, more, err := openDocuments(cmd.Context(), cfg, slices.Compact(ids), &types.AwsSecurityFindingFilters{},
		readProgress(cmd.ErrOrStderr()))
	if err != nil {
		return err
	}
	if more {
		in.note("More than %d findings are open; only the first of them are here.", mostOpenPages*100)
	}
	in.parse(documents)
	in.addV2(cmd, cfg, ids)
	in.options.Home = cfg.Region
	if in.options.Settings, err = guardSettings(cmd.Context(), cfg); err != nil {
		in.note("The parameters of hubmend-admin cannot be read. The preview uses %d attempts within %g h: %v",
			in.options.Settings.MaxAttempts, in.options.Settings.Window.Hours(), awsError(cfg.Region, err))
	}
	if err := in.readLedger(cmd.Context(), cfg); err != nil {
		in.note("Suspended and held resources and open circuit breakers are not known: %v.", err)
	}
	state, problem := readSwitch(cmd.Context(), cfg)
	if problem != "" {
		in.note("%s.", problem)
	}
	in.options.Paused = state == naming.SwitchPaused
	return nil
}

func (in *input) readLedger(ctx context.Context, cfg aws.Config) error {
	in.options.Records, in.options.Breakers = map[string]decide.Record{}, map[string]decide.Breaker{}
	for e, err := range readLedger(cfg).All(ctx) {
		switch {
		case err != nil:
			return ledgerError(cfg.Region, err)
		case e.Record != nil:
			in.options.Records[e.Record.Target.Key()] = *e.Record
		case e.Breaker != nil:
			in.options.Breakers[e.Breaker.Control] = *e.Breaker
		}
	}
	return nil
}

// enabledGroups lists the groups that are ENABLED in launched playbooks.
func enabledGroups(ctx context.Context) ([]catalog.Group, error) {
	all, err := openPlaybooks(ctx)
	if err != nil {
		return nil, err
	}
	var groups []catalog.Group
	for _, c := range all {
		book, err := c.playbook()
		if err != nil {
			return nil, err
		}
		for _, l := range c.launched {
			settings, err := c.catalog.Settings(ctx, l)
			if err != nil {
				return nil, err
			}
			groups = append(groups, enabledOf(book, settings)...)
		}
	}
	return groups, nil
}

func enabledOf(book catalog.Playbook, settings map[string]string) []catalog.Group {
	var groups []catalog.Group
	for _, g := range book.Groups {
		if settings[g.State()] == groupEnabled {
			groups = append(groups, g)
		}
	}
	return groups
}

// enabled returns the groups that the preview assumes to be ENABLED: those that are, changed by --set.
func (p previewing) enabled(launched []catalog.Group) ([]catalog.Group, error) {
	books := catalog.Embedded().Playbooks
	if p.playbook != "" {
		books = slices.DeleteFunc(slices.Clone(books), func(b catalog.Playbook) bool {
			return !strings.EqualFold(b.ID, p.playbook) && !strings.EqualFold(b.Name, p.playbook)
		})
		if len(books) == 0 {
			return nil, fmt.Errorf("unknown playbook %s; `hubmend controls` lists the playbooks", p.playbook)
		}
	}
	groups := slices.Clone(launched)
	for _, b := range books {
		if p.all {
			groups = append(groups, b.Groups...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.set)) {
		if strings.EqualFold(name, catalog.InProgress) {
			continue // it remediates nothing until somebody sets a status
		}
		g, err := groupIn(books, name)
		if err != nil {
			return nil, err
		}
		groups = slices.DeleteFunc(groups, func(x catalog.Group) bool { return x.ID == g.ID })
		switch value := p.set[name]; {
		case strings.EqualFold(value, groupEnabled):
			groups = append(groups, g)
		case !strings.EqualFold(value, groupDisabled):
			return nil, fmt.Errorf("--set %s=%s: a group is %s or %s", name, wording.OneLine(value), groupEnabled,
				groupDisabled)
		}
	}
	if len(groups) == 0 {
		return nil, fmt.Errorf("no control group is ENABLED; name one with --set, such as --set %s=ENABLED",
			exampleGroup().ID)
	}
	return groups, nil
}

// groupIn gives the group that a person names. A name that means other controls in another playbook is an error.
func groupIn(books []catalog.Playbook, name string) (catalog.Group, error) {
	var found catalog.Group
	var ids []string
	for _, b := range books {
		g, ok := groupNamed(b, name)
		if !ok {
			continue
		}
		ids = append(ids, b.ID)
		if len(ids) > 1 && !slices.Equal(g.Controls, found.Controls) {
			return catalog.Group{}, fmt.Errorf("%s is in several playbooks, %s; add --playbook", name,
				strings.Join(ids, " and "))
		}
		found = g
	}
	if len(ids) == 0 {
		return catalog.Group{}, unknownGroup(name, books)
	}
	return found, nil
}

// costOfRepair estimates what a repair costs, in USD.
func costOfRepair() (float64, error) {
	inventory, err := cost.Read("", cost.Embedded())
	if err != nil {
		return 0, err
	}
	e, err := cost.Of(cost.Embedded(), inventory, cost.Typical)
	return e.PerThousandUSD / 1000, err
}
