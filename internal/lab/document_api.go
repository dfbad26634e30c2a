package lab

import "strconv"

// storedDocument is a document as its author wrote it.
type storedDocument struct {
	text, format string
	version      int
}

// store keeps the newest version of a document. It is called under the mutex.
func (s *ssmAutomation) store(id documentID, p properties) {
	if s.texts == nil {
		s.texts = map[documentID]storedDocument{}
	}
	content, _ := documentText(p) // was read before
	s.texts[id] = storedDocument{string(content), p.textOr("DocumentFormat", "JSON"), s.texts[id].version + 1}
}

func (s *ssmAutomation) getDocument(q request, in struct{ Name string }) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := documentID{place{q.caller.Account, q.region}, in.Name}
	if s.documents[id] == nil {
		return nil, refuse("InvalidDocument", "Document with name %s does not exist.", in.Name)
	}
	d := s.texts[id]
	return map[string]any{
		"Name": in.Name, "Content": d.text, "DocumentFormat": d.format, "DocumentType": "Automation", "DocumentVersion": strconv.Itoa(d.version), "Status": "Active",
	}, nil
}
