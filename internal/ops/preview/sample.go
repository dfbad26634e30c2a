package preview

import "slices"

// Repairs lists a row for each repair that would start, those of the controls to look at first at the beginning.
func (r Report) Repairs() []Row {
	place := map[string]int{}
	for i, c := range r.Controls {
		place[c.ID] = i
	}
	seen := map[string]bool{}
	var all []Row
	for _, row := range r.Rows {
		if row.Outcome.starts() && !seen[row.Target] {
			seen[row.Target] = true
			all = append(all, row)
		}
	}
	slices.SortStableFunc(all, func(a, b Row) int { return place[a.Control] - place[b.Control] })
	return all
}

// Sample picks at most n rows, one of each control in turn.
func Sample(rows []Row, n int) []Row {
	turns := map[string]int{}
	turn := make([]int, len(rows))
	order := make([]int, len(rows))
	for i, r := range rows {
		turn[i], order[i] = turns[r.Control], i
		turns[r.Control]++
	}
	slices.SortStableFunc(order, func(a, b int) int { return turn[a] - turn[b] })
	var some []Row
	for _, i := range order[:min(n, len(order))] {
		some = append(some, rows[i])
	}
	return some
}
