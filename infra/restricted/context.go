package restricted

import (
	"encoding/json"
	"fmt"
	"os"

	"hubmend/internal/engine/naming"
)

// FromEnvironment reads the settings before there is an app, from what the CDK command line gives to
// the program that it runs. Without it there are none. Names that the environment demands otherwise are an
// error: the command line would look for what is never deployed.
func FromEnvironment() (*Settings, error) {
	context := map[string]any{}
	if text := os.Getenv("CDK_CONTEXT_JSON"); text != "" {
		if err := json.Unmarshal([]byte(text), &context); err != nil {
			return nil, fmt.Errorf("read the context of the CDK: %w", err)
		}
	}
	return read(func(key string) any { return context[key] }, false)
}

// Environment is what the process that synthesizes must have in its environment, because names are fixed
// when a process starts.
func (s *Settings) Environment() []string {
	var all []string
	for name, value := range naming.Environment(s.NamePrefix, s.RolePath) {
		all = append(all, name+"="+value)
	}
	return all
}
