package ssm

import (
	"context"
	"encoding/json"
	"errors"

	"hubmend/internal/lab/cloudformation"
)

// ResourceTypes are the resource types that this service creates.
func (a *Automation) ResourceTypes() map[string]cloudformation.ResourceType {
	return map[string]cloudformation.ResourceType{
		"AWS::SSM::Document": {
			Properties: "Name Content DocumentType DocumentFormat UpdateMethod", Name: "Name", Fixed: "DocumentType",
			Create: a.createResource, Update: a.updateResource, Delete: a.deleteResource,
		},
	}
}

func (a *Automation) createResource(_ context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	name := p.TextOr("Name", s.PhysicalID(p.LogicalID))
	from, err := documentSource(p)
	if err != nil {
		return cloudformation.Created{}, err
	}
	_, err = a.createDocument(documentID{s.At, name}, from)
	return cloudformation.Created{Ref: name}, err
}

// updateDocument makes a new version the default one. Without UpdateMethod NewVersion AWS
// replaces a document, which one with a name refuses.
func (a *Automation) updateResource(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	if p.Text("UpdateMethod") != "NewVersion" {
		return cloudformation.Created{}, errors.New("a document can be changed only with UpdateMethod NewVersion")
	}
	from, err := documentSource(p)
	if err != nil {
		return cloudformation.Created{}, err
	}
	_, err = a.addVersion(documentID{s.At, was.Ref}, from, true)
	return was.Created, err
}

func (a *Automation) deleteResource(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.documents, documentID{s.At, was.Ref})
	return nil
}

// documentSource reads Content, which may be an object or a text.
func documentSource(p cloudformation.Properties) (source, error) {
	from := source{p.Text("Content"), p.TextOr("DocumentFormat", "JSON")}
	if m, ok := p.All["Content"].(map[string]any); ok {
		content, err := json.Marshal(m)
		if err != nil {
			return source{}, err
		}
		from.text = string(content)
	}
	return from, nil
}
