package cost

// Peer is the cost that another solution publishes.
type Peer struct {
	Name     string        `json:"name"`
	Source   string        `json:"source"`
	Examples []PeerExample `json:"examples"`
	// Repair is the cost of one repair.
	Repair []PeerPart `json:"repair"`
	// Place is the monthly cost of each account and Region.
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

// PeerPart is a part of the cost of one repair.
type PeerPart struct {
	What     string  `json:"what"`
	Quantity float64 `json:"quantity"`
	USD      float64 `json:"usd"`
	Runbook  bool    `json:"runbook,omitempty"`
}

// PerThousand returns the cost of 1,000 repairs of the peer, and the part of it without the runbooks.
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
