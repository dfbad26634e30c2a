package cost

import (
	"fmt"

	"hubmend/internal/engine/naming"
)

// thousand is the number of repairs that the variable cost refers to.
const thousand = 1000

// Line is a billed item: a number of units of a price.
type Line struct {
	What     string  `json:"what"`
	Price    string  `json:"price"`
	Quantity float64 `json:"quantity"`
	Unit     string  `json:"unit"`
	USD      float64 `json:"usd"`
}

func (b Book) line(what, price string, quantity float64) Line {
	p := b.price(price)
	return Line{What: what, Price: price, Quantity: quantity, Unit: p.Unit, USD: quantity * p.Each()}
}

// Size is the size of a deployment: its accounts, the Regions of each, and its repairs per month.
type Size struct {
	Accounts int `json:"accounts"`
	Regions  int `json:"regions"`
	Repairs  int `json:"repairs"`
}

// String describes the size.
func (s Size) String() string {
	return fmt.Sprintf("%s per month in %s and %s", amount(float64(s.Repairs), "repair"),
		amount(float64(s.Accounts), "account"), amount(float64(s.Regions), "Region"))
}

// Validate refuses impossible sizes.
func (s Size) Validate() error {
	if s.Accounts < 1 || s.Regions < 1 {
		return fmt.Errorf("%d accounts in %d Regions: at least one of each is required", s.Accounts, s.Regions)
	}
	if s.Repairs < 0 {
		return fmt.Errorf("%d repairs: the number must not be negative", s.Repairs)
	}
	return nil
}

// Estimate is the monthly cost of a deployment.
type Estimate struct {
	Size Size `json:"size"`
	// Fixed is billed every month, with or without repairs.
	Fixed []Line `json:"fixed"`
	// Variable is billed per 1,000 repairs.
	Variable []Line `json:"variablePerThousand"`

	FixedUSD       float64 `json:"fixedUSD"`
	PerThousandUSD float64 `json:"perThousandUSD"`
	MonthUSD       float64 `json:"monthUSD"`
	// MonthFreeTierUSD is the same with the full free tier.
	MonthFreeTierUSD float64 `json:"monthFreeTierUSD"`
}

// Of estimates a deployment.
func Of(book Book, inv Inventory, size Size) (Estimate, error) {
	if err := size.Validate(); err != nil {
		return Estimate{}, err
	}
	e := Estimate{Size: size, Fixed: fixed(book, inv, size)}
	variable, err := around(book, inv)
	if err != nil {
		return Estimate{}, err
	}
	e.Variable = append(runbookLines(book), variable...)
	e.FixedUSD, e.PerThousandUSD = sum(e.Fixed), sum(e.Variable)
	e.MonthUSD = e.FixedUSD + e.PerThousandUSD*float64(size.Repairs)/thousand
	e.MonthFreeTierUSD = book.afterFreeTier(e)
	return e, nil
}

// counted names the resources that are billed monthly.
var counted = map[string]string{
	metric: "custom metrics", alarm: "alarms", dashboard: "dashboards", key: "keys",
}

// fixed returns what is billed every month.
func fixed(book Book, inv Inventory, size Size) []Line {
	var lines []Line
	stacks := map[Scope]float64{Once: 1, PerAccount: float64(size.Accounts),
		PerPlace: float64(size.Accounts * size.Regions)}
	for _, c := range inv.Counts {
		lines = append(lines, book.line(counted[c.Price], c.Price, float64(c.Number)*stacks[c.Scope]))
	}
	seconds := book.Value("hours") * 3600
	lines = append(lines, book.line(
		"Lambda polls "+amount(float64(inv.Polled), "queue"), message,
		float64(inv.Polled)*book.Value("pollers")*seconds/book.Value("pollSeconds"),
	))
	for _, s := range inv.Schedules {
		runs := seconds / s.Every.Seconds()
		lines = append(lines, invocations(book, inv, s.Function, runs, runs*book.Value("scheduledMilliseconds"))...)
		lines = append(lines,
			book.line(s.Function+", reads of the ledger's index", read, runs*book.Value("scheduledReadUnits")))
	}
	return lines
}

// runbookLines is what Systems Manager bills for 1,000 repairs. Each runbook is one step with a script.
func runbookLines(book Book) []Line {
	return []Line{
		book.line("runbook, its single step", step, thousand),
		book.line("runbook, duration of its script", script, thousand*book.Value("scriptSeconds")),
	}
}

// around is the cost of 1,000 repairs without their runbooks.
func around(book Book, inv Inventory) ([]Line, error) {
	for _, function := range []string{naming.DispatchFunction, naming.SettleFunction} {
		if inv.Memory[function] == 0 {
			return nil, fmt.Errorf("the templates have no function %s; are they Hubmend's? Run `make synth`", function)
		}
	}
	findings := thousand * book.Value("findings")
	lines := invocations(book, inv, naming.DispatchFunction, findings, findings*book.Value("dispatchMilliseconds"))
	lines = append(lines,
		invocations(book, inv, naming.SettleFunction, thousand, thousand*book.Value("settleMilliseconds"))...)
	kept := thousand * book.Value("ledgerBytes") / gigabyte * book.Value("ledgerMonths")
	lines = append(lines,
		book.line("messages of findings and outcomes", message, (findings+thousand)*book.Value("requests")),
		book.line("events from members to the administrator's account", event, thousand*book.Value("events")),
		book.line("events for chat, tickets and other consumers", event, thousand*book.Value("announced")),
		book.line("ledger, writes", write, thousand*book.Value("writeUnits")),
		book.line("ledger, reads", read, thousand*book.Value("readUnits")),
		book.line("ledger, storage", table, kept),
	)
	if inv.Recovery {
		lines = append(lines, book.line("ledger, point-in-time recovery", recovery, kept))
	}
	told := thousand * book.Value("notifications")
	return append(lines, book.line("notifications", notification, told),
		book.line("notifications, emails", email, told)), nil
}

const gigabyte = 1e9

// invocations is the cost of a function and its log, for a number of runs and their total duration.
func invocations(book Book, inv Inventory, function string, runs, milliseconds float64) []Line {
	log := runs * book.Value("logBytes") / gigabyte
	return []Line{
		book.line(function+", invocations", request, runs),
		book.line(fmt.Sprintf("%s, duration with %.0f MB", function, inv.Memory[function]), compute,
			milliseconds/1000*inv.Memory[function]/1024),
		book.line(function+", log ingestion", ingestion, log),
		book.line(function+", log storage", archive, log*inv.LogDays*24/book.Value("hours")),
	}
}

func sum(lines []Line) float64 {
	usd := 0.0
	for _, l := range lines {
		usd += l.USD
	}
	return usd
}

// afterFreeTier deducts the free units of each price from a month.
func (b Book) afterFreeTier(e Estimate) float64 {
	used := map[string]float64{}
	for _, l := range e.Fixed {
		used[l.Price] += l.Quantity
	}
	for _, l := range e.Variable {
		used[l.Price] += l.Quantity * float64(e.Size.Repairs) / thousand
	}
	usd := 0.0
	for _, p := range b.Prices {
		usd += max(used[p.ID]-p.Free, 0) * p.Each()
	}
	return usd
}
