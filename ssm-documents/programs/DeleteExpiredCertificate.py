"""Delete an expired server certificate from IAM if no load balancer or distribution uses it."""

from datetime import datetime, timezone
from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, unchanged


def repair(aws: Aws, ServerCertificateName: str) -> Outcome:
    name = ServerCertificateName
    found = aws("iam:GetServerCertificate", ServerCertificateName=name)["ServerCertificate"]["ServerCertificateMetadata"]
    expired: datetime = found["Expiration"]
    before = {"Arn": found["Arn"], "ServerCertificateId": found["ServerCertificateId"], "Expiration": expired.isoformat()}
    if expired > datetime.now(timezone.utc):
        return unchanged(f"the certificate {name} expires on {expired:%Y-%m-%d}.", before)
    # IAM refuses to delete a certificate that CloudFront uses, but not one of a load balancer.
    used = [*distributions(aws, found["ServerCertificateId"]), *load_balancers(aws, found["Arn"])]
    if used:
        raise Refused(f"The certificate {name} is in use by {', '.join(used)}. Replace it there, then start the repair again.")
    aws("iam:DeleteServerCertificate", ServerCertificateName=name, absent=("NoSuchEntity",))
    aws.until(lambda: f"IAM still reports the certificate {name}. Start the repair again." if exists(aws, name) else "")
    lost = ["It cannot be restored without its private key."]
    return Outcome(f"Deleted the certificate {name}, which expired on {expired:%Y-%m-%d}.", before, {}, lost)


def exists(aws: Aws, name: str) -> bool:
    return aws("iam:GetServerCertificate", ServerCertificateName=name, absent=("NoSuchEntity",)) is not None


def distributions(aws: Aws, certificate: str) -> list[str]:
    """Return the CloudFront distributions with the certificate."""
    items = aws("cloudfront:ListDistributions").get("DistributionList", {}).get("Items", [])
    return [f"the distribution {one['Id']}" for one in items if one.get("ViewerCertificate", {}).get("IAMCertificateId") == certificate]


def load_balancers(aws: Aws, arn: str) -> list[str]:
    """Return the load balancers with the certificate, in all Regions of the account."""
    regions = sorted(one["RegionName"] for one in aws("ec2:DescribeRegions")["Regions"])
    return [f"the load balancer {name} in {region}" for region in regions for name in (*classic(aws, region, arn), *modern(aws, region, arn))]


def classic(aws: Aws, region: str, arn: str) -> list[str]:
    every = aws("elb:DescribeLoadBalancers", region=region)["LoadBalancerDescriptions"]
    return [one["LoadBalancerName"] for one in every if arn in [each["Listener"].get("SSLCertificateId") for each in one["ListenerDescriptions"]]]


def modern(aws: Aws, region: str, arn: str) -> list[str]:
    every = aws("elbv2:DescribeLoadBalancers", region=region)["LoadBalancers"]
    return [one["LoadBalancerName"] for one in every if any(arn in certificates(aws, region, listener) for listener in listeners(aws, region, one))]


def listeners(aws: Aws, region: str, balancer: dict[str, Any]) -> list[str]:
    """Return the listeners that have certificates."""
    found = aws("elbv2:DescribeListeners", region=region, LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return [one["ListenerArn"] for one in found if one["Protocol"] in ("HTTPS", "TLS")]


def certificates(aws: Aws, region: str, listener: str) -> list[str]:
    """Return the default certificate of a listener and those for further host names."""
    found = aws("elbv2:DescribeListenerCertificates", region=region, ListenerArn=listener)["Certificates"]
    return [one["CertificateArn"] for one in found]
