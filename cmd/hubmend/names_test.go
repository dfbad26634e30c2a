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
		"EC2.31":    {catalog.Embedded(), "", "unknown control EC2.31; did you mean EC2.13 or EC2.21?"},
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
		"CIS4142": "CIS4142", "cis4142": "CIS4142", "CIS4142AutoRemediation": "CIS4142", "4.1": "CIS4142",
		"ec2.13": "CIS4142", "CloudTrail.4": "CIS22", "CIS4124": "", "Lambda.1": "",
	} {
		if g, ok := groupNamed(catalog.Embedded().Playbooks[0], name); g.ID != want || ok != (want != "") {
			t.Errorf("%s is %q, want %q", name, g.ID, want)
		}
	}
}

func TestPlaybooksWith(t *testing.T) {
	t.Parallel()
	one := func(id string, groups ...catalog.Group) catalog.Playbook {
		return catalog.Playbook{ID: id, Groups: groups}
	}
	all := []catalog.Playbook{
		one("a", catalog.Group{ID: "G1", Controls: []string{"EC2.13"}},
			catalog.Group{ID: "G2", Controls: []string{"X.2"}}),
		one("b", catalog.Group{ID: "EC213", Controls: []string{"EC2.13"}},
			catalog.Group{ID: "G4124", Controls: []string{"X.3"}}),
	}
	for name, tc := range map[string]struct {
		groups []string
		want   string // ids or an error
	}{
		"in both": {[]string{"EC2.13"}, "a b"},
		"in one":  {[]string{"g1", "G2"}, "a"},
		"in none": {[]string{"G1", "G9"}, "unknown control group G9; did you mean G1 or G2?"},
		"nearly":  {[]string{"G4142"}, "unknown control group G4142; did you mean G4124?"},
		"not like any": {[]string{"Nonsense"},
			"unknown control group Nonsense; `hubmend controls` lists the groups of a, b"},
		"not in one":    {[]string{"G1", "X.3"}, "no playbook has all of G1, X.3; name groups of one playbook"},
		"as parameters": {[]string{"EC213AutoRemediation"}, "b"},
	} {
		some, err := playbooksWith(all, tc.groups)
		var ids []string
		for _, p := range some {
			ids = append(ids, p.ID)
		}
		if got := strings.Join(ids, " ") + errorText(err); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
