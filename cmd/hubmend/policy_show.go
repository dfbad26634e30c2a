package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/spf13/cobra"

	"hubmend/internal/engine/policy"
	"hubmend/internal/ops/request"
	"hubmend/internal/ops/wording"
)

func policyShowCommand() *cobra.Command {
	var f format
	var number uint
	var versions bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show the policy in force, or its versions",
		Long: `Shows the rules of the policy in force, and who applied it when. With --version, shows another version;
with --versions, lists all. Versions are kept until the ledger is deleted.`,
		Example: "  hubmend policy show\n  hubmend policy show --versions\n  hubmend policy show --version 3 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := awsConfig(cmd.Context())
			if err != nil {
				return err
			}
			store := policyStore(cfg)
			if versions {
				all, err := store.PolicyVersions(cmd.Context())
				if err != nil {
					return policyError(cfg.Region, err)
				}
				return f.print(cmd.OutOrStdout(), versionsOf(all), versionListing(all), func(out io.Writer) {
					if len(all) == 0 {
						paragraphs(out, about(policy.Version{}))
						return
					}
					fmt.Fprintln(out, versionListing(all).render(out))
				})
			}
			v, err := policy.Version{}, error(nil)
			if number > 0 {
				v, err = store.PolicyVersion(cmd.Context(), int(number)) //nolint:gosec // nobody has so many
			} else {
				v, err = store.LoadPolicy(cmd.Context())
			}
			if err != nil {
				return policyError(cfg.Region, err)
			}
			l := ruleListing(v.Policy)
			return f.print(cmd.OutOrStdout(), v, l, func(out io.Writer) { showPolicy(out, v, l) })
		},
	}
	cmd.Flags().UintVar(&number, "version", 0, "show version `N` (default: the one in force)")
	cmd.Flags().BoolVar(&versions, "versions", false, "list all versions")
	cmd.MarkFlagsMutuallyExclusive("version", "versions")
	f.register(cmd)
	return cmd
}

// versionRow is a version in a list, in JSON.
type versionRow struct {
	Number   int       `json:"number"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Source   string    `json:"source,omitempty"`
	Restores int       `json:"restores,omitempty"`
	Hash     string    `json:"hash"`
}

func versionsOf(all []policy.Version) []versionRow {
	rows := []versionRow{}
	for _, v := range all {
		rows = append(rows, versionRow{v.Number, v.By, v.At, v.Source, v.Restores, v.Hash})
	}
	return rows
}

func versionListing(all []policy.Version) listing {
	l := listing{columns: []column{{name: "Version", right: true}, {name: "Applied (UTC)", show: minutes}, {name: "By"},
		{name: "Source"}}}
	for _, v := range all {
		source := v.Source
		if v.Restores > 0 {
			source = fmt.Sprintf("version %d", v.Restores)
		}
		l.add(strconv.Itoa(v.Number), fullTime(v.At), v.By, source)
	}
	return l
}

func ruleListing(p policy.Policy) listing {
	l := listing{columns: []column{{name: "Line", right: true}, {name: "Rule"}, {name: "Decision"}, {name: "When"},
		{name: "Last day"}, {name: "Owner"}, {name: "Ticket", csvOnly: true}, {name: "Reason", csvOnly: true}}}
	for _, r := range p.Rules {
		until := ""
		if !r.Until.IsZero() {
			until = r.Until.AddDate(0, 0, -1).Format(time.DateOnly)
		}
		l.add(strconv.Itoa(r.Line), r.Name, decided(r), conditions(r.When), until, r.Owner, r.Ticket, r.Reason)
	}
	return l
}

// decided writes a decision with its delay.
func decided(r policy.Rule) string {
	text := string(r.Decision)
	if r.Delay > 0 {
		d := period(r.Delay)
		text += " " + d.String()
	}
	if len(r.Windows) > 0 {
		text += ", in " + wording.Counted(len(r.Windows), "window")
	}
	return text
}

// conditions writes conditions in one line, as JSON has them but without its signs.
func conditions(w policy.When) string {
	text, err := json.Marshal(w)
	if err != nil {
		return err.Error()
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil || len(all) == 0 {
		return "always"
	}
	var parts []string
	for _, key := range []string{"controls", "groups", "standards", "risks", "severities", "accounts", "ous", "regions",
		"resources", "tags", "managedBy", "firstObservedBefore", "firstObservedAfter"} {
		switch value := all[key].(type) {
		case []any:
			parts = append(parts, fmt.Sprintf("%s %s", key, strings.Trim(fmt.Sprint(value), "[]")))
		case string:
			parts = append(parts, key+" "+value)
		}
	}
	return strings.Join(parts, "; ")
}

func showPolicy(out io.Writer, v policy.Version, l listing) {
	paragraphs(out, about(v))
	if len(v.Policy.Rules) > 0 {
		fmt.Fprintln(out, l.render(out))
	}
	b, p := v.Policy.Budgets, v.Policy.Proposals
	if b.HourlyPerControlAndAccount > 0 {
		paragraphs(out, fmt.Sprintf("Budget: %d per control, account and hour", b.HourlyPerControlAndAccount))
	}
	if b.DailyPerOrganization > 0 {
		paragraphs(out, fmt.Sprintf("Budget: %d per day in the organization", b.DailyPerOrganization))
	}
	if v.Number > 0 {
		expire := period(p.ExpireAfter())
		person := ""
		if p.SecondPerson {
			person = "; not by the person who requested the remediation"
		}
		paragraphs(out, fmt.Sprintf("Proposals: approved within %s%s", expire.String(), person))
	}
}

// applied is the outcome of apply and restore in JSON.
type applied struct {
	Version  int    `json:"version"` // in force now
	Hash     string `json:"hash"`
	By       string `json:"by"`
	Changed  bool   `json:"changed"`
	Restores int    `json:"restores,omitempty"`
}

// applying puts a policy in force after it asked.
type applying struct {
	confirmation
	asJSON bool
}

func (a *applying) register(cmd *cobra.Command) {
	a.flag(cmd)
	cmd.Flags().BoolVar(&a.asJSON, "json", false, "print the outcome as JSON")
}

// apply puts a policy in force that replaces a version. It is refused if that is no longer in force.
func (a *applying) apply(cmd *cobra.Command, cfg aws.Config, now inForce, next policy.Version) error {
	if err := a.ask(cmd, fmt.Sprintf("Apply as version %d?", now.Number+1), a.asJSON); err != nil {
		return err
	}
	next, err := putInForce(cmd.Context(), cfg, now, next)
	if err != nil {
		return err
	}
	if a.asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(applied{next.Number, next.Hash, next.By, true, next.Restores})
	}
	out := cmd.OutOrStdout()
	paragraphs(out, fmt.Sprintf("Version %d is in force. Functions follow it within a minute.", next.Number))
	if now.By == policy.ByDeployment {
		paragraphs(out, "The previous version came with the deployment of hubmend-admin. The next deployment of a "+
			"changed file replaces this one.")
	}
	return nil
}

// putInForce stores a policy as the version after another one. It is refused if that is no longer in force.
func putInForce(ctx context.Context, cfg aws.Config, now inForce, next policy.Version) (policy.Version, error) {
	who, err := request.Caller(ctx, sts.NewFromConfig(cfg))
	if err != nil {
		return policy.Version{}, awsError(cfg.Region, err)
	}
	next.Number, next.Hash, next.By, next.At = now.Number+1, next.Policy.Hash(), who.ARN, time.Now().UTC()
	return next, policyError(cfg.Region, policyStore(cfg).SavePolicy(ctx, next))
}

// unchanged reports that a policy is in force already.
func (a *applying) unchanged(cmd *cobra.Command, now inForce) error {
	if a.asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(applied{Version: now.Number, Hash: now.Hash, By: now.By})
	}
	paragraphs(cmd.OutOrStdout(), "Nothing to change: this policy is in force already. "+about(now.Version))
	return nil
}

func policyRestoreCommand() *cobra.Command {
	var a applying
	cmd := &cobra.Command{
		Use:   "restore N",
		Short: "Put an earlier version of the policy in force again",
		Long: `Applies the rules of version N as a new version. Nothing is lost: the version in force now can be restored
the same way.`,
		Example: "  hubmend policy restore 3\n  hubmend policy restore 3 --yes --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := strconv.Atoi(args[0])
			if err != nil || number < 1 {
				return fmt.Errorf("%q is not the number of a version; `hubmend policy show --versions` lists all",
					wording.OneLine(args[0]))
			}
			if err := a.checkJSON(a.asJSON); err != nil {
				return err
			}
			cfg, err := awsConfig(cmd.Context())
			if err != nil {
				return err
			}
			now, err := readInForce(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			old, err := policyStore(cfg).PolicyVersion(cmd.Context(), number)
			if err != nil {
				return policyError(cfg.Region, err)
			}
			if old.Hash == now.Hash && now.problem == nil {
				return a.unchanged(cmd, now)
			}
			if !a.asJSON {
				paragraphs(cmd.OutOrStdout(), about(old))
				showRuleChanges(cmd.OutOrStdout(), now, old.Policy)
			}
			return a.apply(cmd, cfg, now, policy.Version{Policy: old.Policy, Source: filepath.Base(old.Source),
				Restores: number})
		},
	}
	a.register(cmd)
	return cmd
}
