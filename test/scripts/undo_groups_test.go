package scripts_test

import (
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reopening is what the undo of a group's repair plans.
type reopening struct {
	Calls       []string
	Remove, Add []permission
	After       []permission
	Change      string
}

// portsUndo is an undo of a repair that left a group as it is now.
func portsUndo(t *testing.T, before, after, now []permission, ports ...string) play {
	t.Helper()
	return play{map[string]any{"ExecutionId": repairID, "Mode": "plan"}, map[string][]any{
		"ssm:GetAutomationExecution": {repaired(t, "CloseSecurityGroupPorts", describedAll(t, before),
			describedAll(t, after),
			map[string][]string{"GroupId": {itself}, "Ports": ports})},
		"ec2:DescribeSecurityGroups": {groupAnswer(now)},
	}}
}

func (p played) reopening(t *testing.T) reopening {
	t.Helper()
	r := reopening{Calls: names(p.Planned), Change: p.Change}
	var add, remove struct{ IpPermissions []permission } //nolint:revive // the API's name
	input(t, p.Planned, "ec2:AuthorizeSecurityGroupIngress", &add)
	input(t, p.Planned, "ec2:RevokeSecurityGroupIngress", &remove)
	r.Add, r.Remove = add.IpPermissions, remove.IpPermissions
	if err := json.Unmarshal(p.After, &r.After); err != nil {
		t.Fatal(err)
	}
	return r
}

func describedAll(t *testing.T, permissions []permission) []object {
	t.Helper()
	all := []object{}
	for _, p := range permissions {
		all = append(all, described(t, p))
	}
	return all
}

func TestUndoPorts(t *testing.T) {
	t.Parallel()
	calls := map[string][]string{
		"none": {}, "add": {"ec2:AuthorizeSecurityGroupIngress"}, "remove": {"ec2:RevokeSecurityGroupIngress"},
		"replace": {"ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"},
	}
	wide, low, high := tcp(20, 30, world4+" # wide"), tcp(20, 21, world4+" # wide"), tcp(23, 30, world4+" # wide")
	split, exact := []permission{low, high}, tcp(22, 22, world4+" # ssh")
	for name, tc := range map[string]struct {
		before, after, now []permission
		action             string // empty when it is refused
		change             string // a part of it
	}{
		"split": {[]permission{wide}, split, split, "replace",
			"Restored tcp 20-30 from 0.0.0.0/0; removed tcp 20-21 from 0.0.0.0/0, tcp 23-30 from 0.0.0.0/0, which " +
				"the repair had added."},
		"closed": {[]permission{exact}, nil, nil, "add", "Restored tcp 22 from 0.0.0.0/0."},
		"beside others": {[]permission{exact}, nil,
			[]permission{tcp(22, 22, "10.0.0.0/8", "sg-1"), tcp(443, 443, world4), on("udp", 22, 22, world6)}, "add",
			"Restored tcp 22"},
		"joined with what else the world may": {[]permission{wide}, split,
			[]permission{tcp(20, 21, world4+" # wide", world6, "10.0.0.0/8"), high}, "replace", "Restored tcp 20-30"},
		"halfway":                {[]permission{wide}, split, []permission{wide, low, high}, "remove", "Restored"},
		"as before":              {[]permission{wide}, split, []permission{wide}, "none", "Nothing to change: "},
		"the repair did nothing": {nil, nil, []permission{tcp(443, 443, world4)}, "none", "Nothing to change: "},
		"it did nothing, and somebody opened the port": {nil, nil, []permission{exact}, "none", "Nothing to change: "},
		"a piece is gone": {[]permission{wide}, split, []permission{low}, "", ""},
		"a piece has another description": {[]permission{wide}, split,
			[]permission{low, tcp(23, 30, world4+" # mine")}, "", ""},
		"all pieces are gone":               {[]permission{wide}, split, nil, "", ""},
		"as before but for the description": {[]permission{exact}, nil, []permission{tcp(22, 22, world4)}, "", ""},
		"halfway, and a piece is gone":      {[]permission{wide}, split, []permission{wide, low}, "", ""},
		"open again for a part":             {[]permission{exact}, nil, []permission{tcp(22, 22, world6)}, "", ""},
		"open again by a range": {[]permission{wide}, split,
			[]permission{low, high, tcp(0, 65535, world6)}, "", ""},
		"open again by a rule for all traffic": {[]permission{exact}, nil, []permission{all("-1", world4)}, "", ""},
		"one of two rules is as before": {[]permission{exact, tcp(22, 22, world6)}, nil, []permission{exact},
			"", ""},
		"open again by the protocol as a number": {[]permission{exact}, nil, []permission{on("6", 22, 22, world6)}, "",
			""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			played := plays(t, "UndoCloseSecurityGroupPorts", portsUndo(t, tc.before, tc.after, tc.now, "22"))[0]
			if tc.action == "" {
				played.refused(t, "Security group "+itself+" has changed since the repair "+repairID)
				return
			}
			got := played.reopening(t)
			if diff := cmp.Diff([]any{calls[tc.action], orEmpty(written(tc.before))},
				[]any{got.Calls, written(got.After)}); diff != "" {
				t.Errorf("calls, After (-want +got):\n%s", diff)
			}
			if !strings.Contains(got.Change, tc.change) {
				t.Errorf("Change is %q, want it to say %q", got.Change, tc.change)
			}
		})
	}
}

// For a group with any rules, the undo makes calls that EC2 accepts in the order of the runbook and restores the group,
// and a second undo changes nothing.
func TestUndoPortsRestoresEveryGroup(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 9)) //nolint:gosec // repeatable on purpose
			var repairs []portsPayload
			for range batchSize {
				repairs = append(repairs, portsPayload{orEmpty(randomGroup(random).permissions()), randomPorts(random)})
			}
			decisions := closePorts(t, repairs...)
			groups := make([]group, len(repairs))
			undo := func() []reopening {
				var all []play
				for i, d := range decisions {
					all = append(all, portsUndo(t, d.Before, d.Keep, groups[i].permissions(), repairs[i].Ports...))
				}
				var undone []reopening
				for _, p := range plays(t, "UndoCloseSecurityGroupPorts", all...) {
					if p.Error != "" {
						t.Fatal(p.Error)
					}
					undone = append(undone, p.reopening(t))
				}
				return undone
			}
			for i, d := range decisions {
				groups[i] = groupOf(repairs[i].Ingress)
				if err := errors.Join(groups[i].authorize(d.Keep), groups[i].revoke(d.Close)); err != nil {
					t.Fatal(err)
				}
			}
			for i, u := range undo() {
				if err := errors.Join(groups[i].authorize(u.Add), groups[i].revoke(u.Remove)); err != nil {
					t.Errorf("%q: EC2 refuses: %v", written(repairs[i].Ingress), err)
				}
				if diff := cmp.Diff(groupOf(repairs[i].Ingress), groups[i], cmp.AllowUnexported(rule{})); diff != "" {
					t.Errorf("undone (-before +after):\n%s", diff)
				}
			}
			for i, u := range undo() {
				if len(u.Calls) > 0 {
					t.Errorf("the second undo of %q would %v", written(repairs[i].Ingress), u.Calls)
				}
			}
		})
	}
}

func TestVerifyUndoPorts(t *testing.T) {
	t.Parallel()
	wide, low := tcp(20, 22, world4+" # wide"), tcp(20, 21, world4)
	for name, tc := range map[string]struct {
		now   []permission
		other bool
	}{
		"as before":           {[]permission{wide}, false},
		"beside others":       {[]permission{wide, tcp(22, 22, "10.0.0.0/8"), tcp(443, 443, world4)}, false},
		"nothing":             {nil, true},
		"another description": {[]permission{tcp(20, 22, world4)}, true},
		"what must go stays":  {[]permission{wide, tcp(20, 21, world4+" # any")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			undo := portsUndo(t, []permission{wide}, []permission{low}, []permission{low}, "22")
			delete(undo.Events, "Mode")
			undo.Answers["ec2:DescribeSecurityGroups"] = []any{groupAnswer([]permission{low}), groupAnswer(tc.now)}
			for _, write := range []string{"ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"} {
				undo.Answers[write] = []any{map[string]any{}}
			}
			says := ""
			if tc.other {
				says = "hubmend:unverified The group does not have its previous rules. They may have been changed " +
					"during this run. Check them, then try again."
			}
			if got := plays(t, "UndoCloseSecurityGroupPorts", undo)[0]; got.Error != says {
				t.Errorf("error %q, want %q", got.Error, says)
			}
		})
	}
}

// sided writes permissions as the repair of a default group records them.
func sided(t *testing.T, ingress, egress []permission) []object {
	t.Helper()
	records := []object{}
	for _, p := range ingress {
		records = append(records, with(described(t, p), "Direction", "ingress"))
	}
	for _, p := range egress {
		records = append(records, with(described(t, p), "Direction", "egress"))
	}
	return records
}

// refilling makes the plan and the run of an undo, whose reads have these answers.
func refilling(record map[string]any, groups ...any) []play {
	return undoing(record,
		map[string][]any{describeGroup: groups, authorizeIngress: {object{}}, authorizeEgress: {object{}}})
}

const authorizeIngress, authorizeEgress = "ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"

func TestUndoDefaultGroup(t *testing.T) {
	t.Parallel()
	out := []permission{all("-1", world4+" # everywhere")}
	fromSelf := func(description string) []permission {
		p := all("-1")
		p.UserIdGroupPairs = []map[string]string{{"GroupId": itself, "UserId": "222222222222",
			"Description": description}}
		return []permission{p}
	}
	self := fromSelf("self")
	web := []permission{tcp(443, 443, world4+" # web", "10.0.0.0/8", world6), listed(53), peered(5432),
		all("50", "10.0.0.0/8")}
	both, ingress, egress := []string{authorizeIngress,
		authorizeEgress}, []string{authorizeIngress}, []string{authorizeEgress}
	type undoCase struct {
		in, out, nowIn, nowOut []permission
		calls                  []string // nil when it is refused
		says                   string   // Change, or what the refusal begins with
	}
	cases := map[string]undoCase{
		"both sides":              {self, out, nil, nil, both, "1 inbound and 1 outbound"},
		"every kind of source":    {web, nil, nil, nil, ingress, "6 inbound"},
		"outbound only":           {nil, out, nil, nil, egress, "1 outbound"},
		"halfway":                 {self, out, self, nil, egress, "1 outbound"},
		"halfway, the other side": {self, out, nil, out, ingress, "1 inbound"},
		"as before":               {web, out, web, out, []string{}, ""},
		"as before, but put apart": {[]permission{tcp(1, 1, world4, "10.0.0.0/8")}, nil,
			[]permission{tcp(1, 1, "10.0.0.0/8"), tcp(1, 1, world4)}, nil, []string{}, ""},
		"the repair did nothing": {nil, nil, nil, nil, []string{}, ""},
		"other inbound rules":    {self, out, web, nil, nil, "ingress"},
		"a part of the rules":    {web, out, web[:1], nil, nil, "ingress"},
		"other outbound rules":   {self, out, nil, []permission{tcp(443, 443, world4)}, nil, "egress"},
		"another description":    {self, nil, fromSelf("other"), nil, nil, "ingress"},
	}
	parameters := map[string][]string{"GroupId": {itself}}
	for by, record := range map[string]func([]object) map[string]any{
		"a program": func(before []object) map[string]any {
			return repaired(t, defaultGroup, before, []any{},
				parameters)
		},
		"steps": func(before []object) map[string]any {
			return repairedBySteps(defaultGroup, texts(t, belowAName(before)...), []string{}, parameters)
		},
	} {
		t.Run("by "+by, func(t *testing.T) {
			t.Parallel()
			tried(t, "UndoEmptyDefaultSecurityGroup", cases, func(tc undoCase) []play {
				return refilling(record(sided(t, tc.in, tc.out)), namedGroup("default", tc.nowIn, tc.nowOut),
					namedGroup("default", tc.in, tc.out))
			}, func(t *testing.T, tc undoCase, done []played) {
				plan, undo := done[0], done[1]
				if tc.calls == nil {
					undo.refused(t, "The "+tc.says+" rules of the default group "+itself+
						" have changed since the repair "+repairID)
					return
				}
				change := "Nothing to change: the default group has its previous rules."
				if tc.says != "" {
					change = "Restored rules of the default group: " + tc.says + "."
				}
				if diff := cmp.Diff([]any{tc.calls, change, ""},
					[]any{names(plan.Planned), undo.Change, undo.Error}); diff != "" {
					t.Errorf("calls, Change, error (-want +got):\n%s", diff)
				}
				if tc.says != "" {
					checkJSON(t, "Before", sided(t, tc.nowIn, tc.nowOut), undo.Before)
				}
				checkJSON(t, "After", sided(t, tc.in, tc.out), undo.After)
				for call, was := range map[string][]permission{authorizeIngress: tc.in, authorizeEgress: tc.out} {
					var given struct{ IpPermissions []permission } //nolint:revive // the API's name
					input(t, undo.Made, call, &given)
					if slices.Contains(tc.calls, call) && !slices.Equal(written(was), written(given.IpPermissions)) {
						t.Errorf("%s is given %q, want %q", call, written(given.IpPermissions), written(was))
					}
					for _, told := range []string{"PeeringStatus", "VpcPeeringConnectionId", "GroupName"} {
						for _, p := range given.IpPermissions {
							for _, pair := range p.UserIdGroupPairs {
								if _, ok := pair[told]; ok {
									t.Errorf("EC2 is given %s, which it only tells", told)
								}
							}
						}
					}
				}
			})
		})
	}
}

// belowAName writes records as the documents of steps did.
func belowAName(records []object) []object {
	var all []object
	for _, record := range records {
		permission := maps.Clone(record)
		delete(permission, "Direction")
		all = append(all, object{"Direction": record["Direction"], "Permission": permission})
	}
	return all
}

// A port that comes back as 443.0 is the same one.
func TestUndoDefaultGroupWithDecimals(t *testing.T) {
	t.Parallel()
	web := []permission{tcp(443, 443, world4)}
	before := texts(t, belowAName(sided(t, web, nil))...)
	before[0] = strings.ReplaceAll(before[0], "443", "443.0")
	record := repairedBySteps(defaultGroup, before, []string{}, map[string][]string{"GroupId": {itself}})
	done := plays(t, "UndoEmptyDefaultSecurityGroup",
		append(refilling(record, namedGroup("default", web, nil)),
			refilling(record, namedGroup("default", nil, nil))...)...)
	if len(done[0].Planned) > 0 || done[1].Error != "" {
		t.Errorf("it would %v, %s", names(done[0].Planned), done[1].Error)
	}
	var given struct{ IpPermissions json.RawMessage } //nolint:revive // the API's name
	input(t, done[2].Planned, authorizeIngress, &given)
	if strings.Contains(string(given.IpPermissions), "443.0") {
		t.Errorf("EC2 is given %s", given.IpPermissions)
	}
}

// Systems Manager takes at most 100 KiB from a script, which returns the state before and after.
func TestUndoDefaultGroupTooLarge(t *testing.T) {
	t.Parallel()
	many, out := describedRules(220), []permission{all("-1", world4)}
	record := repaired(t, defaultGroup, sided(t, many, out), []any{}, map[string][]string{"GroupId": {itself}})
	done := plays(t, "UndoEmptyDefaultSecurityGroup",
		append(refilling(record, namedGroup("default", many, nil)),
			refilling(record, namedGroup("default", nil, nil))...)...)
	done[1].refused(t, "removed too many rules to add them at once, so none were added")
	if len(done[1].Made) != 2 || len(done[2].Planned) != 2 {
		t.Errorf("it made %v; with less to say it would %v", names(done[1].Made), names(done[2].Planned))
	}
}

func TestVerifyUndoDefaultGroup(t *testing.T) {
	t.Parallel()
	in, out := []permission{tcp(443, 443, world4+" # web", world6), peered(22)}, []permission{all("-1", world4)}
	type lookCase struct {
		in, out []permission
		other   string
	}
	tried(t, "UndoEmptyDefaultSecurityGroup", map[string]lookCase{
		"as before": {in, out, ""},
		"put apart": {[]permission{peered(22), tcp(443, 443, world6), tcp(443, 443, world4+" # web")}, out,
			""},
		"a description is lost": {[]permission{peered(22), tcp(443, 443, world4, world6)}, out, "ingress"},
		"one side is empty":     {in, nil, "egress"},
		"nothing":               {nil, nil, "ingress and egress"},
		"one more":              {append(slices.Clone(in), tcp(1, 1, world4)), out, "ingress"},
	}, func(tc lookCase) []play {
		record := repaired(t, defaultGroup, sided(t, in, out), []any{}, map[string][]string{"GroupId": {itself}})
		return refilling(record, namedGroup("default", nil, nil), namedGroup("default", tc.in, tc.out))[1:]
	}, func(t *testing.T, tc lookCase, done []played) {
		says := ""
		if tc.other != "" {
			says = "hubmend:unverified The default group does not have its previous " + tc.other +
				" rules. They may have been changed during this run. Check them, then try again."
		}
		if done[0].Error != says {
			t.Errorf("%q, want %q", done[0].Error, says)
		}
	})
}
