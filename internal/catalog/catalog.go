// Package catalog holds what Hubmend can repair: controls, their runbooks, and the playbooks that group them. All of it
// is data, which this package decodes and checks.
//
// It must not import the CDK or an AWS client, because templates, the lab and the command line all use it. Lambda
// functions use the prepared form (package prepared), because decoding and checking would take most of a cold start.
package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"hubmend/internal/catalog/program"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/engine/control"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/prepared"
	"hubmend/servicecatalog"
	ssmdocuments "hubmend/ssm-documents"
)

// Catalog holds all checked data.
type Catalog struct {
	Controls  []Control  // with a runbook, in the order of Compare
	Guides    []Control  // that only a person can repair, in the same order
	Runbooks  []Runbook  // sorted by name
	Playbooks []Playbook // sorted by id
	Roles     []Role     // sorted by name
	Standards []Standard // in the order in which people see them

	Permissions runbook.Permissions

	files    []controlFile       // with their settings
	parts    map[string]int      // of runbooks that were assigned one, by name
	controls map[string]*Control // by id in lower case
	rules    map[string]string   // ids of controls by standard and number, see prepared.Rules
	actions  map[string]control.CustomAction
}

// Prepared returns the part of the catalog that Lambda functions need, in their format.
func (c *Catalog) Prepared() ([]byte, error) {
	var actions []control.CustomAction
	for _, p := range c.Playbooks {
		actions = append(actions, p.CustomActions()...)
	}
	return prepared.Write(slices.Concat(c.Controls, c.Guides), actions, c.groupsOfControls(), c.changes())
}

// Groups returns the ids of the control groups, of any playbook, that a control is in.
func (c *Catalog) Groups(control string) []string { return c.groupsOfControls()[control] }

// groupsOfControls returns the ids of the groups that each control is in, sorted.
func (c *Catalog) groupsOfControls() map[string][]string {
	groups := map[string][]string{}
	for _, p := range c.Playbooks {
		for _, g := range p.Groups {
			for _, id := range g.Controls {
				if !slices.Contains(groups[id], g.ID) {
					groups[id] = append(groups[id], g.ID)
					slices.Sort(groups[id])
				}
			}
		}
	}
	return groups
}

// PreparedPatches returns the patches in the format of the functions.
func (c *Catalog) PreparedPatches() ([]byte, error) {
	all := map[string]control.Patch{}
	for _, f := range c.files {
		if f.Runbook != "" {
			all[f.ID] = f.Patch
		}
	}
	return prepared.WritePatches(all)
}

// CheckPrepared reports whether this binary contains the prepared form of another catalog.
func (c *Catalog) CheckPrepared() error {
	text, err := c.Prepared()
	patches, errPatches := c.PreparedPatches()
	err = errors.Join(err, errPatches)
	if err == nil && (string(text) != prepared.Text || string(patches) != prepared.PatchText) {
		err = errors.New("the prepared catalog of the functions is out of date: run make generate")
	}
	return err
}

// Versions returns the version of each playbook by id.
func (c *Catalog) Versions() map[string]string {
	all := map[string]string{}
	for _, p := range c.Playbooks {
		all[p.ID] = p.Version
	}
	return all
}

// Runbook is a document and the name by which controls refer to it.
type Runbook struct {
	Name     string
	Document *runbook.Document
	Text     []byte
	Pieces   []program.Piece // of Text
	source   string          // the file of the program, or of the control with the setting
}

// File returns the path of the runbook's source.
func (r Runbook) File() string { return r.source }

// IsSetting reports whether the runbook is declared in a control's file, which also contains its tests.
func (r Runbook) IsSetting() bool { return strings.HasPrefix(r.source, "controls/") }

var load = sync.OnceValues(func() (*Catalog, error) { return Load(ssmdocuments.Files, servicecatalog.Files) })

// Embedded returns the catalog in this binary. It panics if the data is invalid, which tests rule out for released
// binaries.
func Embedded() *Catalog {
	c, err := load()
	if err != nil {
		panic(err)
	}
	return c
}

// Check returns the error of Embedded, for commands that run while the data is being edited.
func Check() error {
	_, err := load()
	return err
}

// Load reads controls/*.yaml, programs, permissions/*.yaml, roles/*.yaml and parts.yaml from documents, and *.yaml from
// playbooks. Its error lists all problems with their files.
func Load(documents, playbooks fs.FS) (*Catalog, error) {
	c := &Catalog{controls: map[string]*Control{}, actions: map[string]control.CustomAction{}}
	files, errControls := each(documents, "controls/*.yaml", parseControl)
	books, errBooks := each(playbooks, "*.yaml", parsePlaybook)
	roles, errRoles := each(documents, "roles/*.yaml", parseRole)
	permissions, errPermissions := loadPermissions(documents)
	parts, errParts := loadParts(documents)
	programs, errPrograms := loadPrograms(documents)
	standards, errStandards := parseStandards()
	if err := errors.Join(errStandards, errPrograms, errControls, errBooks, errPermissions, errRoles,
		errParts); err != nil {
		return nil, err
	}
	settings, err := loadSettings(documents, files)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if f.Guide != "" {
			c.Guides = append(c.Guides, f.Control)
			continue
		}
		c.Controls = append(c.Controls, f.Control)
	}
	for _, controls := range [][]Control{c.Controls, c.Guides} {
		slices.SortFunc(controls, func(a, b Control) int { return Compare(a.ID, b.ID) })
	}
	runbooks := slices.Concat(programs, settings)
	slices.SortFunc(runbooks, func(a, b Runbook) int { return strings.Compare(a.Name, b.Name) })
	c.Runbooks = runbooks
	c.Playbooks = books
	c.Permissions = permissions
	c.Roles = roles
	c.Standards = standards
	c.parts = parts
	c.files = files
	if err := c.link(); err != nil {
		return nil, err
	}
	return c, nil
}

// Control returns the control of a finding.
func (c *Catalog) Control(f finding.Finding) (Control, bool) { return control.Of(f, c) }

// ByRule returns the control with a number of its own in a standard.
func (c *Catalog) ByRule(standard, rule string) (Control, bool) {
	return c.ByID(c.rules[prepared.RuleKey(standard, rule)])
}

// ByID returns the control with a consolidated id such as EC2.13, in any case.
func (c *Catalog) ByID(id string) (Control, bool) {
	if control := c.controls[strings.ToLower(id)]; control != nil {
		return *control, true
	}
	return Control{}, false
}

// CustomAction returns the custom action with an id such as CIS4142.
func (c *Catalog) CustomAction(id string) (control.CustomAction, bool) {
	a, ok := c.actions[id]
	return a, ok
}

// CustomActionFor returns the first custom action on findings of a control, and false if no playbook has the control.
func (c *Catalog) CustomActionFor(id string) (control.CustomAction, bool) {
	for _, p := range c.Playbooks {
		for _, a := range p.CustomActions() {
			if slices.Contains(a.Controls, id) {
				return a, true
			}
		}
	}
	return control.CustomAction{}, false
}

// Runbook returns the runbook with a name.
func (c *Catalog) Runbook(name string) (Runbook, bool) {
	i, ok := slices.BinarySearchFunc(c.Runbooks, name, func(r Runbook, name string) int {
		return strings.Compare(r.Name, name)
	})
	if !ok {
		return Runbook{}, false
	}
	return c.Runbooks[i], true
}

// link builds the indexes and checks everything that depends on more than one file.
func (c *Catalog) link() error {
	var errs []error
	used := map[string]bool{}
	for _, controls := range [][]Control{c.Controls, c.Guides} {
		for i := range controls {
			key := strings.ToLower(controls[i].ID)
			if other := c.controls[key]; other != nil {
				errs = append(errs, fmt.Errorf("controls/%s.yaml: differs from %s only in case", controls[i].ID,
					other.ID))
			}
			c.controls[key] = &controls[i]
		}
	}
	c.rules = prepared.Rules(slices.Concat(c.Controls, c.Guides))
	for i := range c.Controls {
		control := &c.Controls[i]
		used[control.Runbook] = true
		if control.Reversible {
			used[naming.UndoRunbook(control.Runbook)] = true
		}
		errs = append(errs, c.linkControl(control))
	}
	errs = append(errs, checkBounds(c.Controls))
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
	r, ok := c.Runbook(control.Runbook)
	if !ok {
		return errors.Join(append(errs,
			fmt.Errorf("controls/%s.yaml: programs/%[2]s.py not found, and the file has no setting", control.ID,
				control.Runbook))...)
	}
	if err := checkParameters(*control, r.Document); err != nil {
		errs = append(errs, fmt.Errorf("controls/%s.yaml: %w", control.ID, err))
	}
	return errors.Join(append(errs, c.checkUndo(control, r))...)
}

// each reads all files that match the pattern and collects all errors.
func each[T any](files fs.FS, pattern string, parse func(stem string, text []byte) (T, error)) ([]T, error) {
	names, err := fs.Glob(files, pattern)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", pattern, err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("list %s: no files found", pattern)
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

// loadPermissions reads the permissions of all services. Each call may be in only one file.
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

// decodeStrictly refuses unknown and duplicate keys, and a second document, which a decoder would ignore.
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

// Policy returns the policy statements of a runbook's role.
func (c *Catalog) Policy(r Runbook) ([]runbook.Statement, error) {
	statements, err := runbook.Policy(r.Name, r.Document, c.Permissions)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.File(), err)
	}
	return statements, nil
}
