package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/ops/cost"
	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/replay"
	"hubmend/internal/ops/wording"
)

// homeOfReplay is where global resources are repaired from in a replay. It only decides which starts share a slot.
const homeOfReplay = "us-east-1"

// runReplay replays exported findings.
func (p previewing) runReplay(cmd *cobra.Command) error {
	if len(p.from) > 0 || p.html != "" || p.plan || p.sample > 0 {
		return errors.New("--replay does not go together with --from, --html, --plan and --sample")
	}
	documents, err := readDocuments(p.replay)
	if err != nil {
		return err
	}
	o := replay.Options{Catalog: catalog.Embedded(), Settings: decide.Defaults, Home: homeOfReplay,
		RunTime: time.Duration(cost.Embedded().Value("scriptSeconds")) * time.Second, Since: time.Duration(p.since)}
	if o.USD, err = costOfRepair(); err != nil {
		return err
	}
	if o.Enabled, err = p.enabled(nil); err != nil {
		return err
	}
	if o.Policy, o.Facts, err = p.rules(cmd.ErrOrStderr()); err != nil {
		return err
	}
	var versions []replay.Finding
	for _, raw := range documents {
		if f, err := replay.Read(raw); err == nil {
			versions = append(versions, f)
		}
	}
	if len(versions) == 0 {
		return fmt.Errorf("%s has no finding of Security Hub's controls", strings.Join(p.replay, ", "))
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: replaying %s\n", wording.Counted(len(versions), "finding"))
	report := replay.Make(o, versions)
	return p.output.print(cmd.OutOrStdout(), report, dayListing(report),
		func(out io.Writer) { printReplay(out, report) })
}

// dayListing lists what would have happened on each day.
func dayListing(r replay.Report) listing {
	l := listing{columns: []column{{name: "Day"}, {name: "Findings", right: true}, {name: "Repairs", right: true},
		{name: "Resolved", right: true}, {name: "Plans", right: true}, {name: "Suspended", right: true},
		{name: "Emails", right: true}, {name: "USD", right: true}}}
	for _, d := range r.Days {
		l.add(dayCells(d.Date, d)...)
	}
	return l
}

func dayCells(name string, d replay.Day) []string {
	cells := []string{name}
	for _, n := range []int{d.Events, d.Attempts, d.Resolved, d.Plans, d.Suspended, d.Emails} {
		cells = append(cells, strconv.Itoa(n))
	}
	return append(cells, cost.USD(d.USD))
}

// mostSuspended limits the list of suspended resources; JSON has all.
const mostSuspended = 20

// printReplay writes a replay for people.
func printReplay(out io.Writer, r replay.Report) {
	paragraphs(out, fmt.Sprintf("From %s to %s UTC, if %s ENABLED: %s of these controls, %s.", moment(r.From),
		moment(r.To), enabledWords(r.Enabled), wording.Counted(r.Findings, "finding"),
		wording.Counted(r.Total.Attempts, "repair")))
	days := dayListing(r)
	days.add(dayCells("total", r.Total)...)
	fmt.Fprintf(out, "\n%s\n", days.render(out))
	suspended := listing{columns: []column{{name: "Control"}, {name: "Account"}, {name: "Region"},
		{name: "Resource", show: overview.Short}, {name: "Repairs", right: true}, {name: "Suspended", right: true}}}
	for _, s := range r.Suspended[:min(len(r.Suspended), mostSuspended)] {
		suspended.add(s.Control, s.Account, s.Region, s.Resource, strconv.Itoa(s.Attempts), strconv.Itoa(s.Times))
	}
	section(out, "Suspended resources", suspended)
	fmt.Fprintln(out)
	if len(r.Total.EmailsBy) > 0 {
		paragraphs(out, "Emails: "+counts(r.Total.EmailsBy)+".")
	}
	if len(r.Parked) > 0 {
		paragraphs(out, "Findings that wait at the end because of the policy: "+counts(r.Parked)+".")
	}
	paragraphs(out, fmt.Sprintf("Failing at the end: %s.", wording.Counted(r.Failing, "finding")), "", "This assumes:")
	for _, a := range r.Assumed {
		fmt.Fprintln(out, strings.Join(wrapLine("- "+a, 2, terminalWidth(out)), "\n"))
	}
}

// counts writes numbers with what they count, such as "failed 2, suspended 1".
func counts(by map[string]int) string {
	var all []string
	for _, what := range slices.Sorted(maps.Keys(by)) {
		all = append(all, fmt.Sprintf("%s %d", what, by[what]))
	}
	return strings.Join(all, ", ")
}
