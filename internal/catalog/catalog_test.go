package catalog_test

import (
	"testing"

	"hubmend/internal/catalog"
	"hubmend/servicecatalog"
	ssmdocuments "hubmend/ssm-documents"
)

func TestEmbeddedDataIsWellFormed(t *testing.T) {
	t.Parallel()
	if _, err := catalog.Load(ssmdocuments.Files, servicecatalog.Files); err != nil {
		t.Fatal(err)
	}
}
