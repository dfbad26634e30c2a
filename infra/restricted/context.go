package restricted

import (
	"encoding/json"
	"fmt"
	"os"
)

// FromEnvironment reads the settings before there is an app, from what the CDK command line gives to
// the program that it runs. Without it there are none.
func FromEnvironment() (*Settings, error) {
	context := map[string]any{}
	if text := os.Getenv("CDK_CONTEXT_JSON"); text != "" {
		if err := json.Unmarshal([]byte(text), &context); err != nil {
			return nil, fmt.Errorf("read the context of the CDK: %w", err)
		}
	}
	return read(func(key string) any { return context[key] })
}
