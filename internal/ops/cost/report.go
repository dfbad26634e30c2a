package cost

// Report contains an estimate with its comparisons, limits, prices and assumptions.
type Report struct {
	Estimate Estimate `json:"estimate"`
	// Examples are those of the peer. Aims are the limits of this project.
	Examples []Comparison `json:"examples"`
	Aims     []Aim        `json:"aims"`
	Book     Book         `json:"book"`
}

// Make estimates a deployment of this size.
func Make(inv Inventory, size Size) (Report, error) {
	r := Report{Book: Embedded()}
	typical, err := Of(r.Book, inv, Typical)
	if err != nil {
		return Report{}, err
	}
	if r.Examples, err = Compare(r.Book, inv); err != nil {
		return Report{}, err
	}
	r.Aims = Aims(r.Book, typical, r.Examples)
	r.Estimate, err = Of(r.Book, inv, size)
	return r, err
}
