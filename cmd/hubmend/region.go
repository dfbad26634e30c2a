package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"hubmend/internal/aws/partition"
	"hubmend/internal/catalog/nearmatch"
)

// regions are AWS's at the time of this version. They serve to suggest one, never to refuse one: AWS opens new ones.
var regions = []string{
	"af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1",
	"ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
	"ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-1",
	"eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "eusc-de-east-1",
	"il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2",
	"us-gov-east-1", "us-gov-west-1", "us-west-1", "us-west-2",
}

// unknownRegion is the error for a name that is not a Region's.
func unknownRegion(name string) error {
	return nearmatch.Unknown("Region", name, regions, "a Region has a name such as us-east-1")
}

// checkRegion refuses what cannot be a Region.
func checkRegion(name string) error {
	if _, ok := partition.Of(name); !ok {
		return unknownRegion(name)
	}
	return nil
}

// meantRegion suggests another Region for one that AWS does not have today, or gives "".
func meantRegion(name string) string {
	if slices.Contains(regions, name) {
		return ""
	}
	if near := nearmatch.Find(name, regions); len(near) > 0 {
		return fmt.Sprintf(" (did you mean %s?)", near[0])
	}
	return ""
}

// regionFlag is a flag for a Region.
type regionFlag struct{ name *string }

// Set implements pflag.Value.
func (f regionFlag) Set(name string) error {
	*f.name = name
	return checkRegion(name)
}

// String implements pflag.Value.
func (f regionFlag) String() string {
	if f.name == nil {
		return ""
	}
	return *f.name
}

// Type implements pflag.Value.
func (regionFlag) Type() string { return "name" }

// addRegionFlag gives a command the flag --region.
func addRegionFlag(cmd *cobra.Command, name *string, usage string) {
	cmd.Flags().Var(regionFlag{name}, "region", usage)
}
