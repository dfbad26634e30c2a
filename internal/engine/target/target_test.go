package target_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/target"
)

var group = target.Target{
	Account: "222222222222", Region: "us-east-1", Runbook: "CloseSecurityGroupPorts",
	Resource: "arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0",
}

func TestKeyTellsTargetsApart(t *testing.T) {
	t.Parallel()
	seen := map[string]target.Target{}
	for _, change := range []func(*target.Target){
		func(*target.Target) {},
		func(x *target.Target) { x.Account = "333333333333" },
		func(x *target.Target) { x.Region = "eu-west-1" },
		func(x *target.Target) { x.Runbook = "Other" },
		func(x *target.Target) { x.Resource += "1" },
	} {
		x := group
		change(&x)
		if other, dup := seen[x.Key()]; dup {
			t.Errorf("%v and %v share the key %s", x, other, x.Key())
		}
		seen[x.Key()] = x
		if len(x.Key()) != 40 {
			t.Errorf("len(Key) = %d, want 40 (a session name holds 64)", len(x.Key()))
		}
	}
}

func TestKeyFromExecutor(t *testing.T) {
	t.Parallel()
	key := group.Key()
	for name, tc := range map[string]struct {
		arn  string
		want string
	}{
		"ours":            {"arn:aws:sts::222222222222:assumed-role/hubmend-dispatch/" + key, key},
		"other partition": {"arn:aws-cn:sts::222222222222:assumed-role/hubmend-dispatch/" + key, key},
		"other role":      {"arn:aws:sts::222222222222:assumed-role/admin/" + key, ""},
		"other session":   {"arn:aws:sts::222222222222:assumed-role/hubmend-dispatch/alice", ""},
		"not hex": {
			"arn:aws:sts::222222222222:assumed-role/hubmend-dispatch/hubmend-zz345678901234567890123456789012", ""},
		"user":                 {"arn:aws:iam::222222222222:user/alice", ""},
		"empty":                {"", ""},
		"role without session": {"arn:aws:sts::222222222222:assumed-role/hubmend-dispatch", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := target.KeyFromExecutor(tc.arn)
			if got != tc.want || ok != (tc.want != "") {
				t.Errorf("KeyFromExecutor = %q, %v, want %q", got, ok, tc.want)
			}
		})
	}
}

func scalar(v string) target.Parameter  { return target.Parameter{Values: []string{v}} }
func list(v ...string) target.Parameter { return target.Parameter{Values: v, List: true} }

func atMost(v string) target.Parameter {
	return target.Parameter{Values: []string{v}, Bound: target.AtMost}
}

func atLeast(v string) target.Parameter {
	return target.Parameter{Values: []string{v}, Bound: target.AtLeast}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		p, q   target.Parameters
		covers bool
		joined target.Parameters // nil: cannot be joined
	}{
		"same": {
			target.Parameters{"Id": scalar("a"), "Ports": list("22")},
			target.Parameters{"Id": scalar("a"), "Ports": list("22")}, true,
			target.Parameters{"Id": scalar("a"), "Ports": list("22")},
		},
		"lists differ": {
			target.Parameters{"Id": scalar("a"), "Ports": list("3389")},
			target.Parameters{"Id": scalar("a"), "Ports": list("22")}, false,
			target.Parameters{"Id": scalar("a"), "Ports": list("22", "3389")},
		},
		"list is part": {
			target.Parameters{"Ports": list("22", "3389")}, target.Parameters{"Ports": list("3389")}, true,
			target.Parameters{"Ports": list("22", "3389")},
		},
		"scalars differ": {target.Parameters{"Days": scalar("90")}, target.Parameters{"Days": scalar("45")}, false,
			nil},
		"a lower maximum covers a higher one": {target.Parameters{"Days": atMost("45")},
			target.Parameters{"Days": atMost("90")}, true, target.Parameters{"Days": atMost("45")}},
		"a higher maximum does not": {target.Parameters{"Days": atMost("90")},
			target.Parameters{"Days": atMost("45")}, false, target.Parameters{"Days": atMost("45")}},
		"bounds are numbers": {target.Parameters{"Days": atMost("100")},
			target.Parameters{"Days": atMost("45")}, false, target.Parameters{"Days": atMost("45")}},
		"a higher minimum covers a lower one": {target.Parameters{"Length": atLeast("14")},
			target.Parameters{"Length": atLeast("8")}, true, target.Parameters{"Length": atLeast("14")}},
		"a lower minimum does not": {target.Parameters{"Length": atLeast("8")},
			target.Parameters{"Length": atLeast("14")}, false, target.Parameters{"Length": atLeast("14")}},
		"same bound": {target.Parameters{"Days": atMost("90")}, target.Parameters{"Days": atMost("90")}, true,
			target.Parameters{"Days": atMost("90")}},
		"the stricter of each": {target.Parameters{"Length": atLeast("14"), "Days": atMost("90")},
			target.Parameters{"Length": atLeast("8"), "Days": atMost("45")}, false,
			target.Parameters{"Length": atLeast("14"), "Days": atMost("45")}},
		"opposite bounds": {target.Parameters{"Days": atMost("45")}, target.Parameters{"Days": atLeast("40")}, false,
			nil},
		// Of an attempt from before the bound was declared.
		"same value without a bound": {target.Parameters{"Days": scalar("90")},
			target.Parameters{"Days": atMost("90")}, true, target.Parameters{"Days": atMost("90")}},
		"other value without a bound": {target.Parameters{"Days": scalar("90")},
			target.Parameters{"Days": atMost("45")}, false, nil},
		"list and scalar": {target.Parameters{"P": list("22")}, target.Parameters{"P": scalar("22")}, false, nil},
		"missing in first": {target.Parameters{"A": scalar("1")}, target.Parameters{"A": scalar("1"), "B": scalar("2")},
			false, nil},
		// The runbook's default of the missing one, both families, is more than what p closes.
		"missing in second": {target.Parameters{"Ports": list("22", "3389"), "Families": list("ipv4")},
			target.Parameters{"Ports": list("22")}, false, nil},
		"families": {target.Parameters{"Ports": list("22"), "Families": list("ipv4")},
			target.Parameters{"Ports": list("22"), "Families": list("ipv6")}, false,
			target.Parameters{"Ports": list("22"), "Families": list("ipv4", "ipv6")}},
		"other names": {target.Parameters{"A": scalar("1")}, target.Parameters{"B": scalar("1")}, false, nil},
		"both empty":  {target.Parameters{}, target.Parameters{}, true, target.Parameters{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tc.p.Covers(tc.q); got != tc.covers {
				t.Errorf("Covers = %v, want %v", got, tc.covers)
			}
			got, ok := tc.p.Join(tc.q)
			if ok != (tc.joined != nil) {
				t.Fatalf("Join ok = %v", ok)
			}
			if diff := cmp.Diff(tc.joined, got); diff != "" {
				t.Errorf("Join (-want +got):\n%s", diff)
			}
			if ok && !(got.Covers(tc.p) && got.Covers(tc.q)) {
				t.Errorf("Join does not cover both sides: %v", got)
			}
		})
	}
}

func TestDisjoint(t *testing.T) {
	t.Parallel()
	list := func(values ...string) target.Parameters {
		return target.Parameters{"Id": {Values: []string{"sg-1"}}, "Ports": {Values: values, List: true}}
	}
	for name, tc := range map[string]struct {
		p, q target.Parameters
		want bool
	}{
		"other values":    {list("22"), list("3389"), true},
		"a value in both": {list("22", "80"), list("3389", "22"), false},
		"not known":       {list("22"), nil, false},
		"no list": {target.Parameters{"Days": {Values: []string{"90"}}},
			target.Parameters{"Days": {Values: []string{"45"}}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.p.Disjoint(tc.q) != tc.want || tc.q.Disjoint(tc.p) != tc.want {
				t.Errorf("%v and %v", tc.p, tc.q)
			}
		})
	}
}
