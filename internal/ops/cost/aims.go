package cost

import "fmt"

// Aim is an upper limit for a cost.
type Aim struct {
	What   string  `json:"what"`
	USD    float64 `json:"usd"`
	AtMost float64 `json:"atMost"`
}

// Met reports whether the cost is within its limit.
func (a Aim) Met() bool { return a.USD <= a.AtMost }

// Hold returns an error when the cost is above its limit.
func (a Aim) Hold() error {
	if a.Met() {
		return nil
	}
	return fmt.Errorf("%s: %s USD; the limit is %s USD", a.What, USD(a.USD), USD(a.AtMost))
}

const (
	half          = 0.5
	mostFixed     = 5.0
	mostOfRepairs = 2.8 // per 1,000, less than a third of the peer's
)

// Typical is the size that the limit of the fixed cost refers to.
var Typical = Size{Accounts: 100, Regions: 1, Repairs: 3000}

// Aims compares the estimates with their limits.
func Aims(book Book, typical Estimate, examples []Comparison) []Aim {
	_, besidePeer := book.Peer.PerThousand()
	aims := []Aim{
		{What: "fixed per month, 100 accounts, without the free alarms and dashboards",
			USD: typical.FixedUSD - book.freeWatching(typical.Fixed), AtMost: mostFixed},
		{What: "1,000 repairs", USD: typical.PerThousandUSD, AtMost: mostOfRepairs},
		{What: "1,000 repairs without the runbooks: half of ASR",
			USD: typical.PerThousandUSD - typical.runbooks(), AtMost: half * besidePeer},
	}
	for _, c := range examples {
		aims = append(aims, Aim{What: c.Ours.Size.String() + ": the total that ASR publishes",
			USD: c.Ours.MonthUSD, AtMost: c.Peer.Total})
	}
	return aims
}

// freeWatching is the price of the free alarms and dashboards.
func (b Book) freeWatching(lines []Line) float64 {
	used := map[string]float64{}
	for _, l := range lines {
		used[l.Price] += l.Quantity
	}
	usd := 0.0
	for _, id := range []string{alarm, dashboard} {
		usd += min(used[id], b.price(id).Free) * b.price(id).Each()
	}
	return usd
}

// runbooks is the part of 1,000 repairs that Systems Manager bills.
func (e Estimate) runbooks() float64 {
	usd := 0.0
	for _, l := range e.Variable {
		if l.Price == step || l.Price == script {
			usd += l.USD
		}
	}
	return usd
}

// Comparison is an example of the peer with our estimate of the same size.
type Comparison struct {
	Peer PeerExample `json:"peer"`
	Ours Estimate    `json:"ours"`
}

// Compare estimates each of the peer's examples.
func Compare(book Book, inv Inventory) ([]Comparison, error) {
	var all []Comparison
	for _, example := range book.Peer.Examples {
		ours, err := Of(book, inv, Size{Accounts: example.Accounts, Regions: example.Regions, Repairs: example.Repairs})
		if err != nil {
			return nil, err
		}
		all = append(all, Comparison{Peer: example, Ours: ours})
	}
	return all, nil
}
