package lab

import (
	"net/url"
	"strings"
)

// What the lab answers of Lambda's API: how functions are, and what feeds them.
const (
	functionPath = "/2015-03-31/functions/"
	mappingsPath = "/2015-03-31/event-source-mappings"
)

// lambdaAPI names a call by its method and path, or gives these if the lab does not know it.
func lambdaAPI(method, path string) string {
	switch name, about, _ := strings.Cut(strings.TrimPrefix(path, functionPath), "/"); {
	case method == "GET" && strings.HasPrefix(path, functionPath) && name != "" && about == "configuration":
		return "GetFunctionConfiguration"
	case method == "GET" && strings.TrimSuffix(path, "/") == mappingsPath:
		return "ListEventSourceMappings"
	}
	return method + " " + path
}

func (p *pollers) serveLambda(q request) (any, error) {
	at := q.place()
	switch q.api {
	case "GetFunctionConfiguration":
		name, _, _ := strings.Cut(strings.TrimPrefix(q.path, functionPath), "/")
		return p.functions.configuration(functionID{at, lastPart(name, ":")})
	case "ListEventSourceMappings":
		return p.mappings(at, q.query)
	}
	return nil, &apiError{501, "NotImplemented",
		"the lab does not have " + q.api + " of Lambda (docs/lab.md lists what it has)"}
}

func (f *functions) configuration(id functionID) (any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byName[id] == nil {
		return nil, &apiError{404, "ResourceNotFoundException", "Function not found: " + f.arn(id)}
	}
	return map[string]any{
		"FunctionName": id.name, "FunctionArn": f.arn(id), "State": "Active", "LastUpdateStatus": "Successful",
		"Environment": map[string]any{"Variables": f.env[id]},
	}, nil
}

// mappings lists what feeds a function, or what a source feeds.
func (p *pollers) mappings(at place, query url.Values) (any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := []any{}
	for _, m := range p.mapped {
		name, source := lastPart(query.Get("FunctionName"), ":"), query.Get("EventSourceArn")
		if m.at == at && (name == "" || name == m.function) && (source == "" || source == m.queueARN) {
			all = append(all, map[string]any{
				"UUID": m.id, "EventSourceArn": m.queueARN, "FunctionArn": p.functions.arn(functionID{at, m.function}),
				"State": "Enabled", "BatchSize": m.batchSize,
			})
		}
	}
	return map[string]any{"EventSourceMappings": all}, nil
}

func (f *functions) arn(id functionID) string {
	return "arn:" + f.lab.partition + ":lambda:" + id.region + ":" + id.account + ":function:" + id.name
}
