package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/runbook"
)

func controlsCommand() *cobra.Command {
	var f format
	var asMarkdown bool
	cmd := &cobra.Command{
		Use:   "controls [CONTROL...]",
		Short: "List the controls that Hubmend remediates",
		Long: `Lists the controls that Hubmend remediates, or shows everything about some of them. It needs no AWS
credentials.`,
		Example: fmt.Sprintf(
			"  hubmend controls\n  hubmend controls %s\n  hubmend controls --json\n  hubmend controls --markdown > "+
				"docs/controls.md", exampleID()),
		RunE: func(cmd *cobra.Command, ids []string) error {
			rows, err := controlRows(catalog.Embedded())
			if err == nil {
				rows, err = rowsOf(rows, ids)
			}
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			switch {
			case asMarkdown && len(ids) > 0:
				return errors.New("--markdown prints the page with all controls; leave out CONTROL")
			case asMarkdown:
				return writeControlPage(out, rows)
			}
			l := controlListing(rows)
			return f.print(out, rows, l, func(out io.Writer) {
				if len(ids) > 0 {
					printControls(out, rows)
					return
				}
				fmt.Fprintln(out, l.render(out))
			})
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&asMarkdown, "markdown", false, "print the page docs/controls.md")
	cmd.MarkFlagsMutuallyExclusive("json", "output", "markdown")
	return cmd
}

// controlListing lists controls. `hubmend controls CONTROL` shows people what is left to CSV here.
func controlListing(rows []controlRow) listing {
	l := listing{columns: []column{{name: "Control"}, {name: "Title", csvOnly: true}, {name: "Number"}, {name: "Risk"},
		{name: "Undo"}, {name: "Irreversible", csvOnly: true}, {name: "Parameter", show: parameterOrNone},
		{name: "Runbook", csvOnly: true},
		{name: "Remediation"}}}
	for _, r := range rows {
		l.add(r.Control, r.Title, strings.Join(r.numbers(), ", "), r.Risk, yesOrNo(r.Reversible), r.Irreversible,
			r.Parameter, r.Runbook, r.Repair)
	}
	return l
}

// parameterOrNone says that a control is in no playbook: an empty cell would not.
func parameterOrNone(parameter string) string { return cmp.Or(parameter, noPlaybook) }

func yesOrNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
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

// controlRow is one control in a listing.
type controlRow struct {
	Control      string              `json:"control"`
	Title        string              `json:"title"`
	Frameworks   map[string]string   `json:"frameworks"`
	EvidenceLag  time.Duration       `json:"-"` // maximum age of the data that a check uses
	Parameter    string              `json:"parameter"`
	Repair       string              `json:"repair"`
	Runbook      string              `json:"runbook"`
	Parameters   map[string]any      `json:"parameters"`
	Risk         string              `json:"risk"`
	RiskReason   string              `json:"riskReason"`
	Reversible   bool                `json:"reversible"`
	Irreversible string              `json:"irreversible,omitempty"`
	Policy       []runbook.Statement `json:"policy"`
	Undo         *undoRow            `json:"undo,omitempty"` // nil if it is irreversible
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
		rows = append(rows, controlRow{
			Control: control.ID, Title: control.Title, Frameworks: control.Frameworks, EvidenceLag: control.EvidenceLag,
			Parameter: switchOf(c, control.ID),
			Repair:    control.Repair, Runbook: control.Runbook, Parameters: control.Parameters, Risk: control.Risk,
			RiskReason: control.RiskReason,
			Reversible: control.Reversible, Irreversible: control.Irreversible, Policy: policy,
			Undo: undo,
		})
	}
	return rows, nil
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

// switchOf returns the product parameter of the first group that contains a control.
func switchOf(c *catalog.Catalog, control string) string {
	for _, p := range c.Playbooks {
		for _, g := range p.Groups {
			if slices.Contains(g.Controls, control) {
				return g.Parameter()
			}
		}
	}
	return ""
}

// numbers lists what standards call the control, if that is not its own ID.
func (r controlRow) numbers() []string {
	var numbers []string
	for _, standard := range slices.Sorted(maps.Keys(r.Frameworks)) {
		if number := r.Frameworks[standard]; number != r.Control && !slices.Contains(numbers, number) {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

func (r controlRow) undoable() string {
	if r.Reversible {
		return yesOrNo(true)
	}
	return yesOrNo(false) + ": " + r.Irreversible
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
