package scenario

import (
	"context"
	"fmt"

	"hubmend/internal/jsonpath"
)

// Table is what a Show found.
type Table struct {
	Title   string     `json:"title"`
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
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
		t := Table{Title: s.Title, Columns: s.Columns}
		found, _ := path.Select(map[string]any(answer))
		list, _ := found.([]any)
		for _, item := range list {
			row, _ := item.(map[string]any)
			var cells []string
			for _, column := range s.Columns {
				cell := ""
				if value, ok := row[column]; ok {
					cell = fmt.Sprint(value)
				}
				cells = append(cells, cell)
			}
			t.Rows = append(t.Rows, cells)
		}
		tables = append(tables, t)
	}
	return tables, nil
}
