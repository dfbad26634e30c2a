package main

import (
	"strings"

	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
)

// controlNames completes the id of a control, with its title beside.
func controlNames(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var all []cobra.Completion
	for _, c := range catalog.Embedded().Controls {
		all = append(all, cobra.CompletionWithDesc(c.ID, c.Title))
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// playbookNames completes the id of a playbook, with its name beside.
func playbookNames(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var all []cobra.Completion
	for _, p := range catalog.Embedded().Playbooks {
		all = append(all, cobra.CompletionWithDesc(p.ID, p.Name))
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// groupNames completes the id of a control group, with its title beside.
func groupNames(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var all []cobra.Completion
	for _, p := range catalog.Embedded().Playbooks {
		for _, g := range p.Groups {
			all = append(all, cobra.CompletionWithDesc(g.ID, g.Title))
		}
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// groupParameters completes --set of a playbook: each group, on and off.
func groupParameters(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var all []cobra.Completion
	for _, p := range catalog.Embedded().Playbooks {
		for _, g := range p.Groups {
			for _, value := range []string{groupEnabled, groupDisabled} {
				all = append(all, cobra.CompletionWithDesc(g.ID+"="+value, g.Title))
			}
		}
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// onlyOne completes the first argument, and no other.
func onlyOne(f cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return f(cmd, args, word)
	}
}

// complete gives every command of the tree the completions that its arguments and flags have by
// their names, so that no command has to say so itself.
func complete(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		complete(c)
	}
	if cmd.ValidArgsFunction == nil {
		switch _, arguments, _ := strings.Cut(cmd.Use, " "); {
		case strings.Contains(arguments, "PLAYBOOK"):
			cmd.ValidArgsFunction = onlyOne(playbookNames)
		case strings.Contains(arguments, "GROUP..."):
			cmd.ValidArgsFunction = groupNames
		case strings.Contains(arguments, "CONTROL..."):
			cmd.ValidArgsFunction = controlNames
		case strings.Contains(arguments, "CONTROL"):
			cmd.ValidArgsFunction = onlyOne(controlNames)
		case arguments == "":
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
	}
	for name, of := range map[string]cobra.CompletionFunc{
		"control": controlNames,
		"output":  cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp),
		"queue":   cobra.FixedCompletions(queueNames, cobra.ShellCompDirectiveNoFileComp),
		"set":     groupParameters,
		"region":  cobra.FixedCompletions(regions, cobra.ShellCompDirectiveNoFileComp),
	} {
		if cmd.Flags().Lookup(name) != nil {
			_ = cmd.RegisterFlagCompletionFunc(name, of) // fails when the command has one of its own
		}
	}
}
