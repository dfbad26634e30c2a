package lab_test

import (
	"strings"
	"testing"
)

const looking = `
schemaVersion: "0.3"
assumeRole: "arn:aws:iam::222222222222:role/ROLE"
mainSteps:
  - name: look
    action: aws:executeScript
    inputs:
      Runtime: python3.11
      Handler: main
      Script: |-
        import boto3
        from botocore.exceptions import ClientError

        def made(service, api, **parameters):
            try:
                getattr(boto3.client(service), api)(**parameters)
                return "fine"
            except ClientError as error:
                return error.response["Error"]["Code"]

        def main(events, context):
            balancer = "arn:aws:elasticloadbalancing:us-east-1:222222222222:loadbalancer/app/web/0123456789abcdef"
            return [
                made("rds", "describe_db_instances"),
                made("rds", "modify_db_instance", DBInstanceIdentifier="orders", DeletionProtection=True),
                made("elbv2", "describe_load_balancers"),
                made("elbv2", "modify_load_balancer_attributes", LoadBalancerArn=balancer, Attributes=[]),
                made("ecr", "put_image_scanning_configuration", repositoryName="web", imageScanningConfiguration={"scanOnPush": True}),
                made("cloudfront", "get_distribution_config", Id="E1"),
                made("guardduty", "list_detectors"),
                made("guardduty", "get_detector", DetectorId="d"),
            ]
    outputs: [{Name: Made, Selector: $.Payload, Type: StringList}]
outputs: [look.Made]
`

// Services that Hubmend's functions do not use, but runbooks do.
func TestServicesOfRunbooks(t *testing.T) {
	t.Parallel()
	w := enforced(t)
	const own = "arn:aws:*:*:222222222222:"
	w.runner(t, "nobody", allows("*", "kms:ListKeys"))
	w.runner(t, "may",
		allows("*", "elasticloadbalancing:DescribeLoadBalancers", "guardduty:ListDetectors"),
		allows(own+"db:*", "rds:DescribeDBInstances"), allows(own+"db:orders", "rds:ModifyDBInstance"),
		allows(own+"loadbalancer/app/web/*", "elasticloadbalancing:ModifyLoadBalancerAttributes"),
		allows(own+"repository/web", "ecr:PutImageScanningConfiguration"),
		allows(own+"distribution/E1", "cloudfront:GetDistributionConfig"),
		allows(own+"detector/d", "guardduty:GetDetector"))
	for role, want := range map[string][]string{
		"nobody": {"AccessDenied", "AccessDenied", "AccessDenied", "AccessDenied", "AccessDeniedException",
			"AccessDenied", "AccessDeniedException", "AccessDeniedException"},
		"may": {"fine", "DBInstanceNotFound", "fine", "LoadBalancerNotFound", "RepositoryNotFoundException",
			"NoSuchDistribution", "fine", "BadRequestException"},
	} {
		w.create(t, "Look-"+role, strings.ReplaceAll(looking, "ROLE", role))
		e := w.rehearse(t, "Look-"+role, nil)
		if e["AutomationExecutionStatus"] != "Success" {
			t.Fatal(e["FailureMessage"])
		}
		for i, code := range want {
			if got := at(e, "Outputs", "look.Made", i); got != code {
				t.Errorf("%s: call %d: %v, want %s", role, i+1, got, code)
			}
		}
	}
}
