package restricted

import (
	"encoding/json"
	"fmt"
	"os"

	"hubmend/internal/engine/naming"
)

// Context is the context that the CDK command line gives to the app, before the app exists.
func Context() (map[string]any, error) {
	context := map[string]any{}
	if text := os.Getenv("CDK_CONTEXT_JSON"); text != "" {
		if err := json.Unmarshal([]byte(text), &context); err != nil {
			return nil, fmt.Errorf("read the CDK context: %w", err)
		}
	}
	return context, nil
}

// FromContext reads the settings. An environment variable that sets another name is an error, because the command line
// hubmend would look for resources that do not exist.
func FromContext(context map[string]any) (*Settings, error) {
	return read(func(key string) any { return context[key] }, false)
}

// Environment has the variables for the process that synthesizes. It reads names when it starts.
func (s *Settings) Environment() []string {
	var all []string
	for name, value := range naming.Environment(s.NamePrefix, s.RolePath) {
		all = append(all, name+"="+value)
	}
	return all
}
