// Package partition describes AWS's partitions: their Regions and their differences.
package partition

import (
	"regexp"
	"slices"
)

// Partition is a group of Regions with separate accounts and identities.
type Partition struct {
	Name      string
	URLSuffix string // of AWS's endpoints
	// Console is the end of the host name of a Region's console, or empty if it is not public.
	Console string
	// GlobalTrail is the Region in which CloudTrail records the calls of global services.
	GlobalTrail string

	regions *regexp.Regexp
}

const (
	directions = `(north|south|east|west|central|northeast|northwest|southeast|southwest)`
	number     = `-\d$`
)

var all = []Partition{
	{"aws-us-gov", "amazonaws.com", "console.amazonaws-us-gov.com", "us-gov-west-1",
		regexp.MustCompile(`^us-gov-` + directions + number)},
	{"aws-cn", "amazonaws.com.cn", "console.amazonaws.cn", "cn-north-1",
		regexp.MustCompile(`^cn-` + directions + number)},
	{"aws-eusc", "amazonaws.eu", "console.amazonaws-eusc.eu", "eusc-de-east-1",
		regexp.MustCompile(`^eusc-[a-z]{2}-` + directions + number)},
	{"aws-iso", "c2s.ic.gov", "", "us-iso-east-1", regexp.MustCompile(`^us-iso-` + directions + number)},
	{"aws-iso-b", "sc2s.sgov.gov", "", "us-isob-east-1", regexp.MustCompile(`^us-isob-` + directions + number)},
	{"aws-iso-e", "cloud.adc-e.uk", "", "eu-isoe-west-1", regexp.MustCompile(`^eu-isoe-` + directions + number)},
	{"aws-iso-f", "csp.hci.ic.gov", "", "us-isof-south-1", regexp.MustCompile(`^us-isof-` + directions + number)},
	{"aws", "amazonaws.com", "console.aws.amazon.com", "us-east-1",
		regexp.MustCompile(`^(us|eu|ap|sa|ca|me|af|il|mx)-` + directions + number)},
}

// Of returns the partition of a Region, or false for an invalid name. It checks the form of the name, so new Regions
// need no release.
func Of(region string) (Partition, bool) {
	for _, p := range all {
		if p.regions.MatchString(region) {
			return p, true
		}
	}
	return Partition{}, false
}

// Names gives the names of all partitions, sorted.
func Names() []string {
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names
}

// WithConsole gives the partitions whose console is known to the public, the commercial one first.
func WithConsole() []Partition {
	var some []Partition
	for _, p := range slices.Backward(all) { // the commercial partition is last, because most names fit it
		if p.Console != "" {
			some = append(some, p)
		}
	}
	return some
}
