package spreadsheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Findings are not trusted: what their text says must not run in a spreadsheet or a terminal.
func TestWriteCSV(t *testing.T) {
	t.Parallel()
	cells := map[string]string{
		"sg-1": "sg-1", "": "", "0.0.0.0/0": "0.0.0.0/0", "a=b": "a=b", "'quoted'": "'quoted'",
		`=HYPERLINK("x")`: `'=HYPERLINK("x")`, "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "  =1": "'  =1",
		"|calc": "'|calc", "%0": "'%0", "＝1": "'＝1", "\t=1": "'\t=1", "\tx": "'\tx", "\x1b=1": "'=1",
		"\x1b]0;title\a": "]0;title", "a\u009b31m": "a31m", "two\nlines": "two\nlines", `say "x", y`: `say "x", y`,
	}
	for cell, want := range cells {
		var b bytes.Buffer
		if err := WriteCSV(&b, []string{"one", "two"}, [][]string{{cell, "x"}}); err != nil {
			t.Fatal(err)
		}
		got, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([][]string{{"one", "two"}, {want, "x"}}, got); diff != "" {
			t.Errorf("%q: -want +got:\n%s", cell, diff)
		}
	}
}

// Lines end as RFC 4180 says, also those without a row.
func TestWriteCSVLines(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := WriteCSV(&b, []string{"one", "two"}, [][]string{{"a,b", `c"d`}}); err != nil {
		t.Fatal(err)
	}
	if want := "one,two\r\n\"a,b\",\"c\"\"d\"\r\n"; b.String() != want {
		t.Errorf("writes %q, want %q", b.String(), want)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestWriteCSVFails(t *testing.T) {
	t.Parallel()
	if err := WriteCSV(full{}, []string{"one"}, nil); err == nil {
		t.Error("an error is lost")
	}
}
