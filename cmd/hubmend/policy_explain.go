package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/policyfile"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
	"hubmend/internal/ops/policies"
	"hubmend/internal/ops/wording"
)

func policyExplainCommand() *cobra.Command {
	var e explaining
	cmd := &cobra.Command{
		Use:   "explain [FINDING|ARN]",
		Short: "Show which rule decides about a finding, and why",
		Long: `Shows which rule decides about a finding, and why each rule before it does not. FINDING is the id of a
finding, ARN that of a resource with open findings. With --control, ARN needs no finding.

With --policy and either --finding or --control, it reads only files. Otherwise it reads the policy in
force and the findings of Security Hub, with the credentials and the Region of your AWS configuration.
Tags are those that Security Hub recorded; functions read them from the resource.`,
		Example: fmt.Sprintf("  hubmend policy explain arn:aws:s3:::payments-data\n"+
			"  hubmend policy explain --policy policy.yaml --finding finding.json --tag env=prod\n"+
			"  hubmend policy explain --policy policy.yaml --control %s --ou ou-ab12-cdefgh34 \\\n"+
			"    arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0", exampleID()),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return e.run(cmd, named(args)) },
	}
	cmd.Flags().StringVar(&e.policy, "policy", "", "explain this policy `FILE` (default: the policy in force)")
	cmd.Flags().StringVar(&e.finding, "finding", "", "explain the finding in this JSON `FILE`")
	addControlFlag(cmd, &e.control, "control that the resource is assumed to fail")
	addAccountFlag(cmd, &e.account, "account of the resource, if its ARN has none")
	addRegionFlag(cmd, &e.region, "Region of the resource, if its ARN has none")
	cmd.Flags().StringArrayVar(&e.tags, "tag", nil,
		"`KEY=VALUE` of a tag of the resource, in place of those recorded")
	cmd.Flags().StringArrayVar(&e.ous, "ou", nil,
		"`ID` of an organizational unit of the account, or of the root, such as ou-ab12-cdefgh34")
	e.output.register(cmd)
	return cmd
}

// explaining is one run of the command.
type explaining struct {
	policy, finding          string
	control, account, region string
	tags, ous                []string
	output                   format
}

// explanation is the outcome in JSON, one for each finding.
type explanation struct {
	Control   string            `json:"control"`
	Account   string            `json:"account"`
	Region    string            `json:"region"`
	Resource  string            `json:"resource"`
	Finding   string            `json:"finding,omitempty"`
	Decision  policy.Decision   `json:"decision,omitempty"`
	NotBefore time.Time         `json:"notBefore,omitzero"`
	Rule      string            `json:"rule,omitempty"` // empty: none matches
	Line      int               `json:"line,omitempty"`
	Reason    string            `json:"reason,omitempty"`
	Owner     string            `json:"owner,omitempty"`
	Ticket    string            `json:"ticket,omitempty"`
	Until     time.Time         `json:"until,omitzero"`
	Needs     policy.Need       `json:"needs,omitempty"` // that is not known
	Passed    []policies.Passed `json:"passed"`          // earlier rules that do not match

	verdict policy.Verdict
}

func (e explaining) run(cmd *cobra.Command, name string) error {
	if err := e.check(name); err != nil {
		return err
	}
	var cfg aws.Config
	var err error
	if e.policy == "" || e.finding == "" && e.control == "" {
		if cfg, err = awsConfig(cmd.Context()); err != nil {
			return err
		}
	}
	p, err := e.read(cmd, cfg)
	if err != nil {
		return err
	}
	repairs, err := e.repairs(cmd.Context(), cfg, name)
	if err != nil {
		return err
	}
	if len(e.ous) == 0 && cfg.Region != "" {
		readUnits(cmd.Context(), cfg, repairs, cmd.ErrOrStderr(), p)
	}
	all := []explanation{}
	for _, r := range repairs {
		e.assume(&r)
		all = append(all, explain(p, r, time.Now()))
	}
	l := listing{columns: []column{{name: "Control"}, {name: "Account"}, {name: "Region"}, {name: "Resource"},
		{name: "Decision"}, {name: "Rule"}, {name: "Line"}, {name: "Needs"}}}
	for _, x := range all {
		l.add(x.Control, x.Account, x.Region, x.Resource, string(x.Decision), x.Rule, strconv.Itoa(x.Line),
			string(x.Needs))
	}
	return e.output.print(cmd.OutOrStdout(), all, l, func(out io.Writer) {
		for _, x := range all {
			x.show(out)
		}
	})
}

func (e explaining) check(name string) error {
	switch {
	case (name == "") == (e.finding == ""):
		return errors.New("specify either FINDING or ARN, or --finding FILE")
	case e.control != "" && e.finding != "":
		return errors.New("--control and --finding do not go together; the finding names its control")
	}
	for _, t := range e.tags {
		if !strings.Contains(t, "=") {
			return fmt.Errorf("--tag %s: write KEY=VALUE", wording.OneLine(t))
		}
	}
	return nil
}

// read returns the policy to explain.
func (e explaining) read(cmd *cobra.Command, cfg aws.Config) (policy.Policy, error) {
	if e.policy != "" {
		f, err := policyOf(e.policy, cmd.ErrOrStderr())
		return f.Policy, err
	}
	v, err := policyStore(cfg).LoadPolicy(cmd.Context())
	return v.Policy, policyError(cfg.Region, err)
}

// repairs returns the remediations to explain.
func (e explaining) repairs(ctx context.Context, cfg aws.Config, name string) ([]policies.Repair, error) {
	now := time.Now()
	switch {
	case e.finding != "":
		r, err := repairIn(e.finding, now)
		return []policies.Repair{r}, err
	case e.control != "":
		return e.madeUp(name, now)
	}
	return hubRepairs(ctx, cfg, name, now)
}

// madeUp returns the remediation of a control that a resource is assumed to fail.
func (e explaining) madeUp(name string, now time.Time) ([]policies.Repair, error) {
	control, _ := catalog.Embedded().ByID(e.control)
	in := place{cmp.Or(e.account, accountOf(name)), cmp.Or(e.region, part(name, 3))}
	if in.account == "" || in.region == "" && control.Scope != catalog.GlobalScope {
		return nil, fmt.Errorf("%s has no account or Region in it; add --account and --region", wording.OneLine(name))
	}
	if control.Scope == catalog.GlobalScope {
		in.region = target.Global
	}
	return []policies.Repair{{Subject: policy.Subject{
		Control: policyfile.Controls(catalog.Embedded())[control.ID], Account: in.account, Region: in.region,
		Resource: name, AskedAt: now,
	}}}, nil
}

// hubRepairs reads the findings with an id, or the open findings of a resource.
func hubRepairs(ctx context.Context, cfg aws.Config, name string, now time.Time) ([]policies.Repair, error) {
	filters := &types.AwsSecurityFindingFilters{Id: equal(name), RecordState: equal(finding.Active)}
	if isResourceID(name) && !strings.Contains(name, "/finding/") {
		filters.Id, filters.ResourceId, filters.ComplianceStatus = nil, equal(name), equal(finding.Failed)
	}
	var documents []types.AwsSecurityFinding
	pages := securityhub.NewGetFindingsPaginator(securityhub.NewFromConfig(cfg),
		&securityhub.GetFindingsInput{Filters: filters, MaxResults: aws.Int32(100)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, hubError(cfg.Region, err)
		}
		documents = append(documents, page.Findings...)
	}
	controls := policyfile.Controls(catalog.Embedded())
	var all []policies.Repair
	var problem error
	for _, raw := range documentsOf(documents) {
		r, err := policies.Read(catalog.Embedded(), controls, raw, now)
		if err != nil {
			problem = err
			continue
		}
		all = append(all, r)
	}
	switch {
	case len(documents) == 0:
		return nil, fmt.Errorf("%s not found: Security Hub in %s has no active finding with this id, and no failed "+
			"one about this resource; add --control to explain without a finding", wording.OneLine(name), cfg.Region)
	case len(all) == 0:
		return nil, problem
	}
	return all, nil
}

// assume puts what flags say in place of what is known.
func (e explaining) assume(r *policies.Repair) {
	if len(e.ous) > 0 {
		r.Facts.OUs = e.ous
	}
	if len(e.tags) > 0 {
		r.Facts.Tags = map[string]string{}
	}
	for _, t := range e.tags {
		key, value, _ := strings.Cut(t, "=")
		r.Facts.Tags[key] = value
	}
}

func explain(p policy.Policy, r policies.Repair, now time.Time) explanation {
	v, passed := policies.Explain(p, r, now)
	s := r.Subject
	x := explanation{Control: s.Control.ID, Account: s.Account, Region: s.Region, Resource: s.Resource,
		Finding: r.Finding, Decision: v.Decision, NotBefore: v.NotBefore, Rule: v.Rule.Name,
		Line: v.Rule.Line, Reason: v.Rule.Reason,
		Owner: v.Rule.Owner, Ticket: v.Rule.Ticket, Until: v.Rule.Until, Needs: v.Needs, Passed: passed, verdict: v}
	if passed == nil {
		x.Passed = []policies.Passed{}
	}
	return x
}

func (x explanation) show(out io.Writer) {
	paragraphs(out, fmt.Sprintf("%s, %s, %s, %s: %s", x.Control, x.Account, x.Region, wording.OneLine(x.Resource),
		wording.OneLine(policies.Says(x.verdict))))
	if x.Needs != "" {
		flag := "--tag KEY=VALUE"
		if x.Needs == policy.NeedOUs {
			flag = "--ou ID"
		}
		paragraphs(out, fmt.Sprintf("The %s are not known here. Functions read them; add %s to explain.", x.Needs,
			flag))
	}
	for _, f := range []struct{ name, value string }{{"Reason", x.Reason}, {"Owner", x.Owner}, {"Ticket", x.Ticket}} {
		if f.value != "" {
			paragraphs(out, "  "+f.name+": "+wording.OneLine(f.value))
		}
	}
	if !x.Until.IsZero() {
		paragraphs(out, "  Last day: "+x.Until.AddDate(0, 0, -1).Format(time.DateOnly))
	}
	if len(x.Passed) > 0 {
		paragraphs(out, "Earlier rules do not match:")
	}
	for _, p := range x.Passed {
		why := strings.Join(p.Unmet, ", ")
		if p.Ended {
			why = "it has ended"
		}
		paragraphs(out, fmt.Sprintf("  line %d  %s (%s): %s", p.Line, wording.OneLine(p.Rule), p.Decision, why))
	}
}
