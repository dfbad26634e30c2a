package restricted

import (
	"encoding/json"
	"fmt"
	"os"

	"hubmend/internal/engine/naming"
)

// FromEnvironment reads the settings from the environment variable of the CDK command line, before the app exists.
// Without it there are no settings. An environment variable that sets another name is an error, because the command
// line hubmend would look for resources that do not exist.
func FromEnvironment() (*Settings, error) {
	context := map[string]any{}
	if text := os.Getenv("CDK_CONTEXT_JSON"); text != "" {
		if err := json.Unmarshal([]byte(text), &context); err != nil {
			return nil, fmt.Errorf("read the CDK context: %w", err)
		}
	}
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
