package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/nearmatch"
	"hubmend/internal/lab"
)

func labUpCommand() *cobra.Command {
	var u labUp
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Keep a lab running, and print how to point the AWS CLI at it",
		Example: fmt.Sprintf(`  hubmend lab up
  hubmend lab up --port 4711 --set CIS4142=ENABLED
  hubmend lab up --playbook cis-1.2.0 --playbook nist-800-53-r5 --set %s=ENABLED
  hubmend lab up --empty`, exampleID()),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if u.launches, err = launches(u.playbooks, u.set); err != nil {
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
	cmd.Flags().StringSliceVar(&u.playbooks, "playbook", []string{catalog.Embedded().Playbooks[0].ID},
		"playbook to launch; repeat it for several")
	cmd.Flags().StringToStringVar(&u.set, "set", nil, setUsage)
	cmd.Flags().BoolVar(&u.empty, "empty", false, "deploy nothing, so that you can deploy with the CDK")
	cmd.MarkFlagsMutuallyExclusive("empty", "set")
	return cmd
}

const defaultPort = 4599

// labUp is one run of the command.
type labUp struct {
	labFlags
	port      int
	empty     bool
	playbooks []string          // ids
	set       map[string]string // by the group's id or parameter
	launches  []launch
}

// launch is a playbook that the lab launches.
type launch struct {
	product    string
	parameters map[string]string
}

// launches gives the playbooks with some ids, and the parameters that --set means, before anything is deployed. A group
// is set in each of them that has it.
func launches(ids []string, set map[string]string) ([]launch, error) {
	var playbooks []catalog.Playbook
	for _, id := range ids {
		i := slices.IndexFunc(catalog.Embedded().Playbooks,
			func(p catalog.Playbook) bool { return strings.EqualFold(p.ID, id) })
		if i < 0 {
			known := slices.Sorted(maps.Keys(catalog.Embedded().Versions()))
			return nil, nearmatch.Unknown("playbook", id, known, "the playbooks are "+strings.Join(known, ", "))
		}
		playbooks = append(playbooks, catalog.Embedded().Playbooks[i])
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		groups, _ := withoutInProgress([]string{name})
		if _, err := playbooksWith(playbooks, groups); err != nil {
			return nil, err
		}
		if value := strings.ToUpper(set[name]); value != groupEnabled && value != groupDisabled {
			return nil, fmt.Errorf("%s must be %s or %s, not %q", name, groupEnabled, groupDisabled, set[name])
		}
	}
	var all []launch
	for _, p := range playbooks {
		l := launch{product: p.Name, parameters: map[string]string{}}
		for name, value := range set {
			if g, ok := groupNamed(p, name); ok {
				l.parameters[g.Parameter()] = strings.ToUpper(value)
			}
			if strings.EqualFold(name, catalog.InProgress) {
				l.parameters[catalog.InProgress] = strings.ToUpper(value)
			}
		}
		all = append(all, l)
	}
	return all, nil
}

// run keeps a lab up until it is interrupted.
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
		return fmt.Errorf("port %d is in use; choose another with --port, or end the lab that uses it (%w)", u.port,
			err)
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

// deploy deploys everything and launches the playbooks, unless the lab is to stay empty.
func (u labUp) deploy(ctx context.Context, l *lab.Lab) error {
	if u.empty {
		return nil
	}
	if err := l.Deploy(ctx); err != nil {
		return err
	}
	for _, one := range u.launches {
		if err := l.Launch(ctx, one.product, one.parameters); err != nil {
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
		click, exampleGroup().ID, os.Args[0])
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
  %[7]s finding %[4]s --resource arn:aws:ec2:%[3]s:%[2]s:security-group/$id > finding.json
  aws securityhub batch-import-findings --findings file://finding.json

With --set %[6]s=ENABLED the finding is remediated automatically; watch it here. Otherwise, use the custom action:

  %[7]s lab click %[5]s $(aws securityhub get-findings --query 'Findings[].Id' --output text)

Then look:

  aws ec2 describe-security-groups --group-ids $id --query 'SecurityGroups[0].IpPermissions'
  aws securityhub get-findings --query 'Findings[].[Title,Workflow.Status,Note.Text]'

The profile "security" is the administrator's account.

`
