package scenario

import (
	"cmp"
	"context"
	"fmt"

	"hubmend/internal/aws/jsonpath"
)

// Table is what a Show found.
type Table struct {
	Title   string     `json:"title"`
	Columns []string   `json:"columns,omitempty"` // none when each row is a field and its value
	Rows    [][]string `json:"rows"`
	Undo    string     `json:"undo,omitempty"` // as the Show has it
}

func (r *runner) tables(ctx context.Context) ([]Table, error) {
	var tables []Table
	for i, s := range r.Show {
		answer, err := r.call(ctx, s.Call)
		if err != nil {
			return nil, fmt.Errorf("show %d: %w", i+1, err)
		}
		path, err := jsonpath.Compile(s.Path)
		if err != nil {
			return nil, fmt.Errorf("show %d: %w", i+1, err)
		}
		found, _ := path.Select(map[string]any(answer))
		tables = append(tables, s.table(found))
	}
	return tables, nil
}

func (s Show) table(found any) Table {
	t := Table{Title: s.Title, Undo: s.Undo}
	switch x := normal(found).(type) {
	case []any:
		t.Columns = s.Columns
		for _, item := range x {
			if len(s.Where) == 0 || includes(item, normal(s.Where)) {
				t.Rows = append(t.Rows, cells(item, s.Columns))
			}
		}
	case map[string]any:
		for i, value := range cells(x, s.Columns) {
			t.Rows = append(t.Rows, []string{s.Columns[i], cmp.Or(value, "(none)")})
		}
	}
	return t
}

// cells gives the values of fields, and an empty text for each that is not there.
func cells(item any, columns []string) []string {
	row, _ := item.(map[string]any)
	var all []string
	for _, column := range columns {
		cell := ""
		if value, ok := row[column]; ok {
			cell = fmt.Sprint(value)
		}
		all = append(all, cell)
	}
	return all
}
