package cost

import (
	"math"
	"strconv"
	"strings"
)

// USD writes an amount with two decimals, or four when it is small.
func USD(amount float64) string {
	digits := 2
	if amount > 0 && amount < 0.1 {
		digits = 4
	}
	return group(strconv.FormatFloat(amount, 'f', digits, 64))
}

// number writes a small quantity with three significant digits, and a large one without decimals.
func number(quantity float64) string {
	digits := 0
	if quantity != math.Trunc(quantity) && quantity < 100 {
		digits = max(0, 2-int(math.Floor(math.Log10(quantity))))
	}
	written := strconv.FormatFloat(quantity, 'f', digits, 64)
	if digits > 0 {
		written = strings.TrimRight(strings.TrimRight(written, "0"), ".")
	}
	return group(written)
}

// amount writes a quantity with its unit.
func amount(quantity float64, unit string) string {
	switch {
	case quantity == 1 || unit == "ms" || unit == "GB":
	case strings.HasSuffix(unit, "s"):
		unit += "es"
	default:
		unit += "s"
	}
	return number(quantity) + " " + unit
}

// group puts commas between thousands.
func group(written string) string {
	whole, rest, found := strings.Cut(written, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if found {
		whole += "." + rest
	}
	return whole
}

// exact writes a price as it is.
func exact(usd float64) string { return strconv.FormatFloat(usd, 'f', -1, 64) }

// Amount writes the quantity with its unit.
func (l Line) Amount() string { return amount(l.Quantity, l.Unit) }
