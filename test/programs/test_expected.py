"""A repair that is bound to a plan: every document repairs what is as it was planned, and nothing else."""

from __future__ import annotations

import datetime
import fnmatch
import json
from typing import Any

import boto3
import botocore.session
import hubmend_runtime as runtime
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from documents import DOCUMENTS
from examples import SETTINGS, given, listed
from moto.iam.models import iam_backends
from test_trail_alarms import topic, trail
from world import ACCOUNT, World, withheld

SESSION = botocore.session.Session()
GROUP, VPC, NETWORK_ACL = "SecurityGroups[0].GroupId", "Vpcs[0].VpcId", "NetworkAcl.NetworkAclId"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
WORLD = {"IpProtocol": "tcp", "FromPort": 20, "ToPort": 30, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
ENTRY = {"RuleNumber": 100, "Protocol": "6", "RuleAction": "allow", "Egress": False, "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 22, "To": 80}}
DEFAULT = [{"Name": "group-name", "Values": ["default"]}]
ANALYZER = {"name": "own", "type": "ACCOUNT", "status": "ACTIVE"}
Calls = list[tuple[str, dict[str, Any]]]

USER: Calls = [("iam:CreateUser", {"UserName": "ann"})]
KEY: Calls = [*USER, ("iam:CreateAccessKey", {"UserName": "ann"})]
BUCKET: Calls = [("s3:CreateBucket", {"Bucket": "team-bucket"})]
AUDIT: Calls = [*BUCKET, ("cloudtrail:CreateTrail", {"Name": "audit", "S3BucketName": "team-bucket", "IsMultiRegionTrail": True})]
CONTACT: Calls = [
    ("ssm:PutParameter", {"Name": f"/hubmend/SetSecurityContact/{name}", "Value": value, "Type": "String"})
    for name, value in (("Name", "Desk"), ("Title", "On call"), ("EmailAddress", "security@example.com"), ("PhoneNumber", "+1"))
]

# What each program repairs: the calls that make it, and the document's parameters.
PROGRAMS: dict[str, tuple[Calls, dict[str, Any]]] = {
    "AlarmOnTrailEvents": ([], {"Alarms": ["RootAccountUsage"]}),
    "BlockBucketPublicAccess": (BUCKET, {"BucketName": "team-bucket"}),
    "CloseNetworkAclPorts": (
        [
            ("ec2:DescribeVpcs", {}),
            ("ec2:CreateNetworkAcl", {"VpcId": "{Vpcs[0].VpcId}"}),
            ("ec2:CreateNetworkAclEntry", {"NetworkAclId": f"{{{NETWORK_ACL}}}", **ENTRY}),
        ],
        {"NetworkAclId": NETWORK_ACL},
    ),
    "CloseSecurityGroupPorts": (
        [
            ("ec2:DescribeSecurityGroups", {"Filters": DEFAULT}),
            ("ec2:AuthorizeSecurityGroupIngress", {"GroupId": f"{{{GROUP}}}", "IpPermissions": [WORLD]}),
        ],
        {"GroupId": GROUP, "Ports": ["22"], "Keep": [], "Protocols": ["tcp"], "Families": ["ipv4", "ipv6"]},
    ),
    "CreateSupportRole": ([], {}),
    "DeactivateOldAccessKeys": (KEY, {"UserName": "ann", "MaxAgeDays": "90"}),
    "DeactivateUnusedCredentials": (
        [*KEY, ("iam:CreateLoginProfile", {"UserName": "ann", "Password": "correct-horse-9"})],
        {"UserName": "ann", "MaxUnusedDays": "90"},
    ),
    "DeleteExpiredCertificate": (
        [("iam:UploadServerCertificate", {"ServerCertificateName": "old", "CertificateBody": "body", "PrivateKey": "key"})],
        {"ServerCertificateName": "old"},
    ),
    "EmptyDefaultSecurityGroup": ([("ec2:DescribeSecurityGroups", {"Filters": DEFAULT})], {"GroupId": GROUP}),
    "EnableAccessAnalyzer": ([], {}),
    "EnableBucketLogging": (BUCKET, {"BucketName": "team-bucket", "RetentionInDays": "30"}),
    "EnableConfig": ([], {"RetentionInDays": "30"}),
    "EnableKeyRotation": ([("kms:CreateKey", {})], {"KeyId": "KeyMetadata.KeyId"}),
    "EnableMultiRegionTrail": (AUDIT, {"RetentionInDays": "365"}),
    "EnableTrailValidation": (AUDIT, {"TrailArn": TRAIL}),
    "EnableVpcFlowLogs": (
        [
            ("iam:CreateRole", {"RoleName": "hubmend-flow-log-delivery", "AssumeRolePolicyDocument": "[]"}),
            ("ec2:DescribeVpcs", {}),
        ],
        {"VpcId": VPC, "RetentionInDays": "365"},
    ),
    "EncryptTrail": (
        [
            *AUDIT,
            ("kms:CreateKey", {}),
            ("ssm:PutParameter", {"Name": "/hubmend/EncryptTrail/KmsKeyArn", "Value": "{KeyMetadata.Arn}", "Type": "String"}),
        ],
        {"TrailArn": TRAIL},
    ),
    "LogS3DataEvents": ([*AUDIT, ("cloudtrail:StartLogging", {"Name": "audit"})], {"Events": ["Read"]}),
    "MovePoliciesToGroup": (
        [*USER, ("iam:PutUserPolicy", {"UserName": "ann", "PolicyName": "own", "PolicyDocument": "{Policy}"})],
        {"UserName": "ann"},
    ),
    "RemoveCloudShellAccess": (
        [*USER, ("iam:AttachUserPolicy", {"UserName": "ann", "PolicyArn": "arn:aws:iam::aws:policy/AWSCloudShellFullAccess"})],
        {"Identity": "user", "Name": "ann"},
    ),
    "RequireBucketTLS": (BUCKET, {"BucketName": "team-bucket"}),
    "RequireIMDSv2": (
        [
            ("ec2:DescribeImages", {"Owners": ["amazon"]}),
            (
                "ec2:RunInstances",
                {"ImageId": "{Images[0].ImageId}", "MinCount": 1, "MaxCount": 1, "MetadataOptions": {"HttpTokens": "optional"}},
            ),
        ],
        {"InstanceId": "Instances[0].InstanceId"},
    ),
    "SendTrailToCloudWatchLogs": (
        [*AUDIT, ("iam:CreateRole", {"RoleName": "hubmend-trail-delivery", "AssumeRolePolicyDocument": "[]"})],
        {"TrailArn": TRAIL, "RetentionInDays": "365"},
    ),
    "SetPasswordPolicy": ([], {"MinimumPasswordLength": "14", "PasswordReusePrevention": "24", "MaxPasswordAge": "90"}),
    "SetSecurityContact": (CONTACT, {}),
}


class Subject:
    """Something that a document repairs, made failing."""

    def __init__(self, world: World, document: str) -> None:
        self.world, self.document = world, document
        control = next((one for one in SETTINGS.values() if f"hubmend-{one['runbook']}" == document), None)
        if control:
            for call in listed(control["example"]["make"]):
                world.make(call)
            self.parameters: dict[str, Any] = given(control, world.fill(control["example"]["id"]))
            return
        calls, parameters = PROGRAMS[document.removeprefix("hubmend-")]
        world.known["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}})
        for call, form in calls:
            world.make({"call": call, "with": form})
        self.parameters = {name: filled(world, value) for name, value in parameters.items()}
        prepare(world, document)

    def run(self, **events: Any) -> dict[str, Any]:
        self.world.calls = []
        return self.world.run(self.document, **self.parameters, **events)

    def written(self) -> list[str]:
        """Return the writes that the last run made."""
        kinds = self.world.names["CALLS"]
        return [call for call, _ in self.world.calls if kinds[call] == "write"]


def filled(world: World, value: Any) -> Any:
    return world.fill(f"{{{value}}}") if isinstance(value, str) and value[0].isupper() else value


def prepare(world: World, document: str) -> None:
    """Make what a list of calls cannot: old credentials, and what moto does not have."""
    if document == "hubmend-AlarmOnTrailEvents":
        boto3.client("s3").create_bucket(Bucket="team-bucket")
        trail()
        topic()
    analyzers: list[dict[str, str]] = []
    world.answers["accessanalyzer:ListAnalyzers"] = lambda: {"analyzers": analyzers}
    world.answers["accessanalyzer:CreateAnalyzer"] = lambda: {"arn": analyzers.append(ANALYZER)}  # type: ignore[func-returns-value]
    old = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    for user in iam_backends[ACCOUNT]["aws"].users.values():
        user.create_date = old
        for key in user.access_keys:
            key.create_date = old


@pytest.fixture
def subject(document: str, account: None, waits: list[float], monkeypatch: pytest.MonkeyPatch) -> Subject:  # noqa: ARG001  the account and its clock
    if document in MANAGED:
        monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    return Subject(World(), document)


MANAGED = ("hubmend-CreateSupportRole", "hubmend-RemoveCloudShellAccess")  # which need the policies of AWS
REPAIRS = [name for name in DOCUMENTS if not name.startswith("hubmend-Undo")]
EVERY = pytest.mark.parametrize("document", REPAIRS)


@EVERY
def test_what_is_as_it_was_planned_is_repaired_and_what_has_changed_is_not(subject: Subject) -> None:
    plan = subject.run(Mode="plan")
    assert subject.written() == []
    assert withheld(plan) != []
    assert subject.run(Mode="plan")["Digest"] == plan["Digest"]
    repaired = subject.run(Mode="repair", Expected=plan["Digest"])
    assert (repaired["Change"], subject.written()[:1]) == (plan["Change"], [withheld(plan)[0]["Call"]])
    with pytest.raises(Exception, match=r"^hubmend:(changed|read NoSuchEntity) "):  # a deleted resource is gone
        subject.run(Mode="repair", Expected=plan["Digest"])
    assert subject.written() == []


@EVERY
def test_another_answer_to_any_read(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    digest, read = subject.run(Mode="plan")["Digest"], set[str]()
    other = ""

    def note(aws: Any, call: str, kind: str, region: str, parameters: Any, answer: Any) -> None:
        own(aws, call, kind, region, parameters, {"Another": answer} if call == other else answer)
        read.update(json.loads(key)[0] for key in aws.read)

    own = subject.world.names["Aws"]._note
    monkeypatch.setitem(subject.world.patches, "_note", note)
    subject.run(Mode="plan")
    assert read
    for call in sorted(read):
        other = call
        with pytest.raises(Exception, match=r"^hubmend:changed "):
            subject.run(Mode="repair", Expected=digest)
        assert subject.written() == []


def members(shape: Shape | None, above: frozenset[str] = frozenset()) -> set[str]:
    """Return the names of all members."""
    if shape is None or shape.name in above:
        return set()
    above |= {shape.name}
    if isinstance(shape, StructureShape):
        return set(shape.members).union(*(members(member, above) for member in shape.members.values()))
    if isinstance(shape, ListShape | MapShape):
        return members(shape.member if isinstance(shape, ListShape) else shape.value, above) | set(shape.metadata.get("enum", []))
    return set(shape.metadata.get("enum", []))


def test_volatile_fields_exist() -> None:
    """A pattern that nothing has is a name that is wrong."""
    script = "\n".join(DOCUMENTS[name] for name in REPAIRS)
    for service, patterns in runtime.VOLATILE.items():
        names = {"ResponseMetadata", "RequestId"}
        for one in SESSION.get_available_services() if service == "*" else [service]:
            if f'"{one}:' not in script:
                continue
            model = SESSION.get_service_model(one)
            for api in model.operation_names:
                names |= members(model.operation_model(api).output_shape) | members(model.operation_model(api).input_shape)
        for pattern in patterns:
            assert fnmatch.filter(names, pattern), f"{service}: {pattern}"
