package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/nearmatch"
	"hubmend/internal/engine/naming"
	"hubmend/internal/ops/playbook"
)

func playbookCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "playbook",
		Short: "Launch, update and terminate playbooks",
		Long: `A playbook is an AWS Service Catalog product: control groups that are each ENABLED (remediated
automatically) or DISABLED (remediated on request, such as with the custom action). These commands do
what the Service Catalog console does, with the credentials and the Region of your AWS configuration,
which must be those of the administrator's account and home Region. They need only the policy
` + naming.CatalogUserPolicy + `. See docs/playbooks.md.

PLAYBOOK is an id such as cis-1.2.0 or the name of the product. The default is the only one that is
launched.`,
		Example: "  hubmend playbook list\n  hubmend playbook launch cis-1.2.0\n  hubmend playbook enable CIS4142\n  " +
			"hubmend playbook status",
		Args: cobra.NoArgs, // so that a mistyped command is an error
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(playbookListCommand(), playbookLaunchCommand(), playbookUpdateCommand(),
		playbookSwitchCommand("enable"), playbookSwitchCommand("disable"), playbookStatusCommand(),
		playbookTerminateCommand(), playbookShareCommand())
	return cmd
}

func openCatalog(ctx context.Context) (playbook.Catalog, error) {
	cfg, err := awsConfig(ctx)
	if err != nil {
		return playbook.Catalog{}, err
	}
	return playbook.Catalog{Client: servicecatalog.NewFromConfig(cfg), Region: cfg.Region}, nil
}

// chosen is a playbook that a command is about, and where it is launched.
type chosen struct {
	catalog  playbook.Catalog
	product  playbook.Product
	launched []playbook.Launched
}

// playbook gives what this version of the command knows of the playbook.
func (c chosen) playbook() (catalog.Playbook, error) {
	known, ok := playbookOf(c.product.Name)
	if !ok {
		return catalog.Playbook{}, fmt.Errorf(
			"this version of hubmend does not know the playbook %s; install a newer one", c.product.Name)
	}
	return known, nil
}

// playbookOf gives the playbook of a product's name, if this version of the command knows it.
func playbookOf(product string) (catalog.Playbook, bool) {
	for _, known := range catalog.Embedded().Playbooks {
		if known.Name == product {
			return known, true
		}
	}
	return catalog.Playbook{}, false
}

// choosePlaybook finds the playbook that a person names or, without a name, the only one that may be launched.
func choosePlaybook(ctx context.Context, name string) (chosen, error) {
	all, err := openPlaybooks(ctx)
	if err != nil {
		return chosen{}, err
	}
	if name == "" && len(all) == 1 {
		return all[0], nil
	}
	return chooseNamed(all, name)
}

// chooseLaunched finds the playbook that a person names or, without a name, the only one among the candidates that is
// launched.
func chooseLaunched(ctx context.Context, name string, candidates []catalog.Playbook) (chosen, error) {
	all, err := openPlaybooks(ctx)
	if err != nil {
		return chosen{}, err
	}
	return launchedOf(all, name, candidates)
}

// launchedOf is chooseLaunched among playbooks that are known.
func launchedOf(all []chosen, name string, candidates []catalog.Playbook) (chosen, error) {
	if name != "" {
		return chooseNamed(all, name)
	}
	some := slices.DeleteFunc(slices.Clone(all), func(c chosen) bool {
		return !slices.ContainsFunc(candidates, func(p catalog.Playbook) bool { return p.Name == c.product.Name })
	})
	launched := slices.DeleteFunc(slices.Clone(some), func(c chosen) bool { return len(c.launched) == 0 })
	switch {
	case len(launched) == 1:
		return launched[0], nil
	case len(launched) > 1:
		return chooseNamed(launched, "")
	case len(some) == 1:
		return some[0], nil
	}
	return chooseNamed(all, "")
}

// openPlaybooks lists the playbooks that may be launched, and where they are. It is an error if there are none.
func openPlaybooks(ctx context.Context) ([]chosen, error) {
	c, err := openCatalog(ctx)
	if err != nil {
		return nil, err
	}
	products, err := c.Products(ctx)
	if err != nil {
		return nil, err
	}
	if len(products) == 0 {
		return nil, noProducts(c)
	}
	var all []chosen
	for _, p := range products {
		launched, err := c.Launched(ctx, p)
		if err != nil {
			return nil, err
		}
		all = append(all, chosen{c, p, launched})
	}
	return all, nil
}

func chooseNamed(all []chosen, name string) (chosen, error) {
	var names []string
	for _, c := range all {
		names = append(names, playbookID(c.product))
		if strings.EqualFold(playbookID(c.product), name) || strings.EqualFold(c.product.Name, name) {
			return c, nil
		}
	}
	if name == "" {
		return chosen{}, fmt.Errorf("several playbooks; name one of %s", strings.Join(names, ", "))
	}
	return chosen{}, nearmatch.Unknown("playbook", name, names,
		"the playbooks in "+all[0].catalog.Region+" are "+strings.Join(names, ", "))
}

// named is the first argument, or "".
func named(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func noProducts(c playbook.Catalog) error {
	return fmt.Errorf("these AWS credentials see no playbook in %s%s; use credentials of the administrator's "+
		"account in "+
		"the home Region, or give them access to the portfolio with the parameter EndUserRole of hubmend-admin "+
		"(docs/playbooks.md)", c.Region, meantRegion(c.Region))
}

// playbookID is the id of a product's playbook, or the product's name when this version does not know it.
func playbookID(p playbook.Product) string {
	if known, ok := playbookOf(p.Name); ok {
		return known.ID
	}
	return p.Name
}

// only gives the launched product with a name, or the only one.
func (c chosen) only(name string) (playbook.Launched, error) {
	var names []string
	for _, l := range c.launched {
		names = append(names, l.Name)
		if l.Name == name || name == "" && len(c.launched) == 1 {
			return l, nil
		}
	}
	switch {
	case len(names) == 0:
		return playbook.Launched{},
			fmt.Errorf("%s is not launched in this account and %s; launch it with `hubmend playbook launch`",
				c.product.Name, c.catalog.Region)
	case name == "":
		return playbook.Launched{},
			fmt.Errorf("%s is launched as %s; choose one with --name", c.product.Name, strings.Join(names, " and "))
	}
	return playbook.Launched{},
		fmt.Errorf("%s is not launched as %s, but as %s", c.product.Name, name, strings.Join(names, " and "))
}

// operation reports the progress and the outcome of an operation.
type operation struct {
	cmd     *cobra.Command
	what    string
	asJSON  bool
	begin   time.Time
	told    string
	toldAt  time.Time
	outcome outcome
}

// outcome is an operation in JSON.
type outcome struct {
	Playbook string          `json:"playbook"`
	Name     string          `json:"name"`
	Version  string          `json:"version"`
	Record   playbook.Record `json:"record"`
	Seconds  float64         `json:"seconds"`
}

// silence is how long nothing is printed while nothing changes.
const silence = 15 * time.Second

// tell prints a status when it is new or was printed a while ago.
func (o *operation) tell(r playbook.Record) {
	if r.Status == o.told && time.Since(o.toldAt) < silence {
		return
	}
	o.told, o.toldAt = r.Status, time.Now()
	if !o.asJSON {
		fmt.Fprintf(o.cmd.OutOrStdout(), "%6.1f s  %s: %s\n", time.Since(o.begin).Seconds(), o.what, r.Status)
	}
}

// follow waits for a record. A failure is reported, and is errFailed.
func (o *operation) follow(c playbook.Catalog, r playbook.Record) error {
	o.begin = time.Now()
	r, err := c.Await(o.cmd.Context(), r, o.tell)
	if err != nil {
		return err
	}
	o.outcome.Record, o.outcome.Seconds = r, time.Since(o.begin).Seconds()
	if o.asJSON {
		err = json.NewEncoder(o.cmd.OutOrStdout()).Encode(o.outcome)
	}
	if r.Succeeded() || err != nil {
		return err
	}
	fmt.Fprintf(o.cmd.ErrOrStderr(), "hubmend: %s failed: %s\n", o.what, clip(r.Error))
	return errFailed
}

// clip shortens a reason to a few lines of a terminal; JSON has all of it.
func clip(text string) string {
	const most = 400
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return text
}

var errSetNothing = errors.New("nothing to change; use --set GROUP=ENABLED or --version VERSION")
