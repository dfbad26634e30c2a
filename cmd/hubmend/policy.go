package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/policyfile"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/policy"
	"hubmend/internal/lab/inputfile"
	"hubmend/internal/ops/wording"
)

func policyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Decide what automatic remediation may touch",
		Long: `A policy is a YAML file of rules. The first rule that matches a finding decides: exempt (not remediated),
ask (a person approves), delay (remediated later) or allow. Without a rule, remediation is allowed.

"check", "test" and "explain --policy" read only files. The other commands use the credentials and the
Region of your AWS configuration, which must be those of the administrator's account and home Region.
See docs/policy.md.`,
		Example: "  hubmend policy check policy.yaml\n  hubmend policy diff policy.yaml\n" +
			"  hubmend policy apply policy.yaml\n  hubmend policy show",
		Args: cobra.NoArgs, // so that a mistyped command is an error
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(policyCheckCommand(), policyTestCommand(), policyShowCommand(), policyDiffCommand(),
		policyApplyCommand(), policyRestoreCommand(), policyExplainCommand(), policySchemaCommand())
	return cmd
}

// policyOf reads a policy file. It prints the problems of the file, and returns errFailed if they are not warnings.
func policyOf(name string, out io.Writer) (policyfile.File, error) {
	text, err := inputfile.Read(name)
	if err != nil {
		return policyfile.File{}, err
	}
	f, problems := policyfile.Parse(text, catalog.Embedded(), time.Now())
	for _, p := range problems {
		fmt.Fprintln(out, wording.OneLine(p.In(name)))
	}
	if policyfile.Failed(problems) {
		return policyfile.File{}, errFailed
	}
	return f, nil
}

// policyStore is the ledger, which has the versions of the policy.
func policyStore(cfg aws.Config) *ledger.DynamoDB {
	return &ledger.DynamoDB{Client: dynamodb.NewFromConfig(cfg), Table: naming.LedgerTable, Now: time.Now}
}

// inForce is the policy that functions follow.
type inForce struct {
	policy.Version
	problem error // it cannot be read
}

// readInForce returns the version in force. If it cannot be read, only its number is known, with which it can be
// replaced. One of a newer version of Hubmend cannot.
func readInForce(ctx context.Context, cfg aws.Config) (inForce, error) {
	store := policyStore(cfg)
	v, err := store.LoadPolicy(ctx)
	if err == nil || ledger.IsNewer(err) {
		return inForce{Version: v}, policyError(cfg.Region, err)
	}
	all, listErr := store.PolicyVersions(ctx)
	if listErr != nil || len(all) == 0 {
		return inForce{}, policyError(cfg.Region, err)
	}
	return inForce{all[0], err}, nil
}

func policyError(region string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ledger.ErrNoPolicy):
		return errors.New("no such version; `hubmend policy show --versions` lists all")
	case errors.Is(err, ledger.ErrConflict):
		return errors.New("the policy was changed at the same time; nothing was applied; run `hubmend policy diff` " +
			"again")
	}
	return ledgerError(region, err)
}

// about describes a version for people.
func about(v policy.Version) string {
	if v.Number == 0 {
		return "No policy was applied yet: remediation is allowed."
	}
	text := fmt.Sprintf("Version %d, applied %s UTC by %s", v.Number, moment(v.At), wording.OneLine(v.By))
	switch {
	case v.Restores > 0:
		text += fmt.Sprintf(", restores version %d", v.Restores)
	case v.Source != "":
		text += " from " + wording.OneLine(filepath.Base(v.Source))
	}
	return text + "."
}
