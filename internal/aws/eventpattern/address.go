package eventpattern

import (
	"fmt"
	"net/netip"
)

// exactText compares strings. Two spellings of an IP address are equal, because the service compares addresses by
// value.
func exactText(want string) test {
	address, err := netip.ParseAddr(want)
	if err != nil || address.Zone() != "" {
		return func(v any) bool { return v == want }
	}
	return func(v any) bool {
		have, ok := toAddress(v)
		return v == want || ok && have == address
	}
}

// compileCIDR parses a block such as 10.0.0.0/24. The service refuses a block of a single address, which must be
// written as the address.
func compileCIDR(operand any) (test, error) {
	s, ok := operand.(string)
	if !ok {
		return nil, fmt.Errorf("must be a string, not %s", kind(operand))
	}
	block, err := netip.ParsePrefix(s)
	if err != nil {
		return nil, fmt.Errorf("%q is not an IP address and a prefix length", s)
	}
	if block.IsSingleIP() {
		return nil, fmt.Errorf("%q is a single address; write the address without its prefix length as the value", s)
	}
	return func(v any) bool {
		address, ok := toAddress(v)
		return ok && block.Contains(address)
	}, nil
}

func toAddress(v any) (netip.Addr, bool) {
	s, ok := v.(string)
	if !ok {
		return netip.Addr{}, false
	}
	address, err := netip.ParseAddr(s)
	return address, err == nil
}
