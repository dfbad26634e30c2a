package main

import (
	"strings"

	"hubmend/internal/aws/partition"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/control"
)

// place is where a resource is.
type place struct{ account, region string }

// isResourceID reports whether a name is a Security Hub resource id. The id of an account has a form of its own.
func isResourceID(name string) bool {
	return strings.HasPrefix(name, "arn:") || strings.HasPrefix(name, "AWS::::Account:")
}

// accountOf gives the account that a Security Hub resource id names, or "".
func accountOf(id string) string {
	if account, ok := strings.CutPrefix(id, "AWS::::Account:"); ok {
		return account
	}
	return part(id, 4)
}

// resourceID gives the id that Security Hub has for a resource of a control, from that id or from the resource's own:
// sg-0123456789abcdef0, security-group/sg-0123456789abcdef0, the name of a bucket, the id of an account.
func resourceID(c catalog.Control, name string, in place) (string, error) {
	if isResourceID(name) || c.Resource.ID == "" {
		return name, nil
	}
	p, known := partition.Of(in.region)
	if !known {
		return "", unknownRegion(in.region)
	}
	form := c.Resource.ID
	parts := strings.SplitN(form, ":", 6)
	kind, _, _ := strings.Cut(parts[len(parts)-1], "{")
	own := strings.TrimPrefix(name, kind)
	return control.Fill(form, func(part string) string {
		switch part {
		case "partition":
			return p.Name
		case "region":
			return in.region
		case "account":
			if strings.HasPrefix(form, "AWS::::Account:") {
				return own
			}
			return in.account
		case "Path": // of a user: part of the name when it is given
			return ""
		}
		return own
	}), nil
}
