// Package deployed puts the policy in force that was deployed with the admin stack.
package deployed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"hubmend/internal/engine/policy"
)

// File is the name of the policy's file beside the function's program.
const File = "policy.json"

// Policy is a policy as it is deployed.
type Policy struct {
	Source string          `json:"source"` // the name of the file that people wrote
	Policy json.RawMessage `json:"policy"`
}

// Write returns the content of File.
func Write(p policy.Policy, source string) ([]byte, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return json.Marshal(Policy{source, text})
}

// Store is what the package needs of the ledger.
type Store interface {
	PolicyVersions(ctx context.Context) ([]policy.Version, error)
	SavePolicy(ctx context.Context, v policy.Version) error
}

// Applier applies a deployed policy once.
type Applier struct {
	Store Store
	Path  string // of File; nothing is applied if it does not exist
	Now   func() time.Time

	done bool
}

// Apply puts the deployed policy in force, unless it is the one that was last deployed: then people may have applied
// another one since, which stays.
func (a *Applier) Apply(ctx context.Context) error {
	if a.done {
		return nil
	}
	text, err := os.ReadFile(a.Path)
	if errors.Is(err, fs.ErrNotExist) {
		a.done = true
		return nil
	}
	if err == nil {
		err = a.apply(ctx, text)
	}
	if err != nil {
		return fmt.Errorf("apply the deployed policy: %w", err)
	}
	a.done = true
	return nil
}

func (a *Applier) apply(ctx context.Context, text []byte) error {
	var d Policy
	if err := json.Unmarshal(text, &d); err != nil {
		return err
	}
	next, err := policy.Parse(d.Policy)
	if err != nil {
		return err
	}
	versions, err := a.Store.PolicyVersions(ctx)
	if err != nil {
		return err
	}
	number, hash := 0, next.Hash()
	if len(versions) > 0 {
		number = versions[0].Number
	}
	for _, v := range versions { // the latest first
		if v.By == policy.ByDeployment && v.Hash == hash {
			return nil
		}
		if v.By == policy.ByDeployment {
			break
		}
	}
	return a.Store.SavePolicy(ctx, policy.Version{Number: number + 1, Policy: next, Hash: hash,
		By: policy.ByDeployment, At: a.Now().UTC(), Source: d.Source})
}
