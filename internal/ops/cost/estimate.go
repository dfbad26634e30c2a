package cost

import (
	"fmt"

	"hubmend/internal/engine/naming"
)

// thousand is how many repairs the variable costs are given for.
const thousand = 1000

// Line is something that is billed: so many units of a price.
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

// Size is the deployment that is asked about: its accounts, the Regions of each, and its repairs a month.
type Size struct {
	Accounts int `json:"accounts"`
	Regions  int `json:"regions"`
	Repairs  int `json:"repairs"`
}

// String says the size in words.
func (s Size) String() string {
	return fmt.Sprintf("%s a month in %s and %s", amount(float64(s.Repairs), "repair"),
		amount(float64(s.Accounts), "account"), amount(float64(s.Regions), "Region"))
}

// Validate refuses what no deployment can be.
func (s Size) Validate() error {
	if s.Accounts < 1 || s.Regions < 1 {
		return fmt.Errorf("%d accounts in %d Regions: there must be one at least", s.Accounts, s.Regions)
	}
	if s.Repairs < 0 {
		return fmt.Errorf("%d repairs: the number must not be negative", s.Repairs)
	}
	return nil
}

// Estimate is what a deployment costs a month.
type Estimate struct {
	Size Size `json:"size"`
	// Fixed is billed every month, whether something is repaired or not.
	Fixed []Line `json:"fixed"`
	// Variable is billed for 1,000 repairs.
	Variable []Line `json:"variablePerThousand"`

	FixedUSD       float64 `json:"fixedUSD"`
	PerThousandUSD float64 `json:"perThousandUSD"`
	MonthUSD       float64 `json:"monthUSD"`
	// MonthFreeTierUSD is the same for a payer who uses the free tier for nothing else.
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

// counted says what the resources are that are billed by the month.
var counted = map[string]string{
	metric: "metrics of the functions' logs", alarm: "alarms", dashboard: "dashboards", key: "keys",
}

// fixed is billed every month.
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
			book.line(s.Function+", the index of the ledger", read, runs*book.Value("scheduledReadUnits")))
	}
	return lines
}

// runbookLines is what Systems Manager bills for 1,000 repairs: each is one step, which is a script.
func runbookLines(book Book) []Line {
	return []Line{
		book.line("the one step of a runbook", step, thousand),
		book.line("its script, running", script, thousand*book.Value("scriptSeconds")),
	}
}

// around is what 1,000 repairs cost beside their runbooks.
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
		book.line("the end of an execution, told to the administrator", event, thousand*book.Value("events")),
		book.line("what becomes of a repair, told to programs", event, thousand*book.Value("announced")),
		book.line("ledger, written", write, thousand*book.Value("writeUnits")),
		book.line("ledger, read", read, thousand*book.Value("readUnits")),
		book.line("ledger, kept", table, kept),
	)
	if inv.Recovery {
		lines = append(lines, book.line("ledger, kept for recovery", recovery, kept))
	}
	told := thousand * book.Value("notifications")
	return append(lines, book.line("notifications", notification, told),
		book.line("notifications by mail", email, told)), nil
}

const gigabyte = 1e9

// invocations is what a function is billed that runs so often, for so long together, with its log.
func invocations(book Book, inv Inventory, function string, runs, milliseconds float64) []Line {
	log := runs * book.Value("logBytes") / gigabyte
	return []Line{
		book.line(function+", invoked", request, runs),
		book.line(fmt.Sprintf("%s, running with %.0f MB", function, inv.Memory[function]), compute,
			milliseconds/1000*inv.Memory[function]/1024),
		book.line(function+", its log", ingestion, log),
		book.line(function+", its log kept", archive, log*inv.LogDays*24/book.Value("hours")),
	}
}

func sum(lines []Line) float64 {
	usd := 0.0
	for _, l := range lines {
		usd += l.USD
	}
	return usd
}

// afterFreeTier takes the free units of each price off a month.
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
