package lambda

import (
	"net/url"
	"strings"

	"hubmend/internal/lab/apicall"
)

// The paths of the calls of Lambda that the lab answers.
const (
	functionPath = "/2015-03-31/functions/"
	mappingsPath = "/2015-03-31/event-source-mappings"
)

// API names a call by its method and path. It gives both for a call that the lab does not know.
func API(method, path string) string {
	switch name, about, _ := strings.Cut(strings.TrimPrefix(path, functionPath), "/"); {
	case method == "GET" && strings.HasPrefix(path, functionPath) && name != "" && about == "configuration":
		return "GetFunctionConfiguration"
	case method == "GET" && strings.TrimSuffix(path, "/") == mappingsPath:
		return "ListEventSourceMappings"
	}
	return method + " " + path
}

// Serve answers a call of Lambda.
func (p *Pollers) Serve(q apicall.Request) (any, error) {
	at := q.Place()
	switch q.API {
	case "GetFunctionConfiguration":
		name, _, _ := strings.Cut(strings.TrimPrefix(q.Path, functionPath), "/")
		return p.functions.configuration(functionID{at, apicall.LastPart(name, ":")})
	case "ListEventSourceMappings":
		return p.mappings(at, q.Query)
	}
	return nil, &apicall.Error{Status: 501, Code: "NotImplemented",
		Message: "the lab does not have " + q.API + " of Lambda (docs/lab.md lists what it has)"}
}

func (f *Functions) configuration(id functionID) (any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byName[id] == nil {
		return nil, &apicall.Error{Status: 404, Code: "ResourceNotFoundException",
			Message: "Function not found: " + f.arn(id)}
	}
	return map[string]any{
		"FunctionName": id.name, "FunctionArn": f.arn(id), "State": "Active", "LastUpdateStatus": "Successful",
		"Environment": map[string]any{"Variables": f.env[id]},
	}, nil
}

// mappings lists the event source mappings of a function or a source.
func (p *Pollers) mappings(at apicall.Place, query url.Values) (any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := []any{}
	for _, m := range p.mapped {
		name, source := apicall.LastPart(query.Get("FunctionName"), ":"), query.Get("EventSourceArn")
		if m.at == at && (name == "" || name == m.function) && (source == "" || source == m.queueARN) {
			all = append(all, map[string]any{
				"UUID": m.id, "EventSourceArn": m.queueARN, "FunctionArn": p.functions.arn(functionID{at, m.function}),
				"State": "Enabled", "BatchSize": m.batchSize,
			})
		}
	}
	return map[string]any{"EventSourceMappings": all}, nil
}

func (f *Functions) arn(id functionID) string {
	return "arn:" + f.lab.Partition + ":lambda:" + id.Region + ":" + id.Account + ":function:" + id.name
}
