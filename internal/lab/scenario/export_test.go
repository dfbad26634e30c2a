package scenario

// Fill replaces the placeholders in a value.
func Fill(named map[string]any, value any) (any, error) { return values(named).fill(value) }

// Compare checks an answer at a path.
func (c Check) Compare(answer any, path string) (passed bool, got string, err error) {
	return c.check(answer, path)
}

// Describe says what is expected.
func (e Expectation) Describe() string { return e.describe() }

// Document builds the finding that an event imports.
func (s *Scenario) Document(f Finding) (map[string]any, error) {
	return (&runner{Scenario: s}).document(f)
}

// Match reports whether parts and texts belong together.
var Match = match

// Table makes the table of what a call answered.
func (s Show) Table(found any) Table { return s.table(found) }
