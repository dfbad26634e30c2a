package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
	"hubmend/internal/ops/playbook"
)

// launchFlags are common to launch and update.
type launchFlags struct {
	set           map[string]string
	version, name string
	asJSON        bool
}

func (f *launchFlags) register(cmd *cobra.Command, version, name string) {
	cmd.Flags().StringToStringVar(&f.set, "set", nil,
		setUsage)
	cmd.Flags().StringVar(&f.version, "version", "", version)
	cmd.Flags().StringVar(&f.name, "name", "", name)
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print the outcome as JSON, and no progress")
}

// setUsage explains --set.
const setUsage = "set a control group, such as CIS4142=ENABLED; repeat it, or separate several with commas"

// enablingMeans tells what ENABLING a group means for the findings that are there already.
const enablingMeans = "Findings of these controls that are already open are remediated too, at their next check by " +
	"Security Hub, within 24 hours. `hubmend findings` lists them."

// warn tells what happens to findings when something is ENABLED. The settings were accepted before.
func (f *launchFlags) warn(cmd *cobra.Command) {
	if f.asJSON {
		return
	}
	group, inProgress := false, false
	for name, value := range f.set {
		if strings.EqualFold(value, groupEnabled) {
			inProgress = inProgress || strings.EqualFold(name, catalog.InProgress)
			group = group || !strings.EqualFold(name, catalog.InProgress)
		}
	}
	if group {
		paragraphs(cmd.OutOrStdout(), enablingMeans)
	}
	if inProgress {
		paragraphs(cmd.OutOrStdout(), inProgressMeans(groupEnabled))
	}
}

func playbookLaunchCommand() *cobra.Command {
	var flags launchFlags
	cmd := &cobra.Command{
		Use:   "launch [PLAYBOOK]",
		Short: "Launch a playbook, once in an account and Region",
		Long: `Launches a playbook and waits until its rules and custom actions are deployed. Groups are DISABLED
unless you --set them. Open findings of a group that is ENABLED are remediated at their next check
by Security Hub, within 24 hours. A failed launch is cleaned up. Exits with 1 when it fails.`,
		Example: `  hubmend playbook launch cis-1.2.0
  hubmend playbook launch cis-1.2.0 --set CIS4142=ENABLED --set CIS22=ENABLED
  hubmend playbook launch cis-1.2.0 --version 1.0.0 --name pilot`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := choosePlaybook(cmd.Context(), named(args))
			if err != nil {
				return err
			}
			version := c.product.Latest()
			if flags.version != "" {
				if version, err = c.product.Version(flags.version); err != nil {
					return err
				}
			}
			name := flags.name
			if name == "" {
				name = naming.Prefix + playbookID(c.product)
			}
			if err := c.makeRoom(cmd, flags.asJSON); err != nil {
				return err
			}
			r, err := c.catalog.Launch(cmd.Context(), c.product, version, name, flags.set)
			if err != nil {
				return err
			}
			flags.warn(cmd)
			return c.finishLaunch(cmd, version, name, flags.asJSON, r)
		},
	}
	flags.register(cmd, "version to launch (default: the latest)",
		"name of the launched product (default: hubmend- and the playbook's id)")
	return cmd
}

// makeRoom refuses a second launch, which would fail halfway in AWS. It cleans up what a failed launch left.
func (c chosen) makeRoom(cmd *cobra.Command, asJSON bool) error {
	for _, l := range c.launched {
		if !l.Failed {
			return fmt.Errorf("%s is launched in this account and %s already, as %s (%s, %s); change it with "+
				"`hubmend playbook "+
				"update`",
				c.product.Name, c.catalog.Region, l.Name, l.Version, l.Status)
		}
	}
	for _, l := range c.launched {
		if err := c.terminate(cmd, l, "clean up "+l.Name+", which failed", asJSON); err != nil {
			return err
		}
	}
	return nil
}

// finishLaunch waits for a launch, and cleans up a failed one: Service Catalog keeps its empty stack, and its name.
func (c chosen) finishLaunch(cmd *cobra.Command, v playbook.Version, name string, asJSON bool,
	r playbook.Record) error {
	o := operation{cmd: cmd, what: fmt.Sprintf("launch %s %s as %s", c.product.Name, v.Name, name), asJSON: asJSON,
		outcome: outcome{Playbook: c.product.Name, Name: name, Version: v.Name}}
	failed := o.follow(c.catalog, r)
	if !errors.Is(failed, errFailed) {
		return failed
	}
	launched, err := c.catalog.Launched(cmd.Context(), c.product)
	if err != nil {
		return err
	}
	for _, l := range launched {
		if l.Name != name || !l.Failed {
			continue
		}
		if err := c.terminate(cmd, l, "clean up "+name, asJSON); err != nil {
			return err
		}
	}
	return failed
}

// terminate removes what a failed launch left. JSON does not mention it.
func (c chosen) terminate(cmd *cobra.Command, l playbook.Launched, what string, quiet bool) error {
	r, err := c.catalog.Terminate(cmd.Context(), l)
	if err != nil {
		return err
	}
	o := operation{cmd: cmd, what: what, asJSON: quiet}
	if r, err = c.catalog.Await(cmd.Context(), r, o.tell); err != nil {
		return err
	}
	if !r.Succeeded() {
		return fmt.Errorf("%s: %s", what, clip(r.Error))
	}
	return nil
}

func playbookUpdateCommand() *cobra.Command {
	var flags launchFlags
	cmd := &cobra.Command{
		Use:   "update [PLAYBOOK]",
		Short: "Set groups of a launched playbook, or change its version",
		Long: `Updates a launched playbook and waits for it. Groups that you do not --set stay as they are, and so
does the version without --version, which may also be an older one. A failed update changes nothing.
Exits with 1 when it fails.`,
		Example: `  hubmend playbook update --set CIS4142=ENABLED
  hubmend playbook update --version 1.1.0
  hubmend playbook update cis-1.2.0 --version 1.0.0 --set CIS22=DISABLED`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(flags.set) == 0 && flags.version == "" {
				return errSetNothing
			}
			c, err := chooseLaunched(cmd.Context(), named(args), catalog.Embedded().Playbooks)
			if err != nil {
				return err
			}
			l, err := c.only(flags.name)
			if err != nil {
				return err
			}
			version, err := c.product.Version(l.Version)
			if flags.version != "" {
				version, err = c.product.Version(flags.version)
			}
			if err != nil {
				return err
			}
			r, err := c.catalog.Update(cmd.Context(), c.product, l, version, flags.set)
			if err != nil {
				return err
			}
			flags.warn(cmd)
			return c.finishUpdate(cmd, l, version, flags.asJSON, r)
		},
	}
	flags.register(cmd, "version to change to (default: stay)",
		"what to update, if the playbook was launched more than once")
	return cmd
}
