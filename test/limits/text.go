package limits

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// The longest that CloudFormation puts in place of what a template does not know.
var longest = map[string]string{
	"AWS::Partition": "aws-us-gov", "AWS::AccountId": "000000000000", "AWS::Region": "ap-northeast-1",
	"AWS::URLSuffix": "amazonaws.com.cn",
	"AWS::StackName": strings.Repeat("s", 64), "AWS::NoValue": "",
}

// unknown stands for the value of a parameter, or what a resource is known by: an ARN with a name.
var unknown = strings.Repeat("x", 120)

var variable = regexp.MustCompile(`\$\{[^}]+\}`)

// resolved replaces every function in a value by the longest text that it may give, and so far as
// a policy or pattern is concerned by its size.
func resolved(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if text, is := function(name, argument); is {
					return text
				}
			}
		}
		out := map[string]any{}
		for key, item := range v {
			out[key] = resolved(item)
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, item := range v {
			out = append(out, resolved(item))
		}
		return out
	}
	return v
}

// function returns what a function may give, and false for a key that is none.
func function(name string, argument any) (any, bool) {
	switch name {
	case "Ref":
		return named(argument), true
	case "Fn::GetAtt", "Fn::FindInMap", "Fn::Select":
		return unknown, true
	case "Fn::Sub":
		text, _ := argument.(string)
		return variable.ReplaceAllStringFunc(text,
			func(found string) string { return named(strings.Trim(found, "${}")) }), true
	case "Fn::Join":
		list, _ := argument.([]any)
		if len(list) != 2 {
			return unknown, true
		}
		separator, _ := list[0].(string)
		parts, _ := list[1].([]any)
		var texts []string
		for _, part := range parts {
			text, _ := resolved(part).(string)
			texts = append(texts, text)
		}
		return strings.Join(texts, separator), true
	case "Fn::If":
		list, _ := argument.([]any)
		if len(list) != 3 {
			return unknown, true
		}
		return slices.MaxFunc([]any{resolved(list[1]), resolved(list[2])},
			func(a, b any) int { return size(a) - size(b) }), true
	}
	return nil, strings.HasPrefix(name, "Fn::")
}

func named(name any) string {
	if text, known := longest[name.(string)]; known {
		return text
	}
	return unknown
}

// size is that of a value as AWS gets it: JSON without white space, or a text as it is.
func size(v any) int {
	v = resolved(v)
	if text, is := v.(string); is {
		return len(text)
	}
	text, err := json.Marshal(v)
	if err != nil || v == nil {
		return 0
	}
	return len(text)
}

// items counts those of a list, or of what stands for one.
func items(v any) int {
	switch v := v.(type) {
	case nil:
		return 0
	case []any:
		return len(v)
	}
	return 1
}

// sorted returns the keys of a map in their order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
