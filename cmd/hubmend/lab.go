package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"hubmend/internal/lab"
	"hubmend/internal/lab/python"
	"hubmend/internal/scenario"
	"hubmend/test/postcondition"
)

func labCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "Rehearse repairs on this machine, without an AWS account",
		Long: `The lab deploys the synthesized templates into a local stand-in for AWS: moto holds the
resources, the compiled Lambda functions run behind the Lambda Runtime API, runbooks are
executed step by step with botocore. docs/lab.md tells what it has and what it lacks.`,
		Example: "  hubmend lab run test/scenarios/demo-automatic.yaml\n  hubmend lab up",
		Args:    cobra.NoArgs, // so that a mistyped command is an error
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(labRunCommand(), labUpCommand(), labClickCommand(), labSchemaCommand(), labPermissionsCommand())
	return cmd
}

// labFlags are common to the commands that start a lab.
type labFlags struct {
	assembly, root string
	verbose        bool
}

func (f *labFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.assembly, "templates", "cdk.out", "folder that `cdk synth` wrote")
	cmd.Flags().StringVar(&f.root, "root", ".", "folder of the Hubmend checkout")
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "show the logs of functions and of the emulator")
}

func (f *labFlags) config(logs io.Writer) (lab.Config, error) {
	config := lab.Defaults
	root, err := filepath.Abs(f.root)
	if err != nil {
		return config, err
	}
	config.Root, config.Assembly, config.Enforce = root, f.assembly, true
	if config.Python, err = python.Find(root); err != nil {
		return config, err
	}
	if f.verbose {
		config.Log = func(source, line string) { fmt.Fprintf(logs, "%s | %s\n", source, line) }
	}
	return config, nil
}

func labRunCommand() *cobra.Command {
	var flags labFlags
	var asJSON, quiet bool
	var jobs int
	var permissions string
	cmd := &cobra.Command{
		Use:   "run SCENARIO.yaml...",
		Short: "Run scenarios and check what they expect",
		Long: `Starts a lab for each scenario, deploys the templates, launches the product, makes the
resources, sends the events, waits until everything is quiet, and checks what the
scenario expects. Exits with 1 when an expectation fails.`,
		Example: "  hubmend lab run test/scenarios/demo-automatic.yaml\n  hubmend lab run --quiet --jobs 2 test/scenarios/*.yaml\n  hubmend lab run --json test/scenarios/*.yaml > results.json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			config, err := flags.config(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			scenarios, err := loadAll(files)
			if err != nil {
				return err
			}
			if jobs > 1 && !quiet && !asJSON {
				return errors.New("the stories of several jobs would mix; add --quiet or --json")
			}
			p := &printer{out: cmd.OutOrStdout(), silent: asJSON, brief: quiet}
			results, err := runAll(cmd.Context(), scenarios, config, jobs, p)
			p.summary(results)
			if asJSON {
				err = errors.Join(err, json.NewEncoder(cmd.OutOrStdout()).Encode(results))
			}
			if err != nil {
				return err
			}
			needed := true
			if permissions != "" {
				if needed, err = writePermissions(cmd.ErrOrStderr(), permissions, results); err != nil {
					return err
				}
			}
			for _, r := range results {
				if !r.Passed {
					return errFailed
				}
			}
			if !needed {
				return errFailed
			}
			return nil
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the results as JSON and nothing else")
	cmd.Flags().StringVar(&permissions, "permissions", "", "write to this file who needs what the roles may do, and fail when nobody does")
	cmd.Flags().IntVarP(&jobs, "jobs", "j", 1, "how many scenarios to run at a time, with --quiet or --json")
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "one line for each scenario, and the story of those that fail")
	return cmd
}

// loadAll reads every file first, so that a mistake in the last does not show after
// minutes of work.
func loadAll(files []string) ([]*scenario.Scenario, error) {
	var all []*scenario.Scenario
	var errs []error
	for _, file := range files {
		s, err := scenario.Load(file)
		all, errs = append(all, s), append(errs, err)
	}
	return all, errors.Join(errs...)
}

// runAll runs the scenarios, so many at a time, each worker with a backend of its own. A
// scenario that cannot be run does not keep the others from running.
func runAll(ctx context.Context, scenarios []*scenario.Scenario, config lab.Config, jobs int, p *printer) ([]scenario.Result, error) {
	results := make([]scenario.Result, len(scenarios))
	errs := make([]error, len(scenarios))
	next := make(chan int)
	var workers errgroup.Group
	for range min(jobs, len(scenarios)) {
		workers.Go(func() error {
			backend, err := lab.StartBackend(ctx, config)
			if err != nil {
				for i := range next {
					errs[i] = err
				}
				return err
			}
			defer backend.Close()
			for i := range next {
				results[i], errs[i] = runOne(ctx, scenarios[i], config, backend, p.of(i+1, len(scenarios)))
			}
			return nil
		})
	}
	for i := range scenarios {
		next <- i
	}
	close(next)
	if err := workers.Wait(); err != nil {
		return nil, err
	}
	return results, errors.Join(errs...)
}

func runOne(ctx context.Context, s *scenario.Scenario, config lab.Config, backend *lab.Backend, p *printer) (scenario.Result, error) {
	defer p.flush()
	p.begin(s)
	config.Backend, config.Observe = backend, p.entry
	r, err := scenario.Run(ctx, s, config, scenario.Hooks{Before: p.before, Check: postcondition.Check})
	if err != nil {
		r.Name = s.Name
		err = fmt.Errorf("%s: %w", s.Name, err)
		p.failed(err)
		return r, err
	}
	p.end(r)
	return r, nil
}

func labSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON Schema of scenario files, for editors",
		Example: "  hubmend lab schema > scenario.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(scenario.Schema)
			return err
		},
	}
}

func labUpCommand() *cobra.Command {
	var flags labFlags
	var port int
	var empty bool
	var parameters map[string]string
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Keep a lab running, and print how to point the AWS CLI at it",
		Example: `  hubmend lab up
  hubmend lab up --port 4599 --set CIS4142AutoRemediation=ENABLED
  hubmend lab up --empty`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := flags.config(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			config.Address = fmt.Sprintf("127.0.0.1:%d", port)
			if empty {
				return upEmpty(cmd.Context(), cmd.OutOrStdout(), config)
			}
			return up(cmd.Context(), cmd.OutOrStdout(), config, parameters)
		},
	}
	flags.register(cmd)
	cmd.Flags().IntVar(&port, "port", defaultPort, "port to listen on")
	cmd.Flags().StringToStringVar(&parameters, "set", nil, "parameter of the product, such as CIS4142AutoRemediation=ENABLED")
	cmd.Flags().BoolVar(&empty, "empty", false, "deploy nothing, so that you can, with the CDK")
	cmd.MarkFlagsMutuallyExclusive("empty", "set")
	return cmd
}

const defaultPort = 4599

func up(ctx context.Context, out io.Writer, config lab.Config, parameters map[string]string) error {
	config.Observe = (&printer{out: out}).entry
	l, err := lab.Start(ctx, config)
	if err != nil {
		return err
	}
	defer l.Close()
	if err := l.Deploy(ctx); err != nil {
		return err
	}
	for _, product := range l.Products() {
		if err := l.Launch(ctx, product, parameters); err != nil {
			return err
		}
	}
	file, err := l.WriteProfiles(filepath.Join(config.Root, "build", "lab"))
	if err != nil {
		return err
	}
	group := exampleGroup()
	fmt.Fprintf(out, upHelp, file, config.Accounts[len(config.Accounts)-1], config.Regions[0], exampleControl().ID, group.ID, group.Parameter())
	<-ctx.Done()
	return nil
}

// upEmpty starts a lab in which nothing is deployed.
func upEmpty(ctx context.Context, out io.Writer, config lab.Config) error {
	config.Observe = (&printer{out: out}).entry
	l, err := lab.Start(ctx, config)
	if err != nil {
		return err
	}
	defer l.Close()
	file, err := l.WriteProfiles(filepath.Join(config.Root, "build", "lab"))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, emptyHelp, file)
	<-ctx.Done()
	return nil
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
