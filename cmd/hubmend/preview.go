package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/ops/preview"
	"hubmend/internal/ops/wording"
)

func previewCommand() *cobra.Command {
	p := previewing{since: period(30 * 24 * time.Hour)}
	cmd := &cobra.Command{
		Use:   "preview",
		Short: "Show what automatic remediation would do to all open findings",
		Long: `Shows what would happen to every open finding if control groups were ENABLED: remediated, delayed,
left to a person, exempt, refused, suspended. It counts findings and repairs by control, account and
organizational unit, irreversible and risky repairs first, and estimates cost and time. It changes
nothing.

With --from it reads findings from files, such as the output of "aws securityhub get-findings" or
"get-findings-v2", and calls no AWS API. FILE is JSON or YAML, in UTF-8 or UTF-16, also compressed
with gzip; - reads standard input. Without --from it reads the open findings from Security Hub, the
ledger, and which groups are ENABLED already, with your AWS configuration. Choose the administrator's
account and the home Region.

--policy names a policy file. --facts names a file with facts that findings do not have:
{"ous": {"222222222222": ["ou-a1b2-c3d4e5f6", "r-a1b2"]}, "tags": {"arn:...": {"team": "web"}}}. The
outcome of a finding is "unknown" if the policy depends on a missing fact.

--replay shows what Hubmend would have done in a past period instead: repairs, suspensions, emails and
cost a day. FILE has findings with their times, if possible several versions of each, such as the
events of an EventBridge archive. The functions run on this computer, with a simulated clock and
simulated executions, and call no AWS API.`,
		Example: `  hubmend preview --set CIS4142=ENABLED
  hubmend preview --set CIS4142=ENABLED --policy policy.yaml --html preview.html
  aws securityhub get-findings > findings.json && hubmend preview --all --from findings.json
  hubmend preview --set CIS4142=ENABLED --sample 10
  hubmend preview --set CIS4142=ENABLED --replay findings.json --since 30d`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringToStringVar(&p.set, "set", nil, setUsage)
	flags.BoolVar(&p.all, "all", false, "assume that all control groups are ENABLED")
	flags.StringVar(&p.playbook, "playbook", "", "playbook of the groups, if several have them")
	flags.StringArrayVar(&p.from, "from", nil, "`FILE` with findings, instead of Security Hub; repeat it for several")
	flags.StringVar(&p.policy, "policy", "", "`FILE` with a policy (default: the policy in force; with --from, none)")
	flags.StringVar(&p.facts, "facts", "", "`FILE` with organizational units and tags, as JSON")
	flags.StringArrayVar(&p.replay, "replay", nil, "`FILE` with findings of a past period; repeat it for several")
	flags.Var(&p.since, "since", "length of the period of --replay, until the latest check in FILE")
	flags.StringVar(&p.html, "html", "", "write an HTML page to `FILE`")
	flags.BoolVar(&p.plan, "plan", false, "plan each repair in the account of your AWS credentials")
	flags.IntVar(&p.sample, "sample", 0, "plan so many repairs only, spread over the controls")
	flags.StringVar(&p.root, "root", ".", "folder of a Hubmend checkout, whose Python then makes the plans")
	p.output.register(cmd)
	cmd.MarkFlagsMutuallyExclusive("set", "all")
	return cmd
}

// previewing is one run of the command.
type previewing struct {
	set                           map[string]string
	all                           bool
	from, replay                  []string
	since                         period
	playbook, policy, facts, html string
	plan                          bool
	sample                        int
	root                          string
	output                        format
}

func (p previewing) run(cmd *cobra.Command) error {
	if err := p.check(); err != nil {
		return err
	}
	if len(p.replay) > 0 {
		return p.runReplay(cmd)
	}
	in, err := p.read(cmd)
	if err != nil {
		return err
	}
	report := in.report()
	if p.plan || p.sample > 0 {
		if err := p.makePlans(cmd, &report); err != nil {
			return err
		}
	}
	if p.html != "" {
		if err := writePage(cmd.OutOrStdout(), p.html, report.WriteHTML); err != nil || p.html == toStdout {
			return err
		}
	}
	return p.output.print(cmd.OutOrStdout(), report, previewListing(report.Rows),
		func(out io.Writer) { printPreview(out, report, p.html) })
}

func (p previewing) check() error {
	switch {
	case p.sample < 0:
		return fmt.Errorf("--sample %d: the number must not be negative", p.sample)
	case p.html == toStdout && p.output != formatTable:
		return errors.New("only one output can go to standard output; write the page to a file")
	case len(p.from)+len(p.replay) > 0 && len(p.set) == 0 && !p.all:
		return fmt.Errorf("name a control group with --set, such as --set %s=%s, or use --all", exampleGroup().ID,
			groupEnabled)
	}
	return nil
}

// input is all that a preview is made of.
type input struct {
	options    preview.Options
	findings   []preview.Finding
	policy     string // where it comes from
	unreadable int
	notes      []string
}

func (in *input) note(format string, args ...any) {
	in.notes = append(in.notes, fmt.Sprintf(format, args...))
}

// report makes the preview.
func (in input) report() preview.Report {
	r := preview.Make(in.options, in.findings)
	r.Policy, r.Unreadable, r.Notes = in.policy, in.unreadable, append(r.Notes, in.notes...)
	if n := r.Total.By[preview.Unknown]; n > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("The outcome of %s is not known, because the policy depends on facts "+
			"that are missing. Before a repair, Hubmend reads them. Add them with --facts.",
			wording.Counted(n, "finding")))
	}
	return r
}

// newInput begins an input.
func newInput() (input, error) {
	each, err := costOfRepair()
	return input{options: preview.Options{Now: time.Now().UTC().Truncate(time.Second), Catalog: catalog.Embedded(),
		USD: each}}, err
}

// read reads findings and what else is known, from files or from AWS.
func (p previewing) read(cmd *cobra.Command) (input, error) {
	in, err := newInput()
	if err != nil {
		return input{}, err
	}
	if in.options.Policy, in.options.Facts, err = p.rules(cmd.ErrOrStderr()); err != nil {
		return input{}, err
	}
	in.policy = p.policy
	if len(p.from) > 0 {
		return in, p.readFiles(&in)
	}
	return in, p.readAWS(cmd, &in)
}
