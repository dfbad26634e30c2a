package runbook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Runtimes are the Python runtimes of aws:executeScript.
var Runtimes = []string{"python3.10", "python3.11", "python3.12"}

// anyRuntime includes the PowerShell runtimes. Older runtimes can no longer be created or run.
var anyRuntime = append(slices.Clone(Runtimes), "PowerShell 7.4")

var actions = []string{
	"aws:approve", "aws:assertAwsResourceProperty", "aws:branch", "aws:changeInstanceState", "aws:copyImage",
	"aws:createImage",
	"aws:createStack", "aws:createTags", "aws:deleteImage", "aws:deleteStack", "aws:executeAutomation",
	"aws:executeAwsApi",
	"aws:executeScript", "aws:executeStateMachine", "aws:invokeLambdaFunction", "aws:invokeWebhook", "aws:loop",
	"aws:pause",
	"aws:runCommand", "aws:runInstances", "aws:sleep", "aws:updateVariable", "aws:waitForAwsResourceProperty",
}

var anyStepName = regexp.MustCompile(`^[a-zA-Z0-9_]+$`)

// Refusal is a reason why Systems Manager refuses to create a document.
type Refusal struct {
	Step string // empty for the document as a whole
	Text string
}

func (r Refusal) String() string {
	if r.Step == "" {
		return r.Text
	}
	return "step " + r.Step + ": " + r.Text
}

// Refusals returns the reasons why Systems Manager refuses to create the document: its structure, actions, runtimes and
// jumps. Systems Manager finds most errors in inputs only when a step runs.
func (d *Document) Refusals() []Refusal {
	c := &creation{}
	if d.SchemaVersion != SchemaVersion {
		c.add("", "schemaVersion must be %q", SchemaVersion)
	}
	c.steps(d.MainSteps)
	return c.found
}

type creation struct {
	found []Refusal
	names []string
}

func (c *creation) add(step, format string, args ...any) {
	c.found = append(c.found, Refusal{step, fmt.Sprintf(format, args...)})
}

// steps checks the steps of a document or of a loop.
func (c *creation) steps(steps []Step) {
	if len(steps) == 0 {
		c.add("", "a document and a loop need at least one step")
	}
	for i, s := range steps {
		c.step(s)
		if f := s.OnFailure; f != "" && f != "Abort" && f != "Continue" && !strings.HasPrefix(f, "step:") {
			c.add(s.Name, "onFailure %q is not Abort, Continue or step:<name>", f)
		}
		for _, to := range s.Jumps() {
			if !slices.ContainsFunc(steps, func(x Step) bool { return x.Name == to }) {
				c.add(s.Name, "leads to %q, which is no step here", to)
			}
		}
		if cycle := cycleFrom(steps, i); cycle != nil {
			c.add(s.Name, "the steps form a cycle: %s", strings.Join(cycle, " -> "))
		}
		if s.Action == "aws:loop" {
			inner, err := s.Loop()
			if err != nil {
				c.add(s.Name, "Steps must be a list of steps: %v", err)
				continue
			}
			c.steps(inner)
		}
	}
}

func (c *creation) step(s Step) {
	if !anyStepName.MatchString(s.Name) {
		c.add(s.Name, "the name must be letters, digits or underscores")
	}
	if slices.Contains(c.names, s.Name) {
		c.add(s.Name, "the name is used twice")
	}
	c.names = append(c.names, s.Name)
	if !slices.Contains(actions, s.Action) {
		c.add(s.Name, "action %q does not exist", s.Action)
	}
	if runtime := fmt.Sprint(s.Inputs["Runtime"]); s.Action == "aws:executeScript" &&
		!slices.Contains(anyRuntime, runtime) {
		c.add(s.Name, "Runtime %q is not one of %s", runtime, strings.Join(anyRuntime, ", "))
	}
}

// cycleFrom returns a path from a step back to itself, or nothing.
func cycleFrom(steps []Step, start int) []string {
	visited := map[int]bool{}
	var way func(at int) []string
	way = func(at int) []string {
		for _, next := range successors(steps, at) {
			if next == start {
				return []string{steps[at].Name, steps[start].Name}
			}
			if visited[next] {
				continue
			}
			visited[next] = true
			if rest := way(next); rest != nil {
				return append([]string{steps[at].Name}, rest...)
			}
		}
		return nil
	}
	return way(start)
}

// successors returns the indexes of the steps that may follow a step.
func successors(steps []Step, at int) []int {
	var next []int
	for _, name := range steps[at].Jumps() {
		if i := slices.IndexFunc(steps, func(s Step) bool { return s.Name == name }); i >= 0 {
			next = append(next, i)
		}
	}
	if steps[at].FallsThrough() && at+1 < len(steps) {
		next = append(next, at+1)
	}
	return next
}
