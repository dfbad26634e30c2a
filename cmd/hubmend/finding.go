package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/finding"
	"hubmend/internal/lab/samplefinding"
	ssmdocuments "hubmend/ssm-documents"
)

func findingCommand() *cobra.Command {
	var resource, account, region, form string
	cmd := &cobra.Command{
		Use:   "finding CONTROL",
		Short: "Print a finding, to import it into the lab",
		Long: `Prints a list with one failed, new finding of a control, as Security Hub sends it. Import it into the
lab with the AWS CLI. A real Security Hub refuses it: such findings can come only from itself.

RESOURCE is an ARN, or the resource's own id with --account and --region.`,
		Example: fmt.Sprintf(
			`  hubmend finding %s --resource arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0 > finding.json
  aws securityhub batch-import-findings --findings file://finding.json`, exampleID()),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			control, err := controlNamed(catalog.Embedded(), args[0])
			if err != nil {
				return err
			}
			spec := samplefinding.Spec{
				Control: control, Account: cmp.Or(account, accountOf(resource)),
				Region: cmp.Or(region, part(resource, 3)),
				Form:   samplefinding.Form(form), ID: uuid.NewString(), Now: time.Now(),
			}
			if spec.Account == "" || spec.Region == "" {
				return fmt.Errorf("the resource %q has no account or Region in it; add --account and --region",
					resource)
			}
			if spec.Resource, err = resourceID(control, resource, place{spec.Account, spec.Region}); err != nil {
				return err
			}
			f, err := samplefinding.Build(spec)
			if err == nil {
				err = accepted(f, control)
			}
			if err != nil {
				return err
			}
			enc := json.NewEncoder(cmd.OutOrStdout())
			enc.SetIndent("", "  ")
			return enc.Encode([]any{f})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&resource, "resource", "", "`RESOURCE` that the finding is about (required)")
	addAccountFlag(cmd, &account, "account of the finding (default: the ARN's)")
	addRegionFlag(cmd, &region, "Region of the finding (default: the ARN's)")
	flags.StringVar(&form, "form", string(samplefinding.Consolidated), "consolidated, standard or legacy")
	if err := cmd.MarkFlagRequired("resource"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

// exampleID is the control of the examples in help texts, whose resource is a security group. Every start writes
// those, so it looks through the files and does not wait for the catalog.
func exampleID() string {
	const folder, ending = "controls/", ".yaml"
	names, _ := fs.Glob(ssmdocuments.Files, folder+"*"+ending) // the pattern is a good one
	for _, name := range names {
		if text, err := ssmdocuments.Files.ReadFile(name); err == nil &&
			bytes.Contains(text, []byte("type: AwsEc2SecurityGroup")) {
			return strings.TrimSuffix(strings.TrimPrefix(name, folder), ending)
		}
	}
	return "CONTROL"
}

// exampleControl is that control.
func exampleControl() catalog.Control {
	control, _ := catalog.Embedded().ByID(exampleID())
	return control
}

// exampleGroup is a group with the control of the examples, of the first playbook that has it.
func exampleGroup() catalog.Group {
	for _, p := range catalog.Embedded().Playbooks {
		if g, ok := p.GroupOf(exampleID()); ok {
			return g
		}
	}
	return catalog.Group{}
}

// accepted refuses a finding that the functions would refuse, before anybody imports it.
func accepted(document map[string]any, control catalog.Control) error {
	raw, err := json.Marshal(document)
	if err != nil {
		return err
	}
	f, err := finding.Parse(raw)
	if err != nil {
		return err
	}
	if control.Guide == "" {
		_, _, err = control.Bind(f)
	}
	return err
}

func controlIDs() []string {
	var ids []string
	for _, c := range catalog.Embedded().Controls {
		ids = append(ids, c.ID)
	}
	return ids
}

// part gives one part of an ARN, or "": what Security Hub calls an account, AWS::::Account:111111111111,
// is none.
func part(arn string, n int) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return ""
	}
	return parts[n]
}
