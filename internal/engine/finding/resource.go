package finding

import (
	"regexp"
	"strings"
)

// renamed are the resource types that ASFF names otherwise than CloudFormation. In ASFF, the clusters of all engines
// are clusters of RDS.
var renamed = map[string]string{
	"AWS::ElasticLoadBalancing::LoadBalancer":   "AwsElbLoadBalancer",
	"AWS::ElasticLoadBalancingV2::LoadBalancer": "AwsElbv2LoadBalancer",
	"AWS::Neptune::DBCluster":                   "AwsRdsDbCluster",
	"AWS::DocDB::DBCluster":                     "AwsRdsDbCluster",
}

// capitals are the letters of an abbreviation, such as DB in DBInstance and VPC in VPC.
var capitals = regexp.MustCompile(`[A-Z]{2,}[a-z]?`)

// asffType returns a resource type of CloudFormation in the words of ASFF, AwsEc2SecurityGroup for
// AWS::EC2::SecurityGroup. One that is in these words already stays as it is.
func asffType(cloudFormation string) string {
	if name, ok := renamed[cloudFormation]; ok {
		return name
	}
	parts := strings.Split(cloudFormation, "::")
	if len(parts) == 1 {
		return cloudFormation
	}
	for i, part := range parts {
		parts[i] = capitals.ReplaceAllStringFunc(part, func(word string) string {
			end := len(word)
			if word[end-1] >= 'a' {
				end -= 2 // the last capital begins the next word
			}
			return word[:1] + strings.ToLower(word[1:end]) + word[end:]
		})
	}
	return strings.Join(parts, "")
}

var (
	arnPattern = regexp.MustCompile(`^arn:aws[a-z-]*:`)
	// The forms in which an account may be named as a resource.
	rootPattern = regexp.MustCompile(`^(?:AWS::::Account:|arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?$`)
)

// id returns the resource's id in ASFF: its ARN, or that of an account.
func (r ocsfResource) id() string {
	if asffType(r.Type) == AccountType {
		for _, id := range []string{r.UID, r.UIDAlt} {
			if m := rootPattern.FindStringSubmatch(id); m != nil {
				return "AWS::::Account:" + m[1]
			}
		}
	}
	if arnPattern.MatchString(r.UIDAlt) || r.UID == "" {
		return r.UIDAlt
	}
	return r.UID
}
