package catalog

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
)

var digitsOrNot = regexp.MustCompile(`\d+|\D+`)

// Compare orders control IDs and the numbers of standards as people count: EC2.2 before EC2.13, 2.9 before 2.10.
func Compare(x, y string) int {
	return slices.CompareFunc(digitsOrNot.FindAllString(x, -1), digitsOrNot.FindAllString(y, -1),
		func(p, q string) int {
			n, errN := strconv.Atoi(p)
			m, errM := strconv.Atoi(q)
			if errN == nil && errM == nil {
				return cmp.Compare(n, m)
			}
			return cmp.Compare(p, q)
		})
}
