package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
)

func playbookTerminateCommand() *cobra.Command {
	var name string
	var confirmed confirmation
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "terminate [PLAYBOOK]",
		Short: "Remove a launched playbook: its rules and custom actions",
		Long: `Removes a launched playbook and waits for it. Its findings are then no longer remediated, neither
automatically nor by custom action. Remediations that are running finish. Exits with 1 when it fails.`,
		Example: "  hubmend playbook terminate --yes\n  hubmend playbook terminate cis-1.2.0 --name pilot --yes",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := chooseLaunched(cmd.Context(), named(args), catalog.Embedded().Playbooks)
			if err != nil {
				return err
			}
			l, err := c.only(name)
			if err != nil {
				return err
			}
			if !asJSON {
				fmt.Fprintf(cmd.OutOrStdout(), "This terminates:\n  playbook  %s %s, launched as %s\n  Region    %s\n",
					c.product.Name, l.Version, l.Name, c.catalog.Region)
			}
			question := "Its findings will no longer be remediated, automatically or by custom action. Terminate?"
			if err := confirmed.ask(cmd, question, asJSON); err != nil {
				return err
			}
			r, err := c.catalog.Terminate(cmd.Context(), l)
			if err != nil {
				return err
			}
			o := operation{cmd: cmd, what: "terminate " + l.Name, asJSON: asJSON,
				outcome: outcome{Playbook: c.product.Name, Name: l.Name, Version: l.Version}}
			return o.follow(c.catalog, r)
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "which one, if the playbook was launched more than once")
	confirmed.flag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the outcome as JSON, and no progress")
	return cmd
}

func playbookShareCommand() *cobra.Command {
	var organization, ou, account string
	var principals bool
	cmd := &cobra.Command{
		Use:   "share",
		Short: "Share the portfolio with an organization, an organizational unit or an account",
		Long: `Shares the portfolio "` + naming.Portfolio +
			`" with accounts that have a stack hubmend-admin of their own;
CloudFormation cannot share with an organization. It needs credentials of the organization's
management account, or of a delegated administrator for Service Catalog, and the policy
` + naming.CatalogAdministratorPolicy + `. Sharing again changes nothing. See docs/playbooks.md.`,
		Example: "  hubmend playbook share --organization o-a1b2c3d4e5\n  hubmend playbook share --ou " +
			"ou-ab12-cd34ef56 --principals",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var with []types.OrganizationNode
			for kind, value := range map[types.OrganizationNodeType]*string{
				types.OrganizationNodeTypeOrganization:       &organization,
				types.OrganizationNodeTypeOrganizationalUnit: &ou, types.OrganizationNodeTypeAccount: &account,
			} {
				if *value != "" {
					with = append(with, types.OrganizationNode{Type: kind, Value: value})
				}
			}
			if len(with) != 1 {
				return errors.New("use one of --organization, --ou and --account")
			}
			c, err := openCatalog(cmd.Context())
			if err != nil {
				return err
			}
			portfolio, err := c.Portfolio(cmd.Context())
			if err != nil {
				return err
			}
			if err := c.Share(cmd.Context(), portfolio, with[0], principals); err != nil {
				return err
			}
			kind := strings.ToLower(strings.ReplaceAll(string(with[0].Type), "_", " "))
			fmt.Fprintf(cmd.OutOrStdout(), "Shared %s with the %s %s.\n", portfolio, kind, *with[0].Value)
			return nil
		},
	}
	cmd.Flags().StringVar(&organization, "organization", "", "id of the organization, such as o-a1b2c3d4e5")
	cmd.Flags().StringVar(&ou, "ou", "", "id of an organizational unit, such as ou-ab12-cd34ef56")
	addAccountFlag(cmd, &account, "id of an account of the organization")
	cmd.Flags().BoolVar(&principals, "principals", false,
		"roles with the same names can use it there too, also roles that are created later")
	return cmd
}
