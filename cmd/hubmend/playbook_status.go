package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/ops/playbook"
	"hubmend/internal/ops/wording"
)

// listed is a playbook in the JSON of list.
type listed struct {
	Playbook string              `json:"playbook"`
	Product  playbook.Product    `json:"product"`
	Launched []playbook.Launched `json:"launched"`
}

func playbookListCommand() *cobra.Command {
	var f format
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the playbooks that you may launch, and what is launched",
		Example: "  hubmend playbook list\n  hubmend playbook list --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := openCatalog(cmd.Context())
			if err != nil {
				return err
			}
			products, err := c.Products(cmd.Context())
			if err != nil {
				return err
			}
			if len(products) == 0 {
				return noProducts(c)
			}
			all := []listed{}
			for _, p := range products {
				launched, err := c.Launched(cmd.Context(), p)
				if err != nil {
					return err
				}
				all = append(all, listed{playbookID(p), p, append([]playbook.Launched{}, launched...)})
			}
			l := playbookListing(all)
			return f.print(cmd.OutOrStdout(), all, l, func(out io.Writer) { fmt.Fprintln(out, l.render(out)) })
		},
	}
	f.register(cmd)
	return cmd
}

func playbookListing(all []listed) listing {
	rows := listing{columns: []column{{name: "Playbook"}, {name: "Name"}, {name: "Versions"}, {name: "Launched as"}}}
	for _, l := range all {
		var versions, launched []string
		for _, v := range l.Product.Versions {
			versions = append(versions, v.Name)
		}
		for _, one := range l.Launched {
			launched = append(launched, fmt.Sprintf("%s (%s, %s)", one.Name, one.Version, one.Status))
		}
		rows.add(l.Playbook, l.Product.Name, strings.Join(versions, ", "), strings.Join(launched, ", "))
	}
	return rows
}

// state is what is launched in the JSON of status.
type state struct {
	Playbook string             `json:"playbook"`
	Latest   string             `json:"newest"`
	Launched *playbook.Launched `json:"launched"` // null when nothing is
	// ENABLED or DISABLED by the group's id; empty when the version does not say
	Groups map[string]string `json:"groups"`
	// ids of other playbooks that enable controls of a group that is DISABLED here, by its id
	EnabledBy map[string][]string `json:"enabledBy,omitempty"`
	// whether the status In Progress starts a remediation; empty when the version does not say
	InProgress string `json:"inProgressStartsRemediation,omitempty"`

	playbook catalog.Playbook // empty when this version does not know it
}

func playbookStatusCommand() *cobra.Command {
	var name string
	var f format
	cmd := &cobra.Command{
		Use:   "status [PLAYBOOK]",
		Short: "Show what is launched, and how its groups are set",
		Long: `Shows what is launched, how its groups are set, and whether there is a newer version. A control that
another launched playbook enables is remediated automatically, even if its group is DISABLED here.
Exits with 1 when the playbook is not launched.`,
		Example: "  hubmend playbook status\n  hubmend playbook status cis-1.2.0 --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			all, err := openPlaybooks(cmd.Context())
			if err != nil {
				return err
			}
			c, err := launchedOf(all, named(args), catalog.Embedded().Playbooks)
			if err != nil {
				return err
			}
			s := state{Playbook: c.product.Name, Latest: c.product.Latest().Name, Groups: map[string]string{}}
			if len(c.launched) == 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: %s is not launched in this account and %s\n", c.product.Name,
					c.catalog.Region)
				return errors.Join(f.print(cmd.OutOrStdout(), s, groupListing(s), func(io.Writer) {}), errFailed)
			}
			l, err := c.only(name)
			if err != nil {
				return err
			}
			settings, err := c.catalog.Settings(cmd.Context(), l)
			if err != nil {
				return err
			}
			s.Launched, s.Groups = &l, groups(settings)
			s.InProgress = settings[catalog.InProgress+catalog.StateSuffix]
			s.playbook, _ = c.playbook()
			if s.EnabledBy, err = enabledBy(cmd.Context(), s, all); err != nil {
				return err
			}
			return f.print(cmd.OutOrStdout(), s, groupListing(s), func(out io.Writer) { printState(out, s) })
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "which one, when the playbook was launched more than once")
	f.register(cmd)
	return cmd
}

// groups reads how groups are set from the outputs of a product.
func groups(outputs map[string]string) map[string]string {
	all := map[string]string{}
	for output, value := range outputs {
		if id, ok := strings.CutSuffix(output, catalog.StateSuffix); ok && id != catalog.InProgress {
			all[id] = value
		}
	}
	return all
}

func printState(out io.Writer, s state) {
	newer := ""
	if s.Latest != s.Launched.Version {
		newer = fmt.Sprintf(" (there is %s: hubmend playbook update --version %s)", s.Latest, s.Latest)
	}
	fmt.Fprintln(out, s.Playbook)
	fact(out, "launched as", s.Launched.Name+", by "+s.Launched.By)
	fact(out, "version", s.Launched.Version+newer)
	fact(out, "status", s.Launched.Status)
	switch s.InProgress {
	case groupEnabled:
		fact(out, "In Progress", "ENABLED: the status starts a remediation, also for groups that are DISABLED")
	case groupDisabled:
		fact(out, "In Progress", "DISABLED: the status starts nothing")
	}
	fact(out, "reason", clip(wording.OneLine(s.Launched.Message)))
	if len(s.Groups) == 0 {
		fact(out, "groups", "not reported by version "+s.Launched.Version+"; see the Service Catalog console")
		return
	}
	fmt.Fprintf(out, "\n%s\n", groupListing(s).render(out))
}

func groupListing(s state) listing {
	l := listing{columns: []column{{name: "Group"}, {name: "Automatic"}, {name: "Risk"}, {name: "Title"}}}
	for _, id := range s.order() {
		g, _ := s.playbook.Group(id)
		automatic := s.Groups[id]
		if by := s.EnabledBy[id]; len(by) > 0 {
			automatic = fmt.Sprintf("%s, but ENABLED in %s", automatic, strings.Join(by, ", "))
		}
		l.add(id, automatic, catalog.Embedded().Risk(g).Level, g.Title)
	}
	return l
}

// order lists the groups as the playbook does, followed by those that it does not have in this version.
func (s state) order() []string {
	var ids []string
	for _, g := range s.playbook.Groups {
		if _, ok := s.Groups[g.ID]; ok {
			ids = append(ids, g.ID)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.Groups)) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// enabledBy finds the other launched playbooks that enable controls of groups that are DISABLED.
func enabledBy(ctx context.Context, s state, all []chosen) (map[string][]string, error) {
	by := map[string][]string{}
	for _, other := range all {
		known, err := other.playbook()
		if err != nil || other.product.Name == s.Playbook {
			continue // a playbook that this version does not know has no known controls
		}
		for _, l := range other.launched {
			outputs, err := other.catalog.Settings(ctx, l)
			if err != nil {
				return nil, err
			}
			for _, id := range s.disabledHere(known, groups(outputs)) {
				by[id] = append(by[id], known.ID)
			}
		}
	}
	return by, nil
}

// disabledHere lists the groups that are DISABLED here and have a control that another playbook enables.
func (s state) disabledHere(other catalog.Playbook, settings map[string]string) []string {
	var ids []string
	for _, g := range s.playbook.Groups {
		enabled := slices.ContainsFunc(g.Controls, func(id string) bool {
			there, ok := other.GroupOf(id)
			return ok && settings[there.ID] == groupEnabled
		})
		if s.Groups[g.ID] == groupDisabled && enabled {
			ids = append(ids, g.ID)
		}
	}
	return ids
}
