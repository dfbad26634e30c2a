package cost

// Peer is what another solution publishes about its own costs.
type Peer struct {
	Name     string        `json:"name"`
	Source   string        `json:"source"`
	Examples []PeerExample `json:"examples"`
	// Repair is what one repair adds.
	Repair []PeerPart `json:"repair"`
	// Place is what each account and Region costs a month.
	Place float64 `json:"place"`
}

// PeerExample is a deployment that is published with its cost per month.
type PeerExample struct {
	Accounts int       `json:"accounts"`
	Regions  int       `json:"regions"`
	Repairs  int       `json:"repairs"`
	Total    float64   `json:"total"`
	Rows     []float64 `json:"rows"`
}

// Sum adds up the published rows.
func (e PeerExample) Sum() float64 {
	sum := 0.0
	for _, row := range e.Rows {
		sum += row
	}
	return sum
}

// PeerPart is a part of the cost of one repair, of its runbook or of what is around it.
type PeerPart struct {
	What     string  `json:"what"`
	Quantity float64 `json:"quantity"`
	USD      float64 `json:"usd"`
	Runbook  bool    `json:"runbook,omitempty"`
}

// PerThousand is what 1,000 repairs of the peer cost, and what of that is not for the runbook.
func (p Peer) PerThousand() (all, besideRunbook float64) {
	for _, part := range p.Repair {
		usd := thousand * part.Quantity * part.USD
		all += usd
		if !part.Runbook {
			besideRunbook += usd
		}
	}
	return all, besideRunbook
}
