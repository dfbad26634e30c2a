package ssm

import "time"

// Execution is what a scenario may want to know about an execution.
type Execution struct {
	ID, Document, Account, Region, Status string
	BilledSteps                           int
	Duration                              time.Duration
	Outputs                               map[string][]string `json:"-"` // as GetAutomationExecution gives them
}

// Executions lists the executions in the order of their start.
func (s *Automation) Executions() []Execution {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Execution
	for _, id := range s.order {
		e := s.executions[id]
		all = append(all, Execution{
			ID: id, Document: e.document, Account: e.at.Account, Region: e.at.Region, Status: string(e.result.Status),
			BilledSteps: len(e.result.Steps), Duration: e.result.End.Sub(e.result.Start), Outputs: e.result.Outputs,
		})
	}
	return all
}
