// Package partition owns AWS's partitions: which Regions each has, and what differs between them.
package partition

import (
	"regexp"
	"slices"
)

// Partition is a group of Regions that share accounts and identities with no other.
type Partition struct {
	Name      string
	URLSuffix string // of AWS's endpoints
	// Console ends the host name of the console of a Region. Empty: it is not known to the public.
	Console string
	// GlobalTrail is the Region in which CloudTrail has the calls of services without Regions.
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

// Of gives the partition that a Region belongs to, and false for a name that no Region has. It
// goes by the form of the name, so that a new Region needs no release.
func Of(region string) (Partition, bool) {
	for _, p := range all {
		if p.regions.MatchString(region) {
			return p, true
		}
	}
	return Partition{}, false
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
