package lab

import (
	"context"
	"encoding/json"
	"errors"

	"hubmend/internal/runbook"
)

func createDocument(_ context.Context, s *stack, p properties) (created, error) {
	name := p.textOr("Name", s.physicalID(p.logicalID))
	document, err := readDocument(p)
	if err != nil {
		return created{}, err
	}
	s.lab.automation.mu.Lock()
	defer s.lab.automation.mu.Unlock()
	id := documentID{s.at, name}
	if s.lab.automation.documents[id] != nil {
		return created{}, refuse("DocumentAlreadyExists", "Document with same name %s already exists", name)
	}
	s.lab.automation.documents[id] = document
	s.lab.automation.store(id, p)
	return created{ref: name}, nil
}

// updateDocument makes a new version the default one. Without UpdateMethod NewVersion AWS
// replaces a document, which one with a name refuses.
func updateDocument(_ context.Context, s *stack, was deployed, p properties) (created, error) {
	if p.text("UpdateMethod") != "NewVersion" {
		return created{}, errors.New("a document can be changed only with UpdateMethod NewVersion")
	}
	document, err := readDocument(p)
	if err != nil {
		return created{}, err
	}
	s.lab.automation.mu.Lock()
	defer s.lab.automation.mu.Unlock()
	id := documentID{s.at, was.ref}
	s.lab.automation.documents[id] = document
	s.lab.automation.store(id, p)
	return was.created, nil
}

func deleteDocument(_ context.Context, s *stack, was deployed) error {
	s.lab.automation.mu.Lock()
	defer s.lab.automation.mu.Unlock()
	delete(s.lab.automation.documents, documentID{s.at, was.ref})
	return nil
}

func readDocument(p properties) (*runbook.Document, error) {
	content, err := documentText(p)
	if err != nil {
		return nil, err
	}
	return runbook.Parse(content)
}

func documentText(p properties) ([]byte, error) {
	if m, ok := p.all["Content"].(map[string]any); ok {
		return json.Marshal(m)
	}
	return []byte(p.text("Content")), nil
}
