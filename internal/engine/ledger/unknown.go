package ledger

import (
	"maps"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hubmend/internal/engine/decide"
)

// own are the attributes of an item that every save writes anew or leaves out.
var own = []string{"pk", "sk", "open", "since", "expires", "schema"}

// identities are the fields by which an object inside an item is recognized. If another object takes its place, such as
// a new attempt or the probe of another target, attributes that a newer version of Hubmend stored in it are dropped.
// An object of any other type belongs to the one around it.
var identities = map[reflect.Type][]string{
	// one that was dropped leaves its number to the next
	reflect.TypeFor[decide.Attempt]():       {"Number", "QueuedAt"},
	reflect.TypeFor[decide.Ref]():           {"ID", "Event"},
	reflect.TypeFor[decide.Request]():       {"Ref"},
	reflect.TypeFor[decide.Parked]():        {"Request"},
	reflect.TypeFor[decide.UndoRefusal]():   {"Request", "At"},
	reflect.TypeFor[decide.TargetFailure](): {"Key", "At"},
	reflect.TypeFor[decide.AccountPause]():  {"Account"},
	reflect.TypeFor[decide.Missing]():       {"Place"},
	reflect.TypeFor[decide.Probe]():         {"Key", "At"},
}

// unknownIn returns the attributes of an item, and of the objects inside it, that a type has no field for. Nil
// means none.
func unknownIn(i item, of reflect.Type) decide.Unknown {
	i = maps.Clone(i)
	for _, name := range own {
		delete(i, name)
	}
	if rest, ok := unknown(&types.AttributeValueMemberM{Value: i}, of).(*types.AttributeValueMemberM); ok {
		return rest.Value
	}
	return nil
}

// unknown is unknownIn for any value. Objects keep their identities.
func unknown(v types.AttributeValue, of reflect.Type) types.AttributeValue {
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		rest := item{}
		for name, inner := range v.Value {
			if of, known := typeOf(of, name); known {
				inner = unknown(inner, of)
			}
			if inner != nil {
				rest[name] = inner
			}
		}
		if len(rest) == 0 {
			return nil
		}
		for _, name := range identities[of] {
			if is, ok := v.Value[name]; ok {
				rest[name] = is
			}
		}
		return &types.AttributeValueMemberM{Value: rest}
	case *types.AttributeValueMemberL:
		var rest []types.AttributeValue
		for _, inner := range v.Value {
			if inner = unknown(inner, of.Elem()); inner != nil {
				rest = append(rest, inner)
			}
		}
		if len(rest) > 0 {
			return &types.AttributeValueMemberL{Value: rest}
		}
	}
	return nil
}

// typeOf returns the type of a part of an object, and false for a part that is unknown. Fields are found as the decoder
// finds them.
func typeOf(object reflect.Type, name string) (reflect.Type, bool) {
	switch object.Kind() {
	case reflect.Map:
		return object.Elem(), true
	case reflect.Struct:
		field, ok := object.FieldByNameFunc(func(f string) bool { return strings.EqualFold(f, name) })
		return field.Type, ok
	}
	return nil, false
}

// restore puts what unknown gave back into an encoded value, where that still has the objects that it was in.
func restore(v, rest types.AttributeValue, of reflect.Type) {
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		rest, ok := rest.(*types.AttributeValueMemberM)
		if ok && same(v.Value, rest.Value, of) {
			restoreIn(v.Value, rest.Value, of)
		}
	case *types.AttributeValueMemberL:
		for _, inner := range v.Value {
			if was := find(rest, inner, of.Elem()); was != nil {
				restore(inner, was, of.Elem())
			}
		}
	}
}

// restoreIn is restore for an object that is known to be the same.
func restoreIn(i, rest item, of reflect.Type) {
	for name, was := range rest {
		if of, known := typeOf(of, name); !known {
			i[name] = was
		} else if is, ok := i[name]; ok {
			restore(is, was, of)
		}
	}
}

// find returns the object of a list that is the same as another, or nil.
func find(list, object types.AttributeValue, of reflect.Type) types.AttributeValue {
	l, _ := list.(*types.AttributeValueMemberL)
	is, _ := object.(*types.AttributeValueMemberM)
	if l == nil || is == nil {
		return nil
	}
	for _, v := range l.Value {
		if was, ok := v.(*types.AttributeValueMemberM); ok && same(is.Value, was.Value, of) {
			return was
		}
	}
	return nil
}

// same reports whether two encoded objects of a type have the same identity.
func same(a, b item, of reflect.Type) bool {
	for _, name := range identities[of] {
		inA, isA := a[name].(*types.AttributeValueMemberM)
		inB, isB := b[name].(*types.AttributeValueMemberM)
		if isA && isB {
			if of, known := typeOf(of, name); !known || !same(inA.Value, inB.Value, of) {
				return false
			}
			continue
		}
		if scalar(a[name]) != scalar(b[name]) {
			return false
		}
	}
	return true
}

// scalar returns a text or a number, and nothing for what is empty.
func scalar(v types.AttributeValue) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		if !empty(v) {
			return v.Value
		}
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return ""
}
