package ledger

import "hubmend/internal/engine/decide"

var (
	Identities      = identities
	SchemaAttribute = schemaAttribute
	SchemaOf        = schemaOf
)

// Archived returns the attempts of a target that were archived, by number.
func (m *Memory) Archived(key string) map[int]decide.Ended {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.archive[key]
}
