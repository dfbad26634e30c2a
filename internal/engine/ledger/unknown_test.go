package ledger_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
)

// kinds are the items that are loaded and saved again.
var kinds = map[reflect.Type]struct {
	save  func(context.Context, *ledger.DynamoDB, any) error
	again func(ctx context.Context, l *ledger.DynamoDB, key string, edit func(any)) error // loads, edits and saves
}{
	reflect.TypeFor[decide.Record](): {
		func(ctx context.Context, l *ledger.DynamoDB, v any) error {
			_, err := l.Save(ctx, *v.(*decide.Record))
			return err
		},
		func(ctx context.Context, l *ledger.DynamoDB, key string, edit func(any)) error {
			rec, err := l.Load(ctx, key)
			if err == nil {
				edit(&rec)
				_, err = l.Save(ctx, rec.Clone())
			}
			return err
		},
	},
	reflect.TypeFor[decide.Breaker](): {
		func(ctx context.Context, l *ledger.DynamoDB, v any) error {
			return l.SaveBreaker(ctx, *v.(*decide.Breaker))
		},
		func(ctx context.Context, l *ledger.DynamoDB, key string, edit func(any)) error {
			b, err := l.LoadBreaker(ctx, strings.TrimPrefix(key, "breaker#"))
			if err == nil {
				edit(&b)
				err = l.SaveBreaker(ctx, b)
			}
			return err
		},
	},
	reflect.TypeFor[decide.Account](): {
		func(ctx context.Context, l *ledger.DynamoDB, v any) error {
			return l.SaveAccount(ctx, *v.(*decide.Account))
		},
		func(ctx context.Context, l *ledger.DynamoDB, key string, edit func(any)) error {
			a, err := l.LoadAccount(ctx, strings.TrimPrefix(key, "account#"))
			if err == nil {
				edit(&a)
				err = l.SaveAccount(ctx, a)
			}
			return err
		},
	},
	reflect.TypeFor[decide.Digest](): {
		func(ctx context.Context, l *ledger.DynamoDB, v any) error {
			_, err := l.SaveDigest(ctx, *v.(*decide.Digest))
			return err
		},
		func(ctx context.Context, l *ledger.DynamoDB, pk string, edit func(any)) error {
			d, err := l.LoadDigest(ctx, strings.TrimPrefix(pk, "digest#"))
			if err == nil {
				edit(&d)
				_, err = l.SaveDigest(ctx, d)
			}
			return err
		},
	},
}

// FuzzUnknown loads and saves whatever a newer version may have written, and demands that nothing of it is lost.
func FuzzUnknown(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		for kind := range kinds {
			newer := &newerCode{rng: rand.New(rand.NewPCG(seed, 1))}
			value := reflect.New(kind)
			newer.fill(value.Elem())
			stored := newer.write(t, value.Interface())
			saved := rewrite(t, kind, stored, func(any) {})
			delete(stored, "Version")
			delete(saved, "Version")
			if !reflect.DeepEqual(stored, saved) {
				t.Errorf("%s (-stored +saved):\n%s", kind, cmp.Diff(plain(stored), plain(saved)))
			}
		}
	})
}

// survive does the same with a real server.
func survive(t *testing.T, s *store) {
	db := s.Ledger.(*ledger.DynamoDB)
	client := db.Client.(*atomically)
	record := fullRecord("survive")
	stored := (&newerCode{rng: rand.New(rand.NewPCG(1, 1))}).write(t, &record)
	if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &db.Table, Item: stored}); err != nil {
		t.Fatal(err)
	}
	save(t, s, load(t, s, record.Target))
	got, err := client.GetItem(t.Context(),
		&dynamodb.GetItemInput{TableName: &db.Table, Key: item{"pk": stored["pk"], "sk": stored["sk"]}})
	if err != nil {
		t.Fatal(err)
	}
	want := plain(stored)
	want["Version"], want["since"] = "2", "2026-03-01T13:00:00Z" // an hour after the check
	if diff := cmp.Diff(want, plain(got.Item)); diff != "" {
		t.Errorf("item (-want +got):\n%s", diff)
	}
}

// rewrite has this code load an item, edit it and save it, and gives what it saves.
func rewrite(t *testing.T, kind reflect.Type, stored item, edit func(any)) item {
	t.Helper()
	db := &table{item: stored}
	if err := kinds[kind].again(t.Context(), of(db), stored["pk"].(*types.AttributeValueMemberS).Value,
		edit); err != nil {
		t.Fatal(err)
	}
	return db.puts[0].Item
}

// newerCode knows more fields than this code.
type newerCode struct {
	rng *rand.Rand
	n   int
}

// fill returns every field a value that no other has.
func (c *newerCode) fill(v reflect.Value) {
	c.n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("text ", c.n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(c.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+c.rng.IntN(3), 3))
		for i := range v.Len() {
			c.fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 1 + c.rng.IntN(2) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			c.fill(key)
			c.fill(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(noon.Add(time.Duration(c.n) * time.Second)))
			return
		}
		for i := range v.NumField() {
			c.fill(v.Field(i))
		}
	}
}

// write returns a value as newer code stores it: with more attributes in every object.
func (c *newerCode) write(t *testing.T, value any) item {
	t.Helper()
	kind := reflect.TypeOf(value).Elem()
	db := &table{}
	if err := kinds[kind].save(t.Context(), of(db), value); err != nil {
		t.Fatal(err)
	}
	stored := db.puts[0].Item
	c.extend(&types.AttributeValueMemberM{Value: stored}, kind)
	return stored
}

func (c *newerCode) extend(v types.AttributeValue, kind reflect.Type) {
	switch v := v.(type) {
	case *types.AttributeValueMemberL:
		for _, inner := range v.Value {
			c.extend(inner, kind.Elem())
		}
	case *types.AttributeValueMemberM:
		for name, inner := range v.Value {
			if kind.Kind() == reflect.Map {
				c.extend(inner, kind.Elem())
			} else if field, ok := kind.FieldByName(name); ok {
				c.extend(inner, field.Type)
			}
		}
		if kind.Kind() == reflect.Struct {
			v.Value["Future"] = []types.AttributeValue{
				text("new"), text(""), &types.AttributeValueMemberN{Value: "12345678901234567890.5"},
				&types.AttributeValueMemberBOOL{},
				&types.AttributeValueMemberSS{Value: []string{"a", "b"}}, &types.AttributeValueMemberNULL{Value: true},
				&types.AttributeValueMemberL{Value: []types.AttributeValue{text("a")}},
				&types.AttributeValueMemberM{Value: item{"Number": text("one")}},
			}[c.rng.IntN(8)]
		}
	}
}

// Unknown attributes of an object are deleted with it, and move to no other object.
func TestUnknownGoesWithItsObject(t *testing.T) {
	t.Parallel()
	record := fullRecord("unknown")
	record.Attempts[2].Findings = []decide.Ref{{ID: "f9", Event: "e9"}}
	attempts := []string{"Attempts[0]", "Attempts[0].Findings[0]", "Attempts[0].Findings[1]",
		"Attempts[0].Parameters.Empty", "Attempts[0].Parameters.GroupId", "Attempts[0].Parameters.Ports",
		"Attempts[0].RevertedBy",
		"Attempts[1]", "Attempts[2]", "Attempts[2].Asks[0]", "Attempts[2].Asks[0].Parameters.Ports",
		"Attempts[2].Asks[0].Ref", "Attempts[2].Findings[0]"}
	policy := []string{"Parked[0]", "Parked[0].Request", "Parked[0].Request.Parameters.Ports", "Parked[0].Request.Ref",
		"Proposal", "Proposal.Parameters.Ports"}
	all := slices.Concat([]string{""}, attempts, policy, []string{"Refused", "Target", "Unconfirmed[0]"})
	without := func(gone ...string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(path string) bool { return slices.Contains(gone, path) })
	}
	breaker := decide.Breaker{Control: "X.1",
		Failures: []decide.TargetFailure{{Key: "a", At: noon}, {Key: "b", At: noon}},
		Probe:    decide.Probe{Key: "a", At: noon},
		Accounts: []decide.AccountPause{{Account: "1", OpenUntil: noon, Probe: decide.Probe{Key: "b", At: noon}}}}
	account := decide.Account{ID: "1",
		Missing: []decide.Missing{{Reason: "roles"}, {Place: "eu-west-1/", Reason: "Region"}}}
	for name, tc := range map[string]struct {
		stored any
		edit   func(any)
		want   []string
	}{
		"nothing changes": {&record, func(any) {}, all},
		"an attempt goes on": {&record, func(v any) {
			a := v.(*decide.Record).Last()
			a.State, a.Cause, a.NotBefore, a.ClaimedAt = decide.Claimed, "", time.Time{}, noon
		}, all},
		"another attempt": {&record, func(v any) {
			r := v.(*decide.Record)
			r.Attempts = append(r.Attempts,
				decide.Attempt{Number: 44, State: decide.Queued, QueuedAt: noon.Add(time.Hour),
					Findings: r.Attempts[0].Findings})
		}, all},
		"the oldest attempt is dropped": {&record, func(v any) {
			r := v.(*decide.Record)
			r.Attempts = r.Attempts[1:]
		}, slices.Concat([]string{"", "Attempts[0]", "Attempts[1]", "Attempts[1].Asks[0]",
			"Attempts[1].Asks[0].Parameters.Ports", "Attempts[1].Asks[0].Ref", "Attempts[1].Findings[0]"}, policy,
			[]string{"Refused", "Target", "Unconfirmed[0]"})},
		"another attempt gets the number of one that was not needed": {&record, func(v any) {
			v.(*decide.Record).Attempts[2].QueuedAt = noon.Add(time.Hour)
		}, without("Attempts[2]", "Attempts[2].Asks[0]", "Attempts[2].Asks[0].Parameters.Ports",
			"Attempts[2].Asks[0].Ref", "Attempts[2].Findings[0]")},
		"a finding joins and one goes": {&record, func(v any) {
			v.(*decide.Record).Attempts[0].Findings = []decide.Ref{{ID: "f3"}, {ID: "f2", Event: "e2"}}
		}, without("Attempts[0].Findings[0]")},
		"a finding comes again": {&record, func(v any) { v.(*decide.Record).Unconfirmed[0].Event = "e4" },
			without("Unconfirmed[0]")},
		"another undo is refused": {&record, func(v any) {
			v.(*decide.Record).Refused = decide.UndoRefusal{Request: "r3", At: noon.Add(time.Hour)}
		}, without("Refused")},
		"no undo is refused": {&record, func(v any) { v.(*decide.Record).Refused = decide.UndoRefusal{} },
			without("Refused")},
		"nothing is to be done": {&record,
			func(v any) { v.(*decide.Record).Attempts, v.(*decide.Record).Unconfirmed = nil, nil },
			slices.Concat([]string{""}, policy, []string{"Refused", "Target"})},
		"a breaker changes nothing": {&breaker, func(any) {},
			[]string{"", "Accounts[0]", "Accounts[0].Probe", "Failures[0]", "Failures[1]", "Probe"}},
		"others try a breaker, and one fails again": {&breaker, func(v any) {
			b := v.(*decide.Breaker)
			b.Probe.Key, b.Accounts[0].Probe.At, b.Accounts[0].OpenUntil = "c", noon.Add(time.Hour), noon.Add(time.Hour)
			b.Failures = []decide.TargetFailure{{Key: "b", At: noon}, {Key: "a", At: noon.Add(time.Hour)}}
		}, []string{"", "Accounts[0]", "Failures[0]"}},
		"an account lacks something else": {&account, func(v any) {
			a := v.(*decide.Account)
			a.Missing = []decide.Missing{{Place: "us-east-1/"}, {Tries: 2}}
		}, []string{"", "Missing[1]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newer := &newerCode{rng: rand.New(rand.NewPCG(1, 1))}
			saved := rewrite(t, reflect.TypeOf(tc.stored).Elem(), newer.write(t, tc.stored), tc.edit)
			if diff := cmp.Diff(tc.want, futures("", &types.AttributeValueMemberM{Value: saved})); diff != "" {
				t.Errorf("objects with the field that is unknown (-want +got):\n%s", diff)
			}
		})
	}
}

// futures lists the objects that have what newerCode writes.
func futures(path string, v types.AttributeValue) []string {
	var found []string
	switch v := v.(type) {
	case *types.AttributeValueMemberL:
		for i, inner := range v.Value {
			found = append(found, futures(fmt.Sprintf("%s[%d]", path, i), inner)...)
		}
	case *types.AttributeValueMemberM:
		for _, name := range slices.Sorted(maps.Keys(v.Value)) {
			if name == "Future" {
				found = append(found, path)
			} else {
				found = append(found, futures(strings.TrimPrefix(path+"."+name, "."), v.Value[name])...)
			}
		}
	}
	return slices.Sorted(slices.Values(found))
}

// Known fields are emptied too: an undo that has ended holds nothing, and a record that is done leaves the index.
func TestKnownFieldsAreEmptied(t *testing.T) {
	t.Parallel()
	record := fullRecord("emptied")
	saved := rewrite(t, reflect.TypeFor[decide.Record](),
		(&newerCode{rng: rand.New(rand.NewPCG(1, 1))}).write(t, &record), func(v any) {
			rec := v.(*decide.Record)
			rec.HeldAt, rec.HeldBy, rec.Unconfirmed, rec.Parked = time.Time{}, "", nil, nil
			rec.Last().State, rec.Last().Cause = decide.Failed, ""
		})
	for _, name := range []string{"HeldAt", "HeldBy", "Unconfirmed", "open", "since"} {
		if _, is := saved[name]; is {
			t.Errorf("%s is still there", name)
		}
	}
	if _, is := saved["expires"]; !is {
		t.Error("what is done with does not expire")
	}
}

// The history of an attempt that a newer version began has what that version knew of it.
func TestArchiveKeepsUnknown(t *testing.T) {
	t.Parallel()
	record := fullRecord("archived")
	db := &table{item: (&newerCode{rng: rand.New(rand.NewPCG(1, 1))}).write(t, &record)}
	rec, err := of(db).Load(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	other := decide.Attempt{Number: 44, QueuedAt: noon}
	for _, a := range []decide.Attempt{rec.Attempts[0], other} {
		if err := of(db).Archive(t.Context(), rec, decide.Ended{Attempt: a}); err != nil {
			t.Fatal(err)
		}
	}
	var got [2][]string
	for i := range got {
		got[i] = futures("", &types.AttributeValueMemberM{Value: db.puts[i].Item})
	}
	want := [2][]string{{"Attempt", "Attempt.Findings[0]", "Attempt.Findings[1]", "Attempt.Parameters.Empty",
		"Attempt.Parameters.GroupId", "Attempt.Parameters.Ports", "Attempt.RevertedBy"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("objects with the field that is unknown (-want +got):\n%s", diff)
	}
}

// An object in a list is found again by its identity only.
func TestIdentities(t *testing.T) {
	t.Parallel()
	var check func(of reflect.Type, listed bool)
	check = func(of reflect.Type, listed bool) {
		switch of.Kind() {
		case reflect.Slice:
			check(of.Elem(), true)
		case reflect.Map:
			check(of.Elem(), false)
		case reflect.Struct:
			if listed && len(ledger.Identities[of]) == 0 {
				t.Errorf("%s is in a list and has no identity", of)
			}
			for i := range of.NumField() {
				if of.Field(i).IsExported() {
					check(of.Field(i).Type, false)
				}
			}
		}
	}
	for kind := range kinds {
		check(kind, false)
	}
	for of, names := range ledger.Identities {
		for _, name := range names {
			if _, ok := of.FieldByName(name); !ok {
				t.Errorf("%s has no field %s", of, name)
			}
		}
	}
}
