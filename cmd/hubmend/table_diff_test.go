package main

import (
	"strings"
	"testing"

	"hubmend/internal/lab/scenario"
)

func TestTableDiff(t *testing.T) {
	t.Parallel()
	columns := []string{"From", "Cidr", "Note"}
	all, office, web := []string{"0", "0.0.0.0/0", ""}, []string{"22", "10.0.0.0/8", "office"}, []string{"80",
		"0.0.0.0/0", "web"}
	rules := func(rows ...[]string) scenario.Table {
		return scenario.Table{Title: "Rules", Columns: columns, Rows: rows}
	}
	fields := func(value string) scenario.Table {
		return scenario.Table{Title: "Trail", Rows: [][]string{{"LogFileValidationEnabled", value}}}
	}
	for name, tc := range map[string]struct {
		before, after scenario.Table
		width         int
		paint         painting
		want          string
		same          bool
	}{
		"one goes, one comes": {rules(all, office), rules(office, web), 80, plain,
			"Rules\n    From  Cidr        Note\n  - 0     0.0.0.0/0\n    22    10.0.0.0/8  office\n  + 80    " +
				"0.0.0.0/0   web", false},
		"coloured": {rules(all), rules(), 80, coloured,
			"Rules\n\x1b[2m    From  Cidr       Note\x1b[0m\n\x1b[31m  - 0     0.0.0.0/0\x1b[0m", false},
		"another order": {rules(all, office), rules(office, all), 80, plain,
			"Rules\n    From  Cidr        Note\n    0     0.0.0.0/0\n    22    10.0.0.0/8  office\n  no changes", true},
		"twice is not once": {rules(web, web), rules(web), 80, plain,
			"Rules\n    From  Cidr       Note\n    80    0.0.0.0/0  web\n  - 80    0.0.0.0/0  web", false},
		"fields": {fields("false"), fields("true"), 80, plain,
			"Trail\n  - LogFileValidationEnabled  false\n  + LogFileValidationEnabled  true", false},
		"narrow": {fields("false"), fields("true"), 20, plain,
			"Trail\n  - LogFileValida...\n  + LogFileValida...", false},
	} {
		if got := strings.Join(tableDiff(tc.before, tc.after, tc.width, tc.paint), "\n"); got != tc.want {
			t.Errorf("%s: draws\n%q\nwant\n%q", name, got, tc.want)
		}
		if got := sameRows(tc.before, tc.after); got != tc.same {
			t.Errorf("%s: sameRows = %v", name, got)
		}
	}
}
