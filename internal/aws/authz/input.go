package authz

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// JSONInput decodes the body of a call of a JSON protocol.
func JSONInput(body []byte) (map[string]any, error) {
	input := map[string]any{}
	if len(body) == 0 {
		return input, nil
	}
	if err := json.Unmarshal(body, &input); err != nil {
		return nil, fmt.Errorf("decode input: %w", err)
	}
	return input, nil
}

// QueryInput decodes the body of a call of the query protocols, in which A.1.B is B of the first item of list A.
func QueryInput(body []byte) (map[string]any, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fmt.Errorf("decode input: %w", err)
	}
	root := map[string]any{}
	for key := range form {
		at := root
		steps := slices.DeleteFunc(strings.Split(key, "."), func(step string) bool { return step == "member" })
		for _, step := range steps[:len(steps)-1] {
			next, ok := at[step].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[step] = next
			}
			at = next
		}
		at[steps[len(steps)-1]] = form.Get(key)
	}
	input, _ := listed(root).(map[string]any)
	return input, nil
}

// listed converts maps whose keys are the numbers from 1 to lists.
func listed(value any) any {
	m, ok := value.(map[string]any)
	if !ok {
		return value
	}
	for key := range m {
		m[key] = listed(m[key])
	}
	list := make([]any, 0, len(m))
	for i := range m {
		if _, err := strconv.Atoi(i); err != nil {
			return m
		}
	}
	for i := 1; i <= len(m); i++ {
		item, ok := m[strconv.Itoa(i)]
		if !ok {
			return m
		}
		list = append(list, item)
	}
	if len(list) == 0 {
		return m
	}
	return list
}
