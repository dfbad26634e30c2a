package templates

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// defaultPrefix is the location of the files after the folder is uploaded on a bucket's page.
const defaultPrefix = "dist/"

// parameters declare them.
var parameters = map[string]any{
	CodeBucket: map[string]any{
		"Type": "String", "AllowedPattern": `^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`,
		"ConstraintDescription": "must be the name of a bucket",
		"Description":           "The bucket with the files of the folder dist. It must be in this Region.",
	},
	CodePrefix: map[string]any{
		"Type": "String", "Default": defaultPrefix, "AllowedPattern": `^([A-Za-z0-9!_.*'()-]+/)*$`,
		"ConstraintDescription": "must end with a slash, or be empty",
		"Description": "What the names of the files begin with in the bucket, such as dist/. Empty: they " +
			"are at its top.",
	},
}

// rewritten returns a stack's template with parameters instead of the bootstrap bucket.
func (a *assembly) rewritten(s stack) ([]byte, error) {
	text, err := os.ReadFile(s.file)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var whole map[string]any
	if err := d.Decode(&whole); err != nil {
		return nil, err
	}
	r := &rewriting{assets: a.assets}
	for _, section := range []string{"Resources", "Outputs", "Conditions"} {
		if v, ok := whole[section]; ok {
			whole[section] = r.value(v)
		}
	}
	if r.changed {
		if err := declare(whole); err != nil {
			return nil, err
		}
	}
	out := format(whole)
	return out, a.leftOver(string(out))
}

// declare adds the parameters to a template.
func declare(template map[string]any) error {
	declared, _ := template["Parameters"].(map[string]any)
	if declared == nil {
		declared = map[string]any{}
	}
	for name, p := range parameters {
		if _, taken := declared[name]; taken {
			return fmt.Errorf("parameter %s already exists", name)
		}
		declared[name] = p
	}
	template["Parameters"] = declared
	return nil
}

// leftOver refuses a template that still refers to the bootstrap bucket in an unknown form.
func (a *assembly) leftOver(text string) error {
	for _, asset := range a.assets {
		for _, needed := range []string{asset.bucket, asset.key} {
			if strings.Contains(text, needed) {
				return fmt.Errorf("it still refers to %s", needed)
			}
		}
	}
	return nil
}

type rewriting struct {
	assets  []asset
	changed bool
}

// value rewrites a value of the template. The CDK refers to an asset in two ways: with separate texts for bucket and
// key, and with a URL within Fn::Sub.
func (r *rewriting) value(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if text, ok := v["Fn::Sub"].(string); ok {
			return r.substitution(v, text)
		}
		for key, item := range v {
			v[key] = r.value(item)
		}
	case []any:
		for i, item := range v {
			v[i] = r.value(item)
		}
	case string:
		for _, asset := range r.assets {
			if v == asset.key {
				return map[string]any{"Fn::Sub": r.place(asset)}
			}
		}
	}
	return v
}

// substitution rewrites the text of an Fn::Sub.
func (r *rewriting) substitution(v map[string]any, text string) any {
	for _, asset := range r.assets {
		if text == asset.bucket {
			r.changed = true
			return map[string]any{"Ref": CodeBucket}
		}
		if before, ok := strings.CutSuffix(text, asset.bucket+"/"+asset.key); ok {
			v["Fn::Sub"] = before + "${" + CodeBucket + "}/" + r.place(asset)
		}
	}
	return v
}

// place returns the key of an asset in the bucket.
func (r *rewriting) place(a asset) string {
	r.changed = true
	return "${" + CodePrefix + "}" + Code + a.name
}
