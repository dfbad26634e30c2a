package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Version is a policy as it was put in force.
type Version struct {
	Number int       `json:"number"` // 1 for the first; 0 when no policy was ever applied
	Policy Policy    `json:"policy"`
	Hash   string    `json:"hash"` // of the policy, see Hash
	By     string    `json:"by"`   // the identity that applied it
	At     time.Time `json:"at"`
	Source string    `json:"source,omitempty"` // the name of the file
	// Restores is the number of the version that this one puts back; 0 when it is new.
	Restores int `json:"restores,omitempty"`
}

// ByDeployment is who applied a policy that was deployed with the admin stack.
const ByDeployment = "deployment"

// Hash returns a text that differs for policies that differ. Decisions are kept with it.
func (p Policy) Hash() string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // texts, numbers and times always can be written
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Parse reads a policy as it is stored. It refuses one of a newer form, and one with anything that this version does
// not know: a condition that is ignored would let something start.
func Parse(text []byte) (Policy, error) {
	var p Policy
	if err := decodeStrictly(text, &p); err != nil {
		return Policy{}, fmt.Errorf("read policy: %w", err)
	}
	if p.Format < 1 || p.Format > Format {
		return Policy{}, fmt.Errorf(
			"read policy: it has format %d, and this version of Hubmend knows formats 1 to %d; "+
				"update Hubmend", p.Format, Format)
	}
	for _, r := range p.Rules {
		if err := r.check(); err != nil {
			return Policy{}, fmt.Errorf("read policy: rule %q: %w", r.Name, err)
		}
	}
	return p, nil
}
