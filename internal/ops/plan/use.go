package plan

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"

	"hubmend/internal/aws/jsonpath"
	"hubmend/internal/aws/ssmtext"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/lab/automation"
	ssmdocuments "hubmend/ssm-documents"
)

// Use is what uses the resource in some way.
type Use struct {
	Title string `json:"title"`
	Found []any  `json:"found"`
	// Unknown says why it could not be found out.
	Unknown string `json:"unknown,omitempty"`
}

// look is a read that tells what uses a resource, or says what no read can tell. ssm-documents/uses has them for each
// runbook.
type look struct {
	Name  string         `yaml:"name"`
	Title string         `yaml:"title"`
	Each  string         `yaml:"each"` // the name of a look before; this one is for each thing that it found
	Call  string         `yaml:"call"` // service:Api
	Input map[string]any `yaml:"input"`
	Days  int            `yaml:"days"` // the call also gets StartTime and EndTime: the last days
	Path  string         `yaml:"path"`
	Show  []string       `yaml:"show"` // paths in what was found; all of it when there are none
	// Unknown says what is not known and where it can be looked up. Such a look has no call.
	Unknown string `yaml:"unknown"`
}

var looks = sync.OnceValues(func() (map[string][]look, error) { return readLooks(ssmdocuments.Files) })

func readLooks(files fs.FS) (map[string][]look, error) {
	all := map[string][]look{}
	err := eachFile(files, "uses", func(name string, text []byte) error {
		var some []look
		if err := yaml.UnmarshalWithOptions(text, &some, yaml.Strict()); err != nil {
			return err
		}
		all[name] = some
		return nil
	})
	return all, err
}

// eachFile reads the files of a folder of ssm-documents, by their names without the ending.
func eachFile(files fs.FS, folder string, read func(stem string, text []byte) error) error {
	names, err := fs.Glob(files, folder+"/*.yaml")
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err == nil {
			err = read(strings.TrimSuffix(path.Base(name), ".yaml"), text)
		}
		if err != nil {
			return fmt.Errorf("ssm-documents/%s: %w", name, err)
		}
	}
	return nil
}

const (
	foundOutput = "Found" // of a look's step: the things that another look goes through
	eachName    = "each"  // what one of those is called in the input of the other
)

// uses looks what uses the resource. The looks are run as a runbook of their own.
func uses(ctx context.Context, e automation.Executor, r automation.Request, name string) ([]Use, error) {
	all, err := looks()
	if err != nil {
		return nil, err
	}
	tell := []Use{}
	if len(all[name]) == 0 {
		return tell, nil
	}
	doc := *r.Document
	doc.Variables, doc.Outputs, doc.MainSteps = nil, nil, nil
	now := time.Now()
	for _, l := range all[name] {
		if l.Unknown == "" {
			doc.MainSteps = append(doc.MainSteps, l.step(now))
		}
	}
	r.Document = &doc
	var execution automation.Execution
	if len(doc.MainSteps) > 0 {
		execution = e.Run(ctx, r)
	}
	for _, l := range all[name] {
		tell = append(tell, l.use(execution))
	}
	return tell, nil
}

// step writes a look as a step of a runbook. One that fails keeps no other from running.
func (l look) step(now time.Time) runbook.Step {
	service, api, _ := strings.Cut(l.Call, ":")
	inputs := map[string]any{"Service": service, "Api": api}
	maps.Copy(inputs, l.input(now))
	no := false
	step := runbook.Step{Name: l.Name, Action: "aws:executeAwsApi", OnFailure: "Continue", IsCritical: &no,
		Inputs: inputs}
	if strings.Contains(l.Path, "..") { // which gives a list that another look can go through
		step.Outputs = []runbook.Output{{Name: foundOutput, Selector: l.Path, Type: "StringList"}}
	}
	if l.Each == "" {
		return step
	}
	inner := map[string]any{"name": step.Name, "action": step.Action, "onFailure": step.OnFailure, "isCritical": false,
		"inputs": iterating(inputs, "{{ "+l.Name+"Loop.CurrentIteratorValue }}")}
	return runbook.Step{Name: l.Name + "Loop", Action: "aws:loop", OnFailure: "Continue", IsCritical: &no,
		Inputs: map[string]any{
			"Iterators": "{{ " + l.Each + "." + foundOutput + " }}", "IteratorDataType": "String",
			"Steps": []any{inner},
		}}
}

// iterating returns a value in which {{ each }} is the current value of a loop.
func iterating(value any, current string) any {
	switch v := value.(type) {
	case string:
		return strings.ReplaceAll(v, "{{ "+eachName+" }}", current)
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = iterating(item, current)
		}
		return list
	case map[string]any:
		all := make(map[string]any, len(v))
		for name, item := range v {
			all[name] = iterating(item, current)
		}
		return all
	}
	return value
}

// input returns the parameters of the call.
func (l look) input(now time.Time) map[string]any {
	if l.Days == 0 {
		return l.Input
	}
	input := map[string]any{
		"StartTime": now.AddDate(0, 0, -l.Days).UTC().Format(time.RFC3339), "EndTime": now.UTC().Format(time.RFC3339),
	}
	maps.Copy(input, l.Input)
	return input
}

// use tells what a look found.
func (l look) use(e automation.Execution) Use {
	u := Use{Title: l.Title, Found: []any{}, Unknown: l.Unknown}
	ran := l.Unknown != ""
	for _, s := range e.Steps {
		if s.Name != l.Name && s.Name != l.Name+"Loop" {
			continue
		}
		ran = true
		if s.Status != automation.Success {
			u.Unknown = ssmtext.Reason(s.FailureMessage)
			continue
		}
		if s.Name != l.Name {
			continue
		}
		for _, one := range list(s.Response, l.Path) {
			if one = l.part(one); s.Parent != nil {
				one = map[string]any{s.Parent.IteratorValue: one}
			}
			u.Found = append(u.Found, whole(one))
		}
	}
	if !ran {
		u.Unknown = "it was not looked at"
	}
	return u
}

// part returns the shown values of an object, by the last name of each path. Missing values are left out.
func (l look) part(one any) any {
	if len(l.Show) == 0 {
		return one
	}
	shown := map[string]any{}
	for _, at := range l.Show {
		if value, ok := find(one, at); ok && value != nil && value != "" {
			shown[at[strings.LastIndex(at, ".")+1:]] = value
		}
	}
	return shown
}

// lookName is what a step may be called too.
var lookName = regexp.MustCompile(`^[A-Za-z]{1,40}$`)

// problems of a look, for Lint.
func (l look) problems(earlier []look, parameters map[string]runbook.Parameter) []string {
	var found []string
	if !lookName.MatchString(l.Name) || l.Title == "" {
		found = append(found, fmt.Sprintf("use %q needs a name of letters and a title", l.Name))
	}
	if slices.ContainsFunc(earlier, func(o look) bool { return o.Name == l.Name }) {
		found = append(found, "two uses are named "+l.Name)
	}
	if (l.Call == "") == (l.Unknown == "") || l.Unknown != "" && !strings.HasSuffix(l.Unknown, ".") {
		found = append(found, fmt.Sprintf("use %s needs a call, or a sentence that says what is unknown", l.Name))
	}
	for _, name := range runbook.References(l.Input) {
		if _, ok := parameters[name]; !ok && (name != eachName || l.Each == "") {
			found = append(found, fmt.Sprintf("use %s: {{ %s }} is no parameter of the runbook", l.Name, name))
		}
	}
	if l.Each != "" && !slices.ContainsFunc(earlier,
		func(o look) bool { return o.Name == l.Each && strings.Contains(o.Path, "..") }) {
		found = append(found,
			fmt.Sprintf("use %s: each is %s, which is no use above whose path finds a list by ..", l.Name, l.Each))
	}
	return found
}

// find gives what a path leads to; an empty path leads to the whole.
func find(value any, at string) (any, bool) {
	if at == "" {
		return value, value != nil
	}
	p, err := jsonpath.Compile(at)
	if err != nil {
		return nil, false // which the linter refuses
	}
	return p.Select(value)
}

// list gives what a path leads to as a list.
func list(value any, at string) []any {
	found, _ := find(value, at)
	switch v := found.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}
