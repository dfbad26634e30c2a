package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/wording"
)

func findingsCommand() *cobra.Command {
	var f finder
	cmd := &cobra.Command{
		Use:   "findings",
		Short: "List open findings that Hubmend can remediate",
		Long: fmt.Sprintf(`Reads the open findings of Security Hub that Hubmend can remediate: failed, active, and neither
suppressed nor resolved. A finding that is Suppressed in the new Security Hub is left out. Counts the
resources by control and account; with --control, lists each resource. It shows what the policy holds
back, and which rule, and what is held after an undo. It reads up to %d findings, and changes nothing.

It uses the credentials and the Region of your AWS configuration, which must be those of the
administrator's account and home Region.`, mostOpenPages*100),
		Example: fmt.Sprintf("  hubmend findings\n  hubmend findings --control %s --account 222222222222\n"+
			"  hubmend findings --region eu-west-1 --json", exampleID()),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	addControlFlag(cmd, &f.control, "list the resources of this control")
	addAccountFlag(cmd, &f.account, "only this account")
	addRegionFlag(cmd, &f.region, "only this Region")
	f.output.register(cmd)
	return cmd
}

// finder is one run of the command.
type finder struct {
	control, account, region string
	output                   format
}

// openResource is a resource that fails a control, in JSON. Several findings of different standards may say so.
type openResource struct {
	Control  string    `json:"control"`
	Account  string    `json:"account"`
	Region   string    `json:"region"` // global: it exists once per account
	Resource string    `json:"resource"`
	Since    time.Time `json:"since,omitzero"`
	Findings []string  `json:"findings"` // ids
	// V2IDs are the ids of the findings in the new Security Hub, by their ids.
	V2IDs map[string]string `json:"v2Ids,omitempty"`
	// State is how the policy or an undo holds it back: exempt, delayed, pending approval, policy unreadable or held;
	// empty for most.
	State overview.State `json:"state,omitempty"`
	Rule  string         `json:"rule,omitempty"` // of the policy
	Until time.Time      `json:"until,omitzero"`

	target target.Target
}

// openReport is the outcome in JSON.
type openReport struct {
	Resources []openResource `json:"resources"`
	More      bool           `json:"more"` // there are more findings than were read
}

func (f finder) run(cmd *cobra.Command) error {
	cfg, err := awsConfig(cmd.Context())
	if err != nil {
		return err
	}
	controls := controlIDs()
	if f.control != "" {
		controls = []string{f.control}
	}
	open, err := openFindings(cmd.Context(), cfg, controls,
		&types.AwsSecurityFindingFilters{AwsAccountId: equal(f.account), Region: equal(f.region)},
		readProgress(cmd.ErrOrStderr()))
	if err != nil {
		return err
	}
	if open.problem != "" {
		fmt.Fprintln(cmd.ErrOrStderr(), "hubmend:", open.problem)
	}
	if open.more {
		fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: there are more than %d findings; narrow the list with --control, "+
			"--account or --region\n", mostOpenPages*100)
	}
	all := openReport{Resources: openResources(open.findings), More: open.more}
	if err := holdBack(cmd.Context(), cfg, all.Resources); err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: cannot show what is held back: %v\n", err)
	}
	l := countListing(all.Resources)
	if f.control != "" || f.output == formatCSV {
		l = resourceListing(all.Resources)
	}
	return f.output.print(cmd.OutOrStdout(), all, l, func(out io.Writer) { f.show(out, all.Resources, l) })
}

// readProgress tells on long reads how far they are.
func readProgress(out io.Writer) func(read int) {
	const every = 5 * time.Second
	told := time.Now()
	return func(read int) {
		if time.Since(told) >= every {
			told = time.Now()
			fmt.Fprintf(out, "hubmend: read %s so far\n", wording.Counted(read, "finding"))
		}
	}
}

// openResources gives each resource that fails a control once. What Hubmend would refuse to remediate is left out.
func openResources(open []finding.Finding) []openResource {
	all := []openResource{}
	index := map[string]int{}
	for _, f := range open {
		control, t, _, err := dispatch.Asked(catalog.Embedded(), f)
		if err != nil {
			continue
		}
		key := control.ID + " " + t.Key()
		i, known := index[key]
		if !known {
			i = len(all)
			index[key] = i
			all = append(all, openResource{Control: control.ID, Account: t.Account, Region: t.Region,
				Resource: t.Resource, Since: f.Since, target: t})
		}
		all[i].Findings = append(all[i].Findings, f.ID)
		if f.V2.UID != "" {
			if all[i].V2IDs == nil {
				all[i].V2IDs = map[string]string{}
			}
			all[i].V2IDs[f.ID] = f.V2.UID
		}
		if !f.Since.IsZero() && f.Since.Before(all[i].Since) {
			all[i].Since = f.Since
		}
	}
	slices.SortFunc(all, func(x, y openResource) int {
		return cmp.Or(catalog.Compare(x.Control, y.Control), cmp.Compare(x.target.String(), y.target.String()))
	})
	return all
}

func resourceListing(all []openResource) listing {
	l := listing{columns: []column{{name: "Control"}, {name: "Account"}, {name: "Region"},
		{name: "Resource", show: overview.Short}, {name: "Since (UTC)", show: minutes},
		{name: "Findings", right: true}, {name: "State"}, {name: "Rule"}, {name: "Until (UTC)", show: minutes},
		{name: "V2 ids", csvOnly: true}}}
	for _, r := range all {
		l.add(r.Control, r.Account, r.Region, r.Resource, fullTime(r.Since), strconv.Itoa(len(r.Findings)),
			string(r.State), r.Rule, fullTime(r.Until), overview.V2IDs(r.V2IDs))
	}
	return l
}

func countListing(all []openResource) listing {
	l := listing{columns: []column{{name: "Control"}, {name: "Account"}, {name: "Regions"},
		{name: "Resources", right: true}, {name: "Held back", right: true}, {name: "Title"}}}
	same := func(x, y openResource) bool { return x.Control == y.Control && x.Account == y.Account }
	for len(all) > 0 {
		n := 1
		for n < len(all) && same(all[0], all[n]) {
			n++
		}
		var in []string
		held := 0
		for _, r := range all[:n] {
			if r.State != "" {
				held++
			}
			if !slices.Contains(in, r.Region) {
				in = append(in, r.Region)
			}
		}
		control, _ := catalog.Embedded().ByID(all[0].Control)
		l.add(control.ID, all[0].Account, strings.Join(in, ", "), strconv.Itoa(n), strconv.Itoa(held), control.Title)
		all = all[n:]
	}
	return l
}

// narrowed names what the list is limited to, in the order control, account, Region.
func (f finder) narrowed() string {
	said := ""
	if f.control != "" {
		said += " for " + f.control
	}
	if f.account != "" {
		said += " in account " + f.account
	}
	if f.region != "" {
		said += " in Region " + f.region + meantRegion(f.region)
	}
	return said
}

// show writes the listing for people, and which command comes next.
func (f finder) show(out io.Writer, all []openResource, l listing) {
	if len(all) == 0 {
		paragraphs(out, "No open findings that Hubmend can remediate"+f.narrowed()+".")
		return
	}
	fmt.Fprintln(out, l.render(out))
	first := all[0]
	if f.control == "" {
		paragraphs(out, fmt.Sprintf("List the resources of a control: `hubmend findings --control %s`", first.Control),
			fmt.Sprintf("Remediate a control automatically: `hubmend playbook enable %s`", first.Control))
		return
	}
	fmt.Fprintf(out, "Remediate one:\n  hubmend remediate --control %s --resource %s\n", first.Control,
		wording.OneLine(target.Name(first.Resource)))
}
