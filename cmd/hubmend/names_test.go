package main

import (
	"strings"
	"testing"

	"hubmend/internal/catalog"
)

func TestControlNamed(t *testing.T) {
	t.Parallel()
	two := &catalog.Catalog{Controls: []catalog.Control{
		{ID: "A.1", Frameworks: map[string]string{"cis/v/1": "4.1"}},
		{ID: "B.2", Frameworks: map[string]string{"cis/v/2": "4.1", "cis/v/3": "5.1"}},
	}}
	for name, tc := range map[string]struct {
		in      *catalog.Catalog
		id, err string
	}{
		"ec2.13":    {catalog.Embedded(), "EC2.13", ""},
		" EC2.13 ":  {catalog.Embedded(), "EC2.13", ""},
		"4.1":       {catalog.Embedded(), "EC2.13", ""},
		"cis 4.1":   {catalog.Embedded(), "EC2.13", ""},
		"pci.ec2.5": {catalog.Embedded(), "EC2.13", ""},
		"EC2.31":    {catalog.Embedded(), "", "unknown control EC2.31; did you mean EC2.13?"},
		"Lambda.1":  {catalog.Embedded(), "", "unknown control Lambda.1; `hubmend controls` lists the controls"},
		"cis4142":   {catalog.Embedded(), "", "CIS4142 is a control group; name one of its controls: EC2.13, EC2.14"},
		"5.1":       {two, "B.2", ""},
		"4.1 twice": {two, "", "unknown control"},
	} {
		c, err := controlNamed(tc.in, name)
		if c.ID != tc.id || (err == nil) != (tc.err == "") || err != nil && !strings.HasPrefix(err.Error(), tc.err) {
			t.Errorf("%q is %q, %v", name, c.ID, err)
		}
	}
	_, err := controlNamed(two, "4.1")
	want := "4.1 is the number of several controls: A.1 in cis/v/1, B.2 in cis/v/2; name the control"
	if err == nil || err.Error() != want {
		t.Errorf("an ambiguous number: %v", err)
	}
}

func TestGroupNamed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"CIS4142": "CIS4142", "cis4142": "CIS4142", "CIS4142AutoRemediation": "CIS4142",
		"CIS4124":                "unknown control group CIS4124; did you mean CIS4142?",
		"CIS4124AutoRemediation": "unknown control group CIS4124AutoRemediation; did you mean CIS4142AutoRemediation?",
		"Nonsense":               "unknown control group Nonsense; the groups are CIS1314, ",
	} {
		g, err := groupNamed(catalog.Embedded(), name)
		if got := g.ID + errorText(err); !strings.HasPrefix(got, want) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
