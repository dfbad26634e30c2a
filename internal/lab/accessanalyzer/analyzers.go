// Package accessanalyzer holds the analyzers of IAM Access Analyzer, which moto does not have.
package accessanalyzer

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"hubmend/internal/lab/apicall"
)

// ServiceName is the name that requests are signed for.
const ServiceName = "access-analyzer"

// Service holds the analyzers of all accounts and Regions. An analyzer is CREATING until it is listed for the second
// time.
type Service struct {
	mu  sync.Mutex
	all map[apicall.Place][]analyzer
}

type analyzer struct {
	ARN    string `json:"arn"`
	Name   string `json:"name"`
	Type   string `json:"type"`
	Status string `json:"status"`
	// CreatedAt is in the format of the service's model.
	CreatedAt string `json:"createdAt"`

	token string // of the call that created it
}

// New gives a service without analyzers.
func New() *Service { return &Service{all: map[apicall.Place][]analyzer{}} }

// types are those of the service's model that the lab has. The others cost money, and have a configuration.
var types = []string{"ACCOUNT", "ORGANIZATION"}

var validName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,254}$`)

// Serve answers a call.
func (s *Service) Serve(q apicall.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch q.API {
	case "ListAnalyzers":
		return s.list(q.Place(), q.Query.Get("type")), nil
	case "CreateAnalyzer":
		return s.create(q)
	case "DeleteAnalyzer":
		return s.remove(q.Place(), apicall.LastPart(q.Path, "/"))
	}
	return nil, &apicall.Error{Status: http.StatusNotImplemented, Code: "NotImplemented",
		Message: "the lab does not have " + q.API + " of Access Analyzer (docs/lab.md lists what it has)"}
}

func (s *Service) list(at apicall.Place, kind string) any {
	found := []analyzer{}
	for i, one := range s.all[at] {
		if kind == "" || one.Type == kind {
			found = append(found, one)
			s.all[at][i].Status = "ACTIVE"
		}
	}
	return map[string]any{"analyzers": found}
}

func (s *Service) create(q apicall.Request) (any, error) {
	var in struct {
		AnalyzerName, Type, ClientToken string
		ArchiveRules, Configuration     any
		Tags                            map[string]string
	}
	if err := json.Unmarshal(q.Body, &in); err != nil {
		return nil, apicall.Refuse("ValidationException", "%v", err)
	}
	switch {
	case !validName.MatchString(in.AnalyzerName):
		return nil, apicall.Refuse("ValidationException", "invalid analyzerName %q", in.AnalyzerName)
	case !slices.Contains(types, in.Type):
		return nil, apicall.Refuse("ValidationException", "the lab has analyzers of the types %s, and not %q",
			strings.Join(types, " and "), in.Type)
	case in.ArchiveRules != nil || in.Configuration != nil || in.Tags != nil:
		return nil, apicall.Refuse("ValidationException",
			"the lab's analyzers have no archiveRules, configuration or tags")
	}
	at := q.Place()
	for _, one := range s.all[at] {
		switch {
		case in.ClientToken != "" && one.token == in.ClientToken:
			return map[string]any{"arn": one.ARN}, nil
		case one.Name == in.AnalyzerName:
			return nil, &apicall.Error{Status: http.StatusConflict, Code: "ConflictException",
				Message: "An analyzer named " + in.AnalyzerName + " already exists."}
		case one.Type == in.Type:
			return nil, &apicall.Error{Status: http.StatusPaymentRequired, Code: "ServiceQuotaExceededException",
				Message: "Maximum number of analyzers of type " + in.Type + " reached: 1"}
		}
	}
	made := analyzer{Name: in.AnalyzerName, Type: in.Type, Status: "CREATING", token: in.ClientToken,
		ARN: fmt.Sprintf("arn:%s:access-analyzer:%s:%s:analyzer/%s", at.Partition(), at.Region, at.Account,
			in.AnalyzerName),
		CreatedAt: time.Now().UTC().Format(time.RFC3339)}
	s.all[at] = append(s.all[at], made)
	return map[string]any{"arn": made.ARN}, nil
}

func (s *Service) remove(at apicall.Place, name string) (any, error) {
	i := slices.IndexFunc(s.all[at], func(one analyzer) bool { return one.Name == name })
	if i < 0 {
		return nil, &apicall.Error{Status: http.StatusNotFound, Code: "ResourceNotFoundException",
			Message: "There is no analyzer " + name + "."}
	}
	s.all[at] = slices.Delete(s.all[at], i, i+1)
	return map[string]any{}, nil
}
