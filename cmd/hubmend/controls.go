package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/nearmatch"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/engine/control"
	"hubmend/internal/engine/prepared"
)

func controlsCommand() *cobra.Command {
	var f format
	var asMarkdown bool
	var standard, patchFor string
	cmd := &cobra.Command{
		Use:   "controls [CONTROL...]",
		Short: "List the controls that Hubmend remediates, and those for manual remediation",
		Long: `Lists the controls that Hubmend remediates and those that can only be remediated manually, or shows
everything about some of them. It needs no AWS credentials.

Infrastructure as code that sets something else reverts a remediation at its next deployment. With --patch, the command
prints the lines that make the remediation of a control last.`,
		Example: fmt.Sprintf("  hubmend controls\n  hubmend controls --standard cis-5.0.0\n  hubmend controls %[1]s\n"+
			"  hubmend controls %[1]s --patch terraform\n  hubmend controls --json\n  "+
			"hubmend controls --markdown > docs/controls.md", exampleID()),
		RunE: func(cmd *cobra.Command, ids []string) error {
			c := catalog.Embedded()
			rows, err := controlRows(c)
			if err == nil {
				rows, err = rowsOf(rows, ids)
			}
			var s catalog.Standard
			if err == nil && standard != "" {
				s, err = standardNamed(c, standard)
				rows = rowsIn(c, rows, s)
			}
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			switch {
			case patchFor != "":
				return writePatches(out, rows, ids, patchFor)
			case asMarkdown && len(ids) > 0:
				return errors.New("--markdown prints the page with all controls; leave out CONTROL")
			case asMarkdown:
				return writeControlPage(out, c, rows)
			}
			l := controlListing(rows, s)
			return f.print(out, rows, l, func(out io.Writer) {
				if len(ids) > 0 {
					printControls(out, rows)
					return
				}
				fmt.Fprintln(out, l.render(out))
				if standard == "" {
					fmt.Fprintf(out, "\n%s\n", coverageListing(c).render(out))
				}
			})
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&asMarkdown, "markdown", false, "print the page docs/controls.md")
	cmd.Flags().StringVar(&standard, "standard", "",
		"only controls of this standard, in its order, such as cis-5.0.0 or fsbp")
	cmd.Flags().StringVar(&patchFor, "patch", "", "print the lines of a control for a `tool`: cloudformation, cdk, "+
		"terraform, opentofu, pulumi or crossplane")
	cmd.MarkFlagsMutuallyExclusive("json", "output", "markdown", "patch")
	cmd.MarkFlagsMutuallyExclusive("standard", "markdown")
	return cmd
}

// standardNamed gives the standard that a person names: by its id, its short name or the id of its playbook.
func standardNamed(c *catalog.Catalog, name string) (catalog.Standard, error) {
	framework := name
	var known []string
	for _, p := range c.Playbooks {
		known = append(known, p.ID)
		if strings.EqualFold(p.ID, name) {
			framework = p.Framework
		}
	}
	for _, s := range c.Standards {
		if strings.EqualFold(s.ID, framework) || strings.EqualFold(s.Short, name) || strings.EqualFold(s.Name, name) {
			return s, nil
		}
		known = append(known, s.ID)
	}
	return catalog.Standard{},
		nearmatch.Unknown("standard", name, known, "the standards are "+strings.Join(known, ", "))
}

// controlListing lists controls, with their number in a standard if it is given. `hubmend controls CONTROL` shows
// people what is left to CSV here.
func controlListing(rows []controlRow, s catalog.Standard) listing {
	l := listing{columns: []column{{name: "Number"}, {name: "Control"}, {name: "Title", csvOnly: true}, {name: "Risk"},
		{name: "Automatic"}, {name: "Undo"}, {name: "Irreversible", csvOnly: true}, {name: "Runbook", csvOnly: true},
		{name: "Remediation"}}}
	if s.ID == "" {
		l.columns = l.columns[1:]
	}
	for _, r := range rows {
		cells := []string{r.Standards[s.ID], r.Control, r.Title, r.Risk, r.Automatic, r.undoable(), r.Irreversible,
			r.Runbook, cmp.Or(r.Repair, r.Guide)}
		if s.ID == "" {
			cells = cells[1:]
		}
		l.add(cells...)
	}
	return l
}

// coverageListing counts the controls of each standard.
func coverageListing(c *catalog.Catalog) listing {
	l := listing{columns: []column{{name: "Standard"}, {name: "Remediated"}, {name: "Manual"},
		{name: "Not yet"}, {name: "Controls"}}}
	for _, one := range c.Coverage() {
		l.add(one.Standard.Name, fmt.Sprint(one.Remediated), fmt.Sprint(one.Guided), fmt.Sprint(one.Missing()),
			fmt.Sprint(one.Standard.Controls))
	}
	return l
}

// rowsOf returns the rows of the named controls, or all.
func rowsOf(rows []controlRow, names []string) ([]controlRow, error) {
	if len(names) == 0 {
		return rows, nil
	}
	var some []controlRow
	for _, name := range names {
		control, err := controlNamed(catalog.Embedded(), name)
		if err != nil {
			return nil, err
		}
		some = append(some, rows[slices.IndexFunc(rows, func(r controlRow) bool { return r.Control == control.ID })])
	}
	return some, nil
}

// rowsIn returns the rows of the controls of a standard, in its order.
func rowsIn(c *catalog.Catalog, rows []controlRow, s catalog.Standard) []controlRow {
	var some []controlRow
	for _, one := range c.InStandard(s.ID) {
		i := slices.IndexFunc(rows, func(r controlRow) bool { return r.Control == one.ID })
		if i >= 0 {
			some = append(some, rows[i])
		}
	}
	return some
}

// Whether repairs of a control start automatically once its group is ENABLED.
const (
	automatic     = "yes"
	afterApproval = "ask"    // a person approves each repair
	manual        = "manual" // there is no runbook
)

// controlRow is one control in a listing.
type controlRow struct {
	Control     string            `json:"control"`
	Title       string            `json:"title"`
	Standards   map[string]string `json:"standards"`
	EvidenceLag time.Duration     `json:"-"` // maximum age of the data that a check uses
	Automatic   string            `json:"automatic"`
	Approval    string            `json:"approval,omitempty"` // why a person approves each repair
	Guide       string            `json:"guide,omitempty"`    // for a person; the rest is empty then
	// Parameters of playbooks that enable it, by the id of the playbook
	Playbooks    map[string]string   `json:"playbooks,omitempty"`
	Repair       string              `json:"repair,omitempty"`
	Runbook      string              `json:"runbook,omitempty"`
	Parameters   map[string]any      `json:"parameters,omitempty"` // of the runbook
	Risk         string              `json:"risk,omitempty"`
	RiskReason   string              `json:"riskReason,omitempty"`
	Reversible   bool                `json:"reversible"`
	Irreversible string              `json:"irreversible,omitempty"`
	Policy       []runbook.Statement `json:"policy,omitempty"`
	Undo         *undoRow            `json:"undo,omitempty"` // nil if it is irreversible
	Patch        *control.Patch      `json:"patch,omitempty"`
}

// undoRow is the runbook that undoes a repair.
type undoRow struct {
	Runbook string              `json:"runbook"`
	Policy  []runbook.Statement `json:"policy"`
}

func controlRows(c *catalog.Catalog) ([]controlRow, error) {
	var rows []controlRow
	for _, control := range c.Controls {
		r, ok := c.Runbook(control.Runbook)
		if !ok {
			return nil, fmt.Errorf("control %s: runbook %s not found", control.ID, control.Runbook)
		}
		policy, err := c.Policy(r)
		if err != nil {
			return nil, err
		}
		undo, err := undoOf(c, control)
		if err != nil {
			return nil, err
		}
		starts := automatic
		if control.Approval != "" {
			starts = afterApproval
		}
		rows = append(rows, controlRow{
			Control: control.ID, Title: control.Title, Standards: control.Frameworks, EvidenceLag: control.EvidenceLag,
			Automatic: starts, Approval: control.Approval, Playbooks: switchesOf(c, control.ID),
			Repair: control.Repair, Runbook: control.Runbook, Parameters: control.Parameters, Risk: control.Risk,
			RiskReason: control.RiskReason, Reversible: control.Reversible, Irreversible: control.Irreversible,
			Policy: policy, Undo: undo, Patch: patchOf(control.ID),
		})
	}
	for _, control := range c.Guides {
		rows = append(rows, controlRow{Control: control.ID, Title: control.Title, Standards: control.Frameworks,
			Automatic: manual, Guide: control.Guide})
	}
	slices.SortFunc(rows, func(a, b controlRow) int { return catalog.Compare(a.Control, b.Control) })
	return rows, nil
}

func patchOf(id string) *control.Patch {
	p, known := prepared.Patch(id)
	if !known {
		return nil
	}
	return &p
}

func undoOf(c *catalog.Catalog, control catalog.Control) (*undoRow, error) {
	r, ok := c.Undo(control)
	if !ok {
		return nil, nil
	}
	policy, err := c.Policy(r)
	if err != nil {
		return nil, err
	}
	return &undoRow{Runbook: r.Name, Policy: policy}, nil
}

// switchesOf returns the parameters that enable a control, by playbook.
func switchesOf(c *catalog.Catalog, control string) map[string]string {
	all := map[string]string{}
	for _, p := range c.Playbooks {
		if g, ok := p.GroupOf(control); ok {
			all[p.ID] = g.Parameter()
		}
	}
	return all
}

// undoable is whether the repair can be undone, and empty for a control without one.
func (r controlRow) undoable() string {
	if r.Runbook == "" {
		return ""
	}
	return yesOrNo(r.Reversible)
}

func yesOrNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// undo is that with the reason.
func (r controlRow) undo() string {
	if r.Irreversible != "" {
		return r.undoable() + ": " + r.Irreversible
	}
	return r.undoable()
}

// actionsOf lists the actions that a policy allows.
func actionsOf(policy []runbook.Statement) []string {
	var actions []string
	for _, s := range policy {
		actions = append(actions, s.Actions...)
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}
