package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/lab"
)

func labUpCommand() *cobra.Command {
	var u labUp
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Keep a lab running, and print how to point the AWS CLI at it",
		Example: `  hubmend lab up
  hubmend lab up --port 4711 --set CIS4142AutoRemediation=ENABLED
  hubmend lab up --empty`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := u.check(); err != nil {
				return err
			}
			config, err := u.config(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return u.run(cmd.Context(), cmd.OutOrStdout(), config)
		},
	}
	u.register(cmd)
	cmd.Flags().IntVar(&u.port, "port", defaultPort, "port to listen on")
	cmd.Flags().StringToStringVar(&u.parameters, "set", nil,
		"parameter of the product, such as CIS4142AutoRemediation=ENABLED")
	cmd.Flags().BoolVar(&u.empty, "empty", false, "deploy nothing, so that you can, with the CDK")
	cmd.MarkFlagsMutuallyExclusive("empty", "set")
	return cmd
}

const defaultPort = 4599

// labUp is one run of the command.
type labUp struct {
	labFlags
	port       int
	empty      bool
	parameters map[string]string
}

// check refuses parameters that no playbook has, before anything is deployed.
func (u labUp) check() error {
	var known []string
	for _, p := range catalog.Embedded().Playbooks {
		for _, g := range p.Groups {
			known = append(known, g.Parameter())
		}
	}
	for name, value := range u.parameters {
		if !slices.Contains(known, name) {
			return fmt.Errorf("there is no parameter %s; there are %s", oneLine(name), strings.Join(known, ", "))
		}
		if value != "ENABLED" && value != "DISABLED" {
			return fmt.Errorf("%s must be ENABLED or DISABLED, not %q", name, value)
		}
	}
	return nil
}

// run keeps a lab up until somebody ends it.
func (u labUp) run(ctx context.Context, out io.Writer, config lab.Config) error {
	config.Address = fmt.Sprintf("127.0.0.1:%d", u.port)
	config.Observe = (&printer{out: out, trace: true}).entry
	l, err := lab.Start(ctx, config)
	if err == nil {
		defer l.Close()
		err = u.deploy(ctx, l)
	}
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted")
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("port %d is in use; choose another with --port, or end the lab that uses it (%w)", u.port, err)
	case err != nil:
		return err
	}
	file, err := l.WriteProfiles(u.folder(config.Root))
	if err != nil {
		return err
	}
	fmt.Fprint(out, u.help(config, file))
	<-ctx.Done()
	return nil
}

// deploy deploys everything and launches every playbook, unless the lab is to stay empty.
func (u labUp) deploy(ctx context.Context, l *lab.Lab) error {
	if u.empty {
		return nil
	}
	if err := l.Deploy(ctx); err != nil {
		return err
	}
	for _, product := range l.Products() {
		if err := l.Launch(ctx, product, u.parameters); err != nil {
			return err
		}
	}
	return nil
}

// folder is where the profiles of the lab are: several may be up, each at a port of its own.
func (u labUp) folder(root string) string {
	folder := filepath.Join(root, "build", "lab")
	if u.port != defaultPort {
		folder = filepath.Join(folder, strconv.Itoa(u.port))
	}
	return folder
}

func (u labUp) help(config lab.Config, file string) string {
	if u.empty {
		return fmt.Sprintf(emptyHelp, file)
	}
	click := exampleGroup().ID
	if u.port != defaultPort {
		click = fmt.Sprintf("--port %d %s", u.port, click)
	}
	return fmt.Sprintf(upHelp, file, config.Accounts[len(config.Accounts)-1], config.Regions[0], exampleControl().ID,
		click, exampleGroup().Parameter())
}

const emptyHelp = `
The lab is up and empty; Ctrl-C ends it and forgets everything. In another terminal:

  export AWS_CONFIG_FILE=%s AWS_PROFILE=security
  npx cdk bootstrap
  npx cdk deploy hubmend-admin
  npx cdk diff hubmend-admin

The profile "workload" is another account of the organization.

`

const upHelp = `
The lab is up; Ctrl-C ends it and forgets everything. In another terminal:

  export AWS_CONFIG_FILE=%[1]s AWS_PROFILE=workload
  id=$(aws ec2 create-security-group --group-name web --description web --query GroupId --output text)
  aws ec2 authorize-security-group-ingress --group-id $id --protocol tcp --port 22 --cidr 0.0.0.0/0
  build/hubmend finding %[4]s --resource arn:aws:ec2:%[3]s:%[2]s:security-group/$id > finding.json
  aws securityhub batch-import-findings --findings file://finding.json

With %[6]s=ENABLED the repair starts by itself; watch it here. Without, click:

  build/hubmend lab click %[5]s $(aws securityhub get-findings --query 'Findings[].Id' --output text)

Then look:

  aws ec2 describe-security-groups --group-ids $id --query 'SecurityGroups[0].IpPermissions'
  aws securityhub get-findings --query 'Findings[].[Title,Workflow.Status,Note.Text]'

The profile "security" is the administrator's account.

`
