package lab

import (
	"context"
	"encoding/json"
	"errors"
)

func (a *ssmAutomation) createResource(_ context.Context, s *stack, p properties) (created, error) {
	name := p.textOr("Name", s.physicalID(p.logicalID))
	from, err := documentSource(p)
	if err != nil {
		return created{}, err
	}
	_, err = a.createDocument(documentID{s.at, name}, from)
	return created{ref: name}, err
}

// updateDocument makes a new version the default one. Without UpdateMethod NewVersion AWS
// replaces a document, which one with a name refuses.
func (a *ssmAutomation) updateResource(_ context.Context, s *stack, was deployed, p properties) (created, error) {
	if p.text("UpdateMethod") != "NewVersion" {
		return created{}, errors.New("a document can be changed only with UpdateMethod NewVersion")
	}
	from, err := documentSource(p)
	if err != nil {
		return created{}, err
	}
	_, err = a.addVersion(documentID{s.at, was.ref}, from, true)
	return was.created, err
}

func (a *ssmAutomation) deleteResource(_ context.Context, s *stack, was deployed) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.documents, documentID{s.at, was.ref})
	return nil
}

// documentSource reads Content, which may be an object or a text.
func documentSource(p properties) (source, error) {
	from := source{p.text("Content"), p.textOr("DocumentFormat", "JSON")}
	if m, ok := p.all["Content"].(map[string]any); ok {
		content, err := json.Marshal(m)
		if err != nil {
			return source{}, err
		}
		from.text = string(content)
	}
	return from, nil
}
