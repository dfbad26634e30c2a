package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/ops/playbook"
	"hubmend/internal/ops/wording"
)

// How a group is set.
const (
	groupEnabled  = "ENABLED"
	groupDisabled = "DISABLED"
)

// playbookSwitchCommand is `playbook enable` or `playbook disable`.
func playbookSwitchCommand(verb string) *cobra.Command {
	s := switching{verb: verb, value: strings.ToUpper(verb) + "D", existing: existing{choice: existingRepair}}
	long := `Updates the launched playbook so that findings of the named control groups are remediated
automatically. Other groups and the version stay as they are. Findings that are already open are
remediated too, at their next check by Security Hub, unless you --existing leave them: then an
exemption of them is added to the policy in force. It shows what will happen to them, and asks.
` + catalog.InProgress + ` is no group: it lets the status In Progress in the new
Security Hub start a remediation, also of groups that are DISABLED. Exits with 1 when the update
fails.`
	if s.value == groupDisabled {
		long = `Updates the launched playbook so that findings of the named control groups are remediated only
on request: with the custom action, or with "hubmend remediate". Other groups and the version stay
as they are. Exits with 1 when the update fails.`
	}
	cmd := &cobra.Command{
		Use: verb + " GROUP...",
		Short: strings.ToUpper(verb[:1]) + verb[1:] +
			" automatic remediation for control groups of a launched playbook",
		Long: long,
		Example: fmt.Sprintf("  hubmend playbook %[1]s %[2]s\n  hubmend playbook %[1]s 4.3 %[3]s --playbook "+
			"cis-1.2.0\n  hubmend playbook %[1]s %[2]s CIS22 --yes --json", verb, "CIS4142", exampleID()),
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error { return s.run(cmd, names) },
	}
	s.confirmation.flag(cmd)
	if s.value == groupEnabled {
		s.existing.register(cmd)
	}
	cmd.Flags().StringVar(&s.playbook, "playbook", "",
		"playbook of the groups (default: the only launched one that has them)")
	cmd.Flags().StringVar(&s.name, "name", "", "what to update, if the playbook was launched more than once")
	cmd.Flags().BoolVar(&s.asJSON, "json", false, "print the outcome as JSON, and no progress")
	return cmd
}

// switching is one run of enable or disable.
type switching struct {
	confirmation
	existing       existing
	verb, value    string
	playbook, name string
	asJSON         bool
}

func (s switching) run(cmd *cobra.Command, names []string) error {
	names, inProgress := withoutInProgress(names)
	candidates, err := playbooksWith(catalog.Embedded().Playbooks, names)
	if err != nil {
		return err
	}
	if err := errors.Join(s.checkJSON(s.asJSON), s.existing.check()); err != nil {
		return err
	}
	c, err := chooseLaunched(cmd.Context(), s.playbook, candidates)
	if err != nil {
		return err
	}
	known, err := c.playbook()
	if err != nil {
		return err
	}
	groups, err := groupsNamed(known, names)
	if err != nil {
		return err
	}
	l, err := c.only(s.name)
	if err != nil {
		return err
	}
	settings, err := c.catalog.Settings(cmd.Context(), l)
	if err != nil {
		return err
	}
	groups = slices.DeleteFunc(groups, func(g catalog.Group) bool { return settings[g.State()] == s.value })
	change := toggled{groups, inProgress && settings[catalog.InProgress+catalog.StateSuffix] != s.value}
	if len(change.groups) == 0 && !change.inProgress {
		return s.unchanged(cmd, c, l)
	}
	if !s.asJSON {
		s.explain(cmd, change)
	}
	question := fmt.Sprintf("%s %s of %s?", strings.ToUpper(s.verb[:1])+s.verb[1:], change, l.Name)
	if err := s.ask(cmd, question, s.asJSON); err != nil {
		return err
	}
	version, err := c.product.Version(l.Version)
	if err != nil {
		return err
	}
	if s.existing.choice == existingLeave && len(groups) > 0 {
		if err := s.existing.leave(cmd, groups, s.asJSON); err != nil {
			return err
		}
	}
	return c.update(cmd, l, version, change.parameters(s.value), s.asJSON)
}

// toggled is what enable or disable changes.
type toggled struct {
	groups     []catalog.Group
	inProgress bool // the parameter for the status In Progress
}

func (s toggled) String() string {
	var names []string
	if len(s.groups) > 0 {
		names = append(names, wording.Counted(len(s.groups), "group"))
	}
	if s.inProgress {
		names = append(names, catalog.InProgress)
	}
	return strings.Join(names, " and ")
}

// parameters returns the product's parameters that change, with their value.
func (s toggled) parameters(value string) map[string]string {
	set := map[string]string{}
	for _, g := range s.groups {
		set[g.Parameter()] = value
	}
	if s.inProgress {
		set[catalog.InProgress] = value
	}
	return set
}

// withoutInProgress takes the parameter for the status In Progress out of the names that a person gives.
func withoutInProgress(names []string) (groups []string, inProgress bool) {
	groups = slices.DeleteFunc(slices.Clone(names),
		func(name string) bool { return strings.EqualFold(name, catalog.InProgress) })
	return groups, len(groups) < len(names)
}

// inProgressMeans tells what follows when the parameter for the status In Progress is set.
func inProgressMeans(value string) string {
	if strings.EqualFold(value, groupEnabled) {
		return catalog.InProgress + ": the status In Progress in the new Security Hub will start the remediation of " +
			"a finding, also for groups that are DISABLED. This includes automation rules that set it."
	}
	return catalog.InProgress + ": the status In Progress in the new Security Hub will start nothing."
}

// explain tells what the groups are and what follows.
func (s switching) explain(cmd *cobra.Command, change toggled) {
	out, groups := cmd.OutOrStdout(), change.groups
	if change.inProgress {
		paragraphs(out, inProgressMeans(s.value))
	}
	if len(groups) == 0 {
		return
	}
	for _, g := range groups {
		paragraphs(out, fmt.Sprintf("%s (%s): %s", g.ID, strings.Join(g.Controls, ", "), g.Description))
	}
	if s.value == groupDisabled {
		paragraphs(out, "Their findings will be remediated on request only: with the custom action, or "+
			"`hubmend remediate`.")
		return
	}
	if s.existing.choice == existingLeave {
		paragraphs(out, "Findings of these controls that are open now are left: an exemption is added to the "+
			"policy in force.")
	} else {
		paragraphs(out, enablingMeans)
	}
	if !s.yes {
		s.preview(cmd, groups)
	}
}

// preview shows what would happen to the findings that are open now. The role that launches playbooks may lack the
// permissions for it.
func (s switching) preview(cmd *cobra.Command, groups []catalog.Group) {
	report, err := s.existing.previewOf(cmd, groups)
	if err != nil {
		paragraphs(cmd.OutOrStdout(), "Preview: not available with these AWS credentials: "+err.Error())
		return
	}
	printShortPreview(cmd.OutOrStdout(), report, groups)
}

// unchanged tells that every group is set as requested already.
func (s switching) unchanged(cmd *cobra.Command, c chosen, l playbook.Launched) error {
	if s.asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(outcome{Playbook: c.product.Name, Name: l.Name,
			Version: l.Version, Record: playbook.Record{Status: "UNCHANGED"}})
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Nothing to change: already %s in %s.\n", s.value, l.Name)
	return nil
}

// update changes what is launched and waits for the end.
func (c chosen) update(cmd *cobra.Command, l playbook.Launched, v playbook.Version, set map[string]string,
	asJSON bool) error {
	r, err := c.catalog.Update(cmd.Context(), c.product, l, v, set)
	if err != nil {
		return err
	}
	return c.finishUpdate(cmd, l, v, asJSON, r)
}

// finishUpdate waits for the end of an update.
func (c chosen) finishUpdate(cmd *cobra.Command, l playbook.Launched, v playbook.Version, asJSON bool,
	r playbook.Record) error {
	o := operation{cmd: cmd, what: fmt.Sprintf("update %s to %s", l.Name, v.Name), asJSON: asJSON,
		outcome: outcome{Playbook: c.product.Name, Name: l.Name, Version: v.Name}}
	return o.follow(c.catalog, r)
}
