// Package catalog owns what Hubmend can repair: controls, the runbooks that repair
// them, and the playbooks that group them. All of it is data; this package decodes
// and checks the data and answers questions about it.
//
// It must not import the CDK or an AWS client: templates, the lab and the command line all read
// it. Functions read what package prepared has of it, because decoding and checking all of it
// takes most of a cold start.
package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"hubmend/internal/catalog/runbook"
	"hubmend/internal/engine/control"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/prepared"
	"hubmend/servicecatalog"
	ssmdocuments "hubmend/ssm-documents"
)

// Catalog is the whole of it, checked.
type Catalog struct {
	Controls  []Control  // in the order of Compare
	Runbooks  []Runbook  // sorted by name
	Playbooks []Playbook // sorted by id
	Roles     []Role     // sorted by name

	Permissions runbook.Permissions

	files    []controlFile       // with their settings
	parts    map[string]int      // of runbooks that were assigned one, by name
	controls map[string]*Control // by id in lower case
	rules    map[string]*Control // by standard + " " + rule in lower case
	groups   map[string]*Group
}

// Prepared gives what functions need of the catalog, in the form in which they read it.
func (c *Catalog) Prepared() ([]byte, error) {
	var groups []Group
	for _, p := range c.Playbooks {
		groups = append(groups, p.Groups...)
	}
	return prepared.Write(c.Controls, groups)
}

// CheckPrepared says whether the functions of this binary's source would be built with another
// catalog than this one.
func (c *Catalog) CheckPrepared() error {
	text, err := c.Prepared()
	if err == nil && string(text) != prepared.Text {
		err = errors.New("what the functions have of the catalog is out of date: run make generate")
	}
	return err
}

// Versions gives the version of each playbook, by its id.
func (c *Catalog) Versions() map[string]string {
	all := map[string]string{}
	for _, p := range c.Playbooks {
		all[p.ID] = p.Version
	}
	return all
}

// Runbook is a document with the name that controls refer to it by.
type Runbook struct {
	Name     string
	Document *runbook.Document
	Text     []byte
	// Shared are the parts of Text, one after the other, that other documents have too: the runtime of programs, and
	// the engine of settings.
	Shared []string
	source string // the file of the program, or of the control with the setting
}

// Around gives what comes before and after the shared parts of the text.
func (r Runbook) Around() (head, tail string) {
	head, tail, _ = strings.Cut(string(r.Text), strings.Join(r.Shared, ""))
	return head, tail
}

// File is where the runbook's source is.
func (r Runbook) File() string { return r.source }

// IsSetting says whether the runbook is declared in a control's file. Tests of settings come from there too.
func (r Runbook) IsSetting() bool { return strings.HasPrefix(r.source, "controls/") }

var load = sync.OnceValues(func() (*Catalog, error) { return Load(ssmdocuments.Files, servicecatalog.Files) })

// Embedded gives the catalog that this binary was built with. It panics when the data is
// wrong, which a test rules out before the binary is released.
func Embedded() *Catalog {
	c, err := load()
	if err != nil {
		panic(err)
	}
	return c
}

// Check gives what Embedded would panic with, for programs that are run while somebody
// writes the data.
func Check() error {
	_, err := load()
	return err
}

// Load reads controls/*.yaml, programs, permissions/*.yaml and roles/*.yaml from documents and
// *.yaml from playbooks, and parts.yaml. Its error lists every problem that it found, each with its file.
func Load(documents, playbooks fs.FS) (*Catalog, error) {
	c := &Catalog{controls: map[string]*Control{}, rules: map[string]*Control{}, groups: map[string]*Group{}}
	files, errControls := each(documents, "controls/*.yaml", parseControl)
	books, errBooks := each(playbooks, "*.yaml", parsePlaybook)
	roles, errRoles := each(documents, "roles/*.yaml", parseRole)
	permissions, errPermissions := loadPermissions(documents)
	parts, errParts := loadParts(documents)
	programs, errPrograms := loadPrograms(documents)
	if err := errors.Join(errPrograms, errControls, errBooks, errPermissions, errRoles, errParts); err != nil {
		return nil, err
	}
	settings, err := loadSettings(documents, files)
	if err != nil {
		return nil, err
	}
	var controls []Control
	for _, f := range files {
		controls = append(controls, f.Control)
	}
	slices.SortFunc(controls, func(a, b Control) int { return Compare(a.ID, b.ID) })
	runbooks := slices.Concat(programs, settings)
	slices.SortFunc(runbooks, func(a, b Runbook) int { return strings.Compare(a.Name, b.Name) })
	c.Runbooks = runbooks
	c.Controls = controls
	c.Playbooks = books
	c.Permissions = permissions
	c.Roles = roles
	c.parts = parts
	c.files = files
	if err := c.link(); err != nil {
		return nil, err
	}
	return c, nil
}

// Control finds the control that a finding is about.
func (c *Catalog) Control(f finding.Finding) (Control, bool) { return control.Of(f, c) }

// ByRule gives the control that a standard has under a number of its own.
func (c *Catalog) ByRule(standard, rule string) (Control, bool) {
	if found := c.rules[ruleKey(standard, rule)]; found != nil {
		return *found, true
	}
	return Control{}, false
}

// Security Hub writes ids and numbers in more than one case.
func ruleKey(standard, rule string) string { return strings.ToLower(standard + " " + rule) }

// ByID gives the control with a consolidated id such as EC2.13, in any case.
func (c *Catalog) ByID(id string) (Control, bool) {
	if control := c.controls[strings.ToLower(id)]; control != nil {
		return *control, true
	}
	return Control{}, false
}

// Group gives the control group with an id such as CIS4142, which is also the id of
// its custom action.
func (c *Catalog) Group(id string) (Group, bool) {
	if g := c.groups[id]; g != nil {
		return *g, true
	}
	return Group{}, false
}

// GroupOf gives the first group with a control. A control that no playbook lists yet has an empty one.
func (c *Catalog) GroupOf(control string) Group {
	for _, p := range c.Playbooks {
		for _, g := range p.Groups {
			if slices.Contains(g.Controls, control) {
				return g
			}
		}
	}
	return Group{}
}

// Runbook gives the runbook with a name.
func (c *Catalog) Runbook(name string) (Runbook, bool) {
	i, ok := slices.BinarySearchFunc(c.Runbooks, name, func(r Runbook, name string) int {
		return strings.Compare(r.Name, name)
	})
	if !ok {
		return Runbook{}, false
	}
	return c.Runbooks[i], true
}

// link builds the indexes and checks what one file alone cannot tell.
func (c *Catalog) link() error {
	var errs []error
	used := map[string]bool{}
	for i := range c.Controls {
		control := &c.Controls[i]
		key := strings.ToLower(control.ID)
		if other := c.controls[key]; other != nil {
			errs = append(errs, fmt.Errorf("controls/%s.yaml: only its case differs from %s", control.ID, other.ID))
		}
		c.controls[key] = control
		used[control.Runbook] = true
		if control.Reversible {
			used[naming.UndoRunbook(control.Runbook)] = true
		}
		errs = append(errs, c.linkControl(control))
	}
	for _, r := range c.Runbooks {
		if !used[r.Name] {
			errs = append(errs, fmt.Errorf("%s: no control uses it%s", r.File(), orReversible(r.Name)))
		}
	}
	for i := range c.Playbooks {
		errs = append(errs, c.linkPlaybook(&c.Playbooks[i]))
	}
	return errors.Join(errs...)
}

func (c *Catalog) linkControl(control *Control) error {
	var errs []error
	for _, standard := range slices.Sorted(maps.Keys(control.Frameworks)) {
		key := ruleKey(standard, control.Frameworks[standard])
		if other := c.rules[key]; other != nil {
			errs = append(errs, fmt.Errorf("controls/%s.yaml: %s is %s already", control.ID, key, other.ID))
		}
		c.rules[key] = control
	}
	r, ok := c.Runbook(control.Runbook)
	if !ok {
		return errors.Join(append(errs,
			fmt.Errorf("controls/%s.yaml: there is no programs/%[2]s.py, and no setting in this file", control.ID,
				control.Runbook))...)
	}
	if err := checkParameters(*control, r.Document); err != nil {
		errs = append(errs, fmt.Errorf("controls/%s.yaml: %w", control.ID, err))
	}
	return errors.Join(append(errs, c.checkUndo(control, r))...)
}

func (c *Catalog) linkPlaybook(p *Playbook) error {
	var errs []error
	for i := range p.Groups {
		g := &p.Groups[i]
		if c.groups[g.ID] != nil {
			errs = append(errs, fmt.Errorf(
				"%s.yaml: group %s exists already; its custom action could not be told from the other's", p.ID, g.ID))
		}
		c.groups[g.ID] = g
		for _, id := range g.Controls {
			control := c.controls[strings.ToLower(id)]
			switch {
			case control == nil || control.ID != id:
				errs = append(errs, fmt.Errorf("%s.yaml: group %s: there is no controls/%s.yaml", p.ID, g.ID, id))
			case control.Frameworks[p.Framework] == "":
				errs = append(errs, fmt.Errorf("%s.yaml: group %s: %s has no number in %s", p.ID, g.ID, id,
					p.Framework))
			}
		}
	}
	return errors.Join(errs...)
}

// each reads every file that matches the pattern and collects all errors.
func each[T any](files fs.FS, pattern string, parse func(stem string, text []byte) (T, error)) ([]T, error) {
	names, err := fs.Glob(files, pattern)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", pattern, err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("list %s: no file", pattern)
	}
	var all []T
	var errs []error
	for _, name := range names { // Glob sorts
		text, err := fs.ReadFile(files, name)
		if err != nil {
			errs = append(errs, fmt.Errorf("read %s: %w", name, err))
			continue
		}
		value, err := parse(strings.TrimSuffix(path.Base(name), ".yaml"), naming.Own(text))
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			continue
		}
		all = append(all, value)
	}
	return all, errors.Join(errs...)
}

// loadPermissions reads the permissions of every service. A call is in one file only.
func loadPermissions(files fs.FS) (runbook.Permissions, error) {
	parts, err := each(files, "permissions/*.yaml", func(_ string, text []byte) (runbook.Permissions, error) {
		return runbook.ParsePermissions(text)
	})
	if err != nil {
		return nil, err
	}
	all := runbook.Permissions{}
	for _, part := range parts {
		for call, p := range part {
			if _, twice := all[call]; twice {
				return nil, fmt.Errorf("permissions: %s is in two files", call)
			}
			all[call] = p
		}
	}
	return all, nil
}

// decodeStrictly refuses a key that is unknown or given twice, and a second document,
// which a decoder would pass over in silence.
func decodeStrictly(text []byte, into any) error {
	dec := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := dec.Decode(into); err != nil {
		if errors.Is(err, io.EOF) {
			return errors.New("the file is empty")
		}
		return err
	}
	if err := dec.Decode(new(any)); !errors.Is(err, io.EOF) {
		return errors.New("more than one document in the file")
	}
	return nil
}

// Policy gives the statements that the role of a runbook needs.
func (c *Catalog) Policy(r Runbook) ([]runbook.Statement, error) {
	statements, err := runbook.Policy(r.Document, c.Permissions)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.File(), err)
	}
	return statements, nil
}
