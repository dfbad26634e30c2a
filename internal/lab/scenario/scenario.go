// Package scenario owns scenario files: what is in a lab, what happens in it, and what
// must be true afterwards.
package scenario

import (
	"bytes"
	_ "embed" // for the schema
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"hubmend/internal/engine/naming"
	"hubmend/internal/lab"
	"hubmend/internal/lab/inputfile"
)

// Schema is the JSON Schema of scenario files, for editors and for Load.
//
//go:embed schema.json
var Schema []byte

// Scenario is a scenario file. docs/lab.md describes every field.
type Scenario struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Accounts    []string `json:"accounts"`
	Outsiders   []string `json:"outsiders"` // those of Accounts that are outside the organization
	// OUs are those of the organization by id, below its root, with the accounts in them.
	OUs           map[string]lab.OU `json:"ous"`
	AdminIsMember bool              `json:"adminIsMember"` // of several accounts, the first has the member stacks, too
	Regions       []string          `json:"regions"`
	Product       string            `json:"product"`
	Parameters    map[string]string `json:"parameters"`
	Also          []Launch          `json:"also"`  // launched after Product
	Admin         map[string]string `json:"admin"` // parameters of the admin stack
	Faults        lab.Faults        `json:"faults"`
	Reevaluate    lab.Offer         `json:"reevaluate"`
	V2            lab.V2            `json:"v2"` // the new Security Hub
	// Policy is a policy file, in force before anything happens.
	Policy map[string]any `json:"policy"`

	Seed          []Call         `json:"seed"`
	Interventions []Intervention `json:"interventions"`
	Events        []Event        `json:"events"`
	Show          []Show         `json:"show"`
	Expect        []Expectation  `json:"expect"`

	dir string // of the file, which the paths in it are relative to
}

// Call is an AWS API call. Account and Region are those of the scenario's last account
// and first Region when they are empty; Account may be a placeholder such as ${accounts[0]}.
type Call struct {
	Name    string         `json:"name"` // under which the result can be referred to
	Account string         `json:"account"`
	Region  string         `json:"region"`
	Service string         `json:"service"`
	API     string         `json:"api"`
	Input   map[string]any `json:"input"`
	// As is a role whose session makes the call, with all permissions; Session is its name and Agent its user agent.
	As      string `json:"as"`
	Session string `json:"session"`
	Agent   string `json:"agent"`
}

// Intervention forces something just before or after a runbook or a function makes a call.
type Intervention struct {
	Before   string `json:"before"` // service:Api
	After    string `json:"after"`
	Function string `json:"function"` // empty: a runbook
	Times    int    `json:"times"`
	Seconds  int    `json:"seconds"` // instead of Times
	Call     *Call  `json:"call"`
	Error    *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
	// Stale reads show the state before the call for a while.
	Stale *struct {
		Call  string `json:"call"` // service:Api
		Times int    `json:"times"`
	} `json:"stale"`
	Kill bool `json:"kill"`
}

// Event is one of: a finding that is imported, a custom action that is used, a message
// that is put on the findings queue as it is, a scheduled rule that fires, a call, a policy that is applied, what a
// person requests or answers with a command or sets in the new Security Hub, time that passes at once,
// a wait until the lab is quiet, or what must be true just then.
type Event struct {
	Import       *Finding       `json:"import"`
	CustomAction *CustomAction  `json:"customAction"`
	Message      *string        `json:"message"`
	Schedule     string         `json:"schedule"` // name of the rule
	Call         *Call          `json:"call"`
	Policy       map[string]any `json:"policy"`
	Approve      string         `json:"approve"` // the finding that waits for a proposal, by name
	Reject       *Rejection     `json:"reject"`
	Remediate    *Remediate     `json:"remediate"`
	SetV2Status  *SetV2Status   `json:"setV2Status"`
	Pass         string         `json:"pass"` // a time.Duration, such as 90s
	Wait         bool           `json:"wait"`
	Expect       *Expectation   `json:"expect"` // without Before and After
}

// Finding is a finding to import: built from the catalog (Control and Resource), from a
// file, written out in ASFF or OCSF, or an exposure. Set then changes single fields of it.
type Finding struct {
	Name     string         `json:"name"`
	Control  string         `json:"control"`
	Resource string         `json:"resource"`
	Account  string         `json:"account"`
	Region   string         `json:"region"`
	Form     string         `json:"form"`
	File     string         `json:"file"`
	ASFF     map[string]any `json:"asff"`
	OCSF     map[string]any `json:"ocsf"`     // for the new Security Hub only
	Exposure []string       `json:"exposure"` // findings behind an exposure of the new Security Hub: names or ids
	Set      map[string]any `json:"set"`
}

// CustomAction is what a person does in the console.
type CustomAction struct {
	Action   string   `json:"action"`
	Findings []string `json:"findings"` // by name
}

// Show is a table that is printed before the events and after them: of a list a row for each
// item, of an object a row for each field.
type Show struct {
	Title   string         `json:"title"`
	Call    Call           `json:"call"`
	Path    string         `json:"path"` // of a list or an object
	Columns []string       `json:"columns"`
	Where   map[string]any `json:"where"` // only items of a list that have these values
	Undo    string         `json:"undo"`  // the finding whose repair changes what is shown; `lab demo` undoes it
}

// Expectation is one of: a call with a check of its answer, a finding, the number of
// executions, what was notified or announced, what went wrong, or which alarms are in ALARM.
type Expectation struct {
	Call *Call  `json:"call"`
	Path string `json:"path"`
	Check

	Finding  string `json:"finding"`
	Workflow string `json:"workflow"`
	Note     string `json:"note"`   // a part of it
	Before   string `json:"before"` // what the independent check says before the events
	After    string `json:"after"`  // and after them
	// Parked is why the finding waits, or none; Rule is that of the policy, and Proposal where its proposal stands.
	Parked   string `json:"parked"`
	Rule     string `json:"rule"`
	Proposal string `json:"proposal"`

	// V2Status and V2Comment, a part of the comment, are what the new Security Hub has. The status is none when it does
	// not have the finding.
	V2Status  string `json:"v2Status"`
	V2Comment string `json:"v2Comment"`

	Executions    *int      `json:"executions"`
	Notifications *[]string `json:"notifications"` // parts of subjects, in any order
	Problems      *[]string `json:"problems"`      // parts of what went wrong in the lab, in any order
	Alarms        *[]string `json:"alarms"`        // names, in any order

	// Notification is one that was sent: a part of its subject and parts of its text.
	Notification *Message `json:"notification"`
	// Announced are parts of the details of the events that Hubmend put on the bus, in any order.
	Announced *[]map[string]any `json:"announced"`
}

// Launch is a playbook that is launched.
type Launch struct {
	Product    string            `json:"product"`
	Parameters map[string]string `json:"parameters"`
}

// Message is what a notification must say.
type Message struct {
	Subject string   `json:"subject"`
	Body    []string `json:"body"`
}

// Check is what an answer must be. Exactly one field is set.
type Check struct {
	Equals   any    `json:"equals"`
	Contains any    `json:"contains"` // an item of a list, or a part of a text
	Lacks    any    `json:"lacks"`
	Length   *int   `json:"length"`
	Absent   bool   `json:"absent"`
	Error    string `json:"error"` // code that the call must fail with
}

// Defaults for a scenario that does not say.
var (
	defaultAccounts = []string{"111111111111", "222222222222"}
	defaultRegions  = []string{"us-east-1"}
)

// DefaultProduct is launched when a scenario names none.
const DefaultProduct = "CIS AWS Foundations v1.2.0"

// Load reads a scenario file. Its error lists every problem with its place; an unknown
// key is one.
func Load(file string) (*Scenario, error) {
	text, err := inputfile.Read(file)
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	s, err := Parse(naming.Own(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	s.dir = filepath.Dir(file)
	return s, nil
}

// Parse decodes a scenario.
func Parse(text []byte) (*Scenario, error) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, err
	}
	if len(file.Docs) > 1 {
		return nil, errors.New("the file holds more than one document; the second would be ignored")
	}
	document, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	if err := validate(document); err != nil {
		return nil, err
	}
	s := &Scenario{Accounts: slices.Clone(defaultAccounts), Regions: slices.Clone(defaultRegions),
		Product: DefaultProduct}
	dec := json.NewDecoder(bytes.NewReader(document))
	dec.DisallowUnknownFields()
	if err := dec.Decode(s); err != nil {
		return nil, err
	}
	return s, nil
}

// schemaURL is absolute, because the compiler would look for a relative name in the working directory and fail in a
// folder whose name has a blank, a percent sign or a letter that is not ASCII.
const schemaURL = "hubmend:///scenario.json"

func validate(document []byte) error {
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schemaURL, schema); err != nil {
		return err
	}
	compiled, err := c.Compile(schemaURL)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return err
	}
	var invalid *jsonschema.ValidationError
	if err := compiled.Validate(value); errors.As(err, &invalid) {
		return errors.New(strings.Join(problems(invalid), "\n"))
	} else if err != nil {
		return err
	}
	return nil
}

// problems flattens what the validator says to one line for each place.
func problems(e *jsonschema.ValidationError) []string {
	if len(e.Causes) == 0 {
		return []string{strings.TrimSpace(strings.Replace(e.Error(), "jsonschema validation failed with", "", 1))}
	}
	var all []string
	for _, cause := range e.Causes {
		all = append(all, problems(cause)...)
	}
	return all
}
