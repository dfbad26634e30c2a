package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/policy"
)

func policyVersion(number int, name string) policy.Version {
	p := policy.Policy{Format: policy.Format, Rules: []policy.Rule{{Name: name, Decision: policy.Exempt, Reason: "ü",
		Until: noon.Truncate(time.Second)}}}
	return policy.Version{Number: number, Policy: p, Hash: p.Hash(), By: "arn:aws:sts::111122223333:assumed-role/a/ann",
		At: noon, Source: "policy.yaml"}
}

func savePolicy(t *testing.T, s *store, v policy.Version) {
	t.Helper()
	if err := s.SavePolicy(t.Context(), v); err != nil {
		t.Fatal(err)
	}
}

func policies(t *testing.T, s *store) {
	v, err := s.LoadPolicy(t.Context())
	if diff := cmp.Diff(policy.Version{}, v); err != nil || diff != "" {
		t.Errorf("before the first: LoadPolicy = %v (-want +got):\n%s", err, diff)
	}
	if _, err := s.PolicyVersion(t.Context(), 0); !errors.Is(err, ledger.ErrNoPolicy) {
		t.Errorf("before the first: PolicyVersion = %v", err)
	}
	all := []policy.Version{policyVersion(1, "one"), policyVersion(2, "two"), policyVersion(3, "three")}
	all[2].Restores = 1
	for _, v := range all {
		savePolicy(t, s, v)
	}
	s.now = s.now.Add(10 * retention) // none expires
	got, err := s.LoadPolicy(t.Context())
	if diff := cmp.Diff(all[2], got); err != nil || diff != "" {
		t.Errorf("LoadPolicy = %v (-want +got):\n%s", err, diff)
	}
	for _, want := range all {
		got, err := s.PolicyVersion(t.Context(), want.Number)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("PolicyVersion %d = %v (-want +got):\n%s", want.Number, err, diff)
		}
	}
	if _, err := s.PolicyVersion(t.Context(), 4); !errors.Is(err, ledger.ErrNoPolicy) {
		t.Errorf("PolicyVersion 4 = %v", err)
	}
	for i := range all {
		all[i].Policy = policy.Policy{}
	}
	list, err := s.PolicyVersions(t.Context())
	if diff := cmp.Diff([]policy.Version{all[2], all[1], all[0]}, list); err != nil || diff != "" {
		t.Errorf("PolicyVersions = %v (-want +got):\n%s", err, diff)
	}
	if err := s.SavePolicy(t.Context(), policy.Version{Number: 4}); err == nil ||
		!strings.Contains(err.Error(), "format 0") {
		t.Errorf("a policy that could not be read again: SavePolicy = %v", err)
	}
}

func policiesOfTwo(t *testing.T, s *store) {
	savePolicy(t, s, policyVersion(1, "one"))
	var won atomic.Int32
	var group sync.WaitGroup
	for i := range s.functions {
		group.Go(func() {
			switch err := s.SavePolicy(t.Context(), policyVersion(2, fmt.Sprint(i))); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, ledger.ErrConflict):
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, number := range []int{1, 2, 4} {
		if err := s.SavePolicy(t.Context(), policyVersion(number, "late")); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("SavePolicy of number %d = %v", number, err)
		}
	}
	one, err := s.PolicyVersion(t.Context(), 1)
	if diff := cmp.Diff(policyVersion(1, "one"), one); err != nil || won.Load() != 1 || diff != "" {
		t.Errorf("%d won; version 1: %v (-want +got):\n%s", won.Load(), err, diff)
	}
}

func newerPolicies(t *testing.T, s *store) {
	savePolicy(t, s, policyVersion(1, "one"))
	s.rewrite(t, "policy", "current", 3)
	if _, err := s.LoadPolicy(t.Context()); !ledger.IsNewer(err) {
		t.Errorf("LoadPolicy = %v", err)
	}
	if err := s.SavePolicy(t.Context(), policyVersion(2, "two")); !ledger.IsNewer(err) {
		t.Errorf("SavePolicy = %v", err)
	}
}

func budgets(t *testing.T, s *store) {
	for _, tc := range []struct {
		key   string
		limit int
		want  bool
	}{{"a", 0, false}, {"a", 2, true}, {"b", 1, true}, {"a", 2, true}, {"a", 2, false}, {"b", 1, false}, {"a", 3, true},
		{"a", 1, false}} {
		if got, err := s.Take(t.Context(), tc.key, tc.limit, noon.Add(time.Hour)); err != nil || got != tc.want {
			t.Errorf("Take %s of %d = %t, %v", tc.key, tc.limit, got, err)
		}
	}
}

func budgetsOfMany(t *testing.T, s *store) {
	limit := s.functions * s.rounds / 2
	var taken atomic.Int32
	var group sync.WaitGroup
	for range s.functions {
		group.Go(func() {
			for range s.rounds {
				ok, err := s.Take(t.Context(), "many", limit, noon.Add(time.Hour))
				if err != nil {
					t.Error(err)
				}
				if ok {
					taken.Add(1)
				}
			}
		})
	}
	group.Wait()
	if int(taken.Load()) != limit {
		t.Errorf("%d were taken of %d", taken.Load(), limit)
	}
}

// An item that cannot be read must not be taken for a policy that allows everything.
func TestDynamoDBRefusesAPolicyOfAnotherForm(t *testing.T) {
	t.Parallel()
	one := &types.AttributeValueMemberN{Value: "1"}
	for name, stored := range map[string]item{
		"nothing but keys": {"pk": text("policy")},
		"no text":          {"Version": one},
		"no gzip":          {"Version": one, "Text": &types.AttributeValueMemberB{Value: []byte("{}")}},
		"a text as text":   {"Version": one, "Text": text("{}")},
		"no number":        {"Version": text("one")},
	} {
		v, err := of(&table{item: stored}).LoadPolicy(t.Context())
		if diff := cmp.Diff(policy.Version{}, v); err == nil || !strings.Contains(err.Error(), "load policy") ||
			diff != "" {
			t.Errorf("%s: LoadPolicy = %v, %s", name, err, diff)
		}
	}
}

// 2,000 rules with all that rules have must fit into an item of DynamoDB, which has 400 KB, and be read fast.
func TestLargePolicy(t *testing.T) {
	t.Parallel()
	v := policyVersion(1, "first")
	for i := range 2_000 {
		v.Policy.Rules = append(v.Policy.Rules, policy.Rule{
			Name: fmt.Sprintf("Team %x is migrating its workload %d", i*7919, i), Line: 12 * i, Decision: policy.Exempt,
			When: policy.When{Controls: []string{"S3.*"},
				Accounts:  []string{fmt.Sprintf("%012d", 7_919_000_000*(i%97)+i)},
				OUs:       []string{fmt.Sprintf("ou-ab12-%08x", i*i)},
				Resources: []string{fmt.Sprintf("arn:aws:s3:::bucket-%x-*", i*104729)},
				Tags:      []string{"team=" + fmt.Sprint(i)}},
			Reason: fmt.Sprintf("It moves to another account with ticket %d.", i*31), Until: noon.AddDate(0, 0, i%400),
			Owner: fmt.Sprintf("team-%d@example.com", i%50), Ticket: fmt.Sprintf("SEC-%d", i*17),
		})
	}
	db := &table{}
	if err := of(db).SavePolicy(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	size := len(db.puts[0].Item["Text"].(*types.AttributeValueMemberB).Value)
	t.Logf("%d KB", size>>10)
	if size > 200<<10 {
		t.Errorf("%d rules take %d KB", len(v.Policy.Rules), size>>10)
	}
	if _, expires := db.puts[0].Item["expires"]; expires {
		t.Error("the policy expires")
	}
}

// A policy that is too large is refused with a reason, not by DynamoDB.
func TestTooLargePolicy(t *testing.T) {
	t.Parallel()
	v := policyVersion(1, "first")
	for i := range 100_000 {
		v.Policy.Rules = append(v.Policy.Rules, policy.Rule{Name: fmt.Sprintf("%x", i*i*7919), Decision: policy.Allow})
	}
	if err := of(&table{}).SavePolicy(t.Context(), v); err == nil || !strings.Contains(err.Error(), "compressed") {
		t.Errorf("SavePolicy = %v", err)
	}
}

func TestBudgetExpires(t *testing.T) {
	t.Parallel()
	db := &table{}
	if _, err := of(db).Take(t.Context(), "k", 1, noon); err != nil {
		t.Fatal(err)
	}
	if got := plain(db.updates[0].ExpressionAttributeValues)[":expires"]; got != fmt.Sprint(noon.Unix()) {
		t.Errorf("it expires at %v", got)
	}
}
