package catalog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hubmend/internal/catalog"
)

func TestPeek(t *testing.T) {
	t.Parallel()
	for _, want := range catalog.Embedded().Controls {
		got, known := catalog.Peek(want.ID)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(catalog.Resource{})); !known || diff != "" {
			t.Errorf("%s, known: %t (-want +got):\n%s", want.ID, known, diff)
		}
	}
	for _, id := range []string{"", "X.1", "../controls/EC2.13", "EC2.13.yaml", "EC2.13/../EC2.14", "{{ x }}"} {
		if c, known := catalog.Peek(id); known {
			t.Errorf("%q gives %+v", id, c)
		}
	}
}
