package cost

import "hubmend/internal/catalog"

// Report is everything that there is to say about costs.
type Report struct {
	Estimate Estimate `json:"estimate"`
	// Examples are those of the peer, Aims what was aimed at; both are about the controls of the whole
	// catalog and the assumptions as they are.
	Examples []Comparison `json:"examples"`
	Aims     []Aim        `json:"aims"`
	Book     Book         `json:"book"`
}

// Question is what a report is asked about.
type Question struct {
	Size
	// Controls are those that are repaired, each as often as the others; none means all.
	Controls []string
	// Passes is how often loops are gone through; 0 means as the assumptions say.
	Passes int
}

// listed are the controls that a playbook can switch on. Others are repaired on request only, and count for no mean.
func listed(c *catalog.Catalog) []string {
	var ids []string
	for _, p := range c.Playbooks {
		for _, g := range p.Groups {
			ids = append(ids, g.Controls...)
		}
	}
	return ids
}

// Make answers a question about what the inventory deploys and the catalog repairs.
func Make(c *catalog.Catalog, inv Inventory, q Question) (Report, error) {
	r := Report{Book: Embedded()}
	all, err := Controls(c, r.Book, listed(c)...)
	if err != nil {
		return Report{}, err
	}
	typical, err := Of(r.Book, inv, all, Typical)
	if err != nil {
		return Report{}, err
	}
	if r.Examples, err = Compare(r.Book, inv, all); err != nil {
		return Report{}, err
	}
	r.Aims = Aims(r.Book, typical, r.Examples)
	if q.Passes > 0 {
		r.Book = r.Book.Assume("passes", float64(q.Passes))
	}
	if q.Controls == nil {
		q.Controls = listed(c)
	}
	asked, err := Controls(c, r.Book, q.Controls...)
	if err != nil {
		return Report{}, err
	}
	r.Estimate, err = Of(r.Book, inv, asked, q.Size)
	return r, err
}
