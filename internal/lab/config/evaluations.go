package config

import (
	"strings"
	"sync"
	"time"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/story"
	"hubmend/internal/lab/world"
)

// Offer is what AWS Config does when somebody asks it to evaluate a rule of Security Hub again. AWS does not document
// whether it does so.
type Offer string

// The offers. Denied is also that of a lab without any.
const (
	Denied  Offer = "denied"  // a service owns the rule
	Live    Offer = "offered" // the rule reads the resource, as periodic rules do
	OldItem Offer = "oldItem" // the rule reads what AWS Config recorded last, which is from before the repair
)

// Evaluation is an evaluation of a rule that was requested.
type Evaluation struct {
	At   apicall.Place
	Rule string
}

// Evaluations answers StartConfigRulesEvaluation.
type Evaluations struct {
	lab   *world.World
	rules rules
	offer Offer

	mu      sync.Mutex
	latest  map[Evaluation]time.Time
	pending []Evaluation
}

// rules knows the rules that Security Hub has.
type rules interface {
	HasConfigRule(at apicall.Place, name string) bool
}

// NewEvaluations gives the evaluations of a lab.
func NewEvaluations(w *world.World, r rules, o Offer) *Evaluations {
	return &Evaluations{lab: w, rules: r, offer: o, latest: map[Evaluation]time.Time{}}
}

const (
	mostRules = 25
	spacing   = time.Minute
)

// Serve answers a call. AWS refuses all rules when it refuses one.
func (e *Evaluations) Serve(q apicall.Request) (any, error) {
	return apicall.DecodeAnd(q, e.start)
}

func (e *Evaluations) start(q apicall.Request, in struct{ ConfigRuleNames []string }) (any, error) {
	if n := len(in.ConfigRuleNames); n == 0 || n > mostRules {
		return nil, apicall.Refuse("InvalidParameterValueException", "ConfigRuleNames must have 1 to %d items, not %d",
			mostRules, n)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	for _, name := range in.ConfigRuleNames {
		switch {
		case !e.rules.HasConfigRule(q.Place(), name):
			return nil, apicall.Refuse("NoSuchConfigRuleException",
				"The ConfigRule '%s' provided in the request is invalid. Please check the configRule name", name)
		case e.offer != Live && e.offer != OldItem:
			return nil, apicall.Refuse("AccessDeniedException", "An AWS service owns ServiceLinkedConfigRule. You do "+
				"not have permissions to take action on this rule.")
		case now.Sub(e.latest[Evaluation{q.Place(), name}]) < spacing:
			return nil, apicall.Refuse("ResourceInUseException", "The rule %s is being evaluated.", name)
		}
	}
	for _, name := range in.ConfigRuleNames {
		one := Evaluation{q.Place(), name}
		e.latest[one] = now
		e.pending = append(e.pending, one)
	}
	e.lab.Story.Tell(story.KindFinding, q.Caller.Account, q.Region, "AWS Config is to evaluate %s",
		strings.Join(in.ConfigRuleNames, ", "))
	return map[string]any{}, nil
}

// Ended gives the evaluations that were requested since the last call.
func (e *Evaluations) Ended() []Evaluation {
	e.mu.Lock()
	defer e.mu.Unlock()
	ended := e.pending
	e.pending = nil
	return ended
}

// Age makes the evaluations older.
func (e *Evaluations) Age(by time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for one, at := range e.latest {
		e.latest[one] = at.Add(-by)
	}
}
