package cfn

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Types of parameters.
const (
	typeString = "String"
	typeNumber = "Number"
	typeSSM    = "AWS::SSM::Parameter::Value<String>"
)

var listTypes = []string{"CommaDelimitedList", "List<String>"}

// parameter is an entry of Parameters as it is written.
type parameter struct {
	Type                               string
	Default                            any
	AllowedValues                      []any
	AllowedPattern                     string
	MinLength, MaxLength               json.Number
	MinValue, MaxValue                 json.Number
	Description, ConstraintDescription string
	NoEcho                             any
}

// check verifies the declaration.
func (p parameter) check() error {
	if !slices.Contains(append([]string{typeString, typeNumber, typeSSM}, listTypes...), p.Type) {
		return fmt.Errorf("the type %q is not supported", p.Type)
	}
	if p.Type != typeString && (p.MinLength != "" || p.MaxLength != "") {
		return fmt.Errorf("MinLength and MaxLength are for the type String")
	}
	if p.Type != typeNumber && (p.MinValue != "" || p.MaxValue != "") {
		return fmt.Errorf("MinValue and MaxValue are for the type Number")
	}
	if _, err := regexp.Compile(p.AllowedPattern); err != nil {
		return fmt.Errorf("AllowedPattern: %w", err)
	}
	return nil
}

// value checks the text that was given for a parameter and gives what Ref gives: a string
// or, for a list, []any of strings.
func (p parameter) value(given string) (any, error) {
	if !slices.Contains(listTypes, p.Type) {
		return given, p.accept(given)
	}
	list := []any{}
	if given == "" {
		return list, nil
	}
	for _, item := range strings.Split(given, ",") {
		item = strings.TrimSpace(item)
		if err := p.accept(item); err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, nil
}

// accept holds one value against the constraints.
func (p parameter) accept(value string) error {
	err := errors.Join(p.acceptListed(value), p.acceptText(value), p.acceptNumber(value))
	if err != nil && p.ConstraintDescription != "" {
		return fmt.Errorf("%w (%s)", err, p.ConstraintDescription)
	}
	return err
}

func (p parameter) acceptListed(value string) error {
	var allowed []string
	for _, v := range p.AllowedValues {
		allowed = append(allowed, fmt.Sprint(v))
	}
	if allowed != nil && !slices.Contains(allowed, value) {
		return fmt.Errorf("%q is not one of the allowed values %s", value, strings.Join(allowed, ", "))
	}
	return nil
}

func (p parameter) acceptText(value string) error {
	if p.AllowedPattern != "" && !regexp.MustCompile(`^(?:`+p.AllowedPattern+`)$`).MatchString(value) {
		return fmt.Errorf("%q does not match the pattern %s", value, p.AllowedPattern)
	}
	length := float64(utf8.RuneCountInString(value))
	if outside(length, p.MinLength, p.MaxLength) {
		return fmt.Errorf("%q has %v characters, which is outside of %s to %s", value, length, p.MinLength, p.MaxLength)
	}
	return nil
}

func (p parameter) acceptNumber(value string) error {
	if p.Type != typeNumber {
		return nil
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return fmt.Errorf("%q is not a number", value)
	}
	if outside(n, p.MinValue, p.MaxValue) {
		return fmt.Errorf("%s is outside of %s to %s", value, p.MinValue, p.MaxValue)
	}
	return nil
}

func outside(n float64, least, most json.Number) bool {
	low, lowErr := least.Float64() // an unset bound does not parse
	high, highErr := most.Float64()
	return lowErr == nil && n < low || highErr == nil && n > high
}

// resolveParameters gives the value of every parameter, or all that is wrong with them.
func (t *Template) resolveParameters(env Environment, given map[string]string) (map[string]any, error) {
	values := map[string]any{}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, ok := t.parameters[name]; !ok {
			problems = append(problems, fmt.Errorf("parameter %s: the template does not have it", name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.parameters)) {
		v, err := t.resolveParameter(env, name, given)
		if err != nil {
			problems = append(problems, fmt.Errorf("parameter %s: %w", name, err))
		}
		values[name] = v
	}
	return values, errors.Join(problems...)
}

func (t *Template) resolveParameter(env Environment, name string, given map[string]string) (any, error) {
	p := t.parameters[name]
	text, ok := given[name]
	if !ok {
		if p.Default == nil {
			return nil, fmt.Errorf("has no default and no value was given")
		}
		text = fmt.Sprint(p.Default)
	}
	v, err := p.value(text)
	if err != nil || p.Type != typeSSM || !t.used[name] {
		return v, err
	}
	if env.SSMParameter == nil {
		return nil, fmt.Errorf("its value is in the SSM parameter %s, which cannot be looked up here", text)
	}
	return env.SSMParameter(text)
}
