"""Turn on AWS Config with its service-linked role, creating a recorder and a bucket if needed, and undo that."""

import json
from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

Item = dict[str, Any]

NAME, NONE, CHECK = "default", "none", "includeConfigServiceLinkedRoleCheck"
HOME, BUCKET = "/hubmend/EnableConfig/HomeRegion", "/hubmend/EnableConfig/BucketName"
NEW = ("NoSuchBucket",)  # the bucket has just been created
UNUSABLE = ("NoSuchBucketException", "InsufficientDeliveryPolicyException")
OWNERS = {"aws-controltower": "AWS Control Tower", "StackSet-": "a CloudFormation StackSet"}  # by how the recorder's name begins


def repair(aws: Aws, RetentionInDays: str) -> Outcome:
    recorder, found = current(aws)
    refuse_foreign(recorder)
    wanted: Item = {
        "Recorder": recorder.get("name", NAME),
        "RoleARN": service_role(aws) if not recorder or checks_role(aws) else recorder["roleARN"],
        "IncludeGlobalResourceTypes": found["IncludeGlobalResourceTypes"] or records_global_types(aws),
        "Recording": True,
        "Channel": found["Channel"],
        "Bucket": found["Bucket"],
    }
    if found["Channel"] == NONE:
        wanted["Channel"], wanted["Bucket"] = NAME, bucket(aws, int(RetentionInDays))
    if found == wanted:
        return unchanged(f"the recorder {wanted['Recorder']} records all resource types.", found)
    if found["RoleARN"] != wanted["RoleARN"]:
        aws("iam:CreateServiceLinkedRole", AWSServiceName="config.amazonaws.com", absent=("InvalidInput",))  # the code if the role exists
    put(aws, recorder, wanted)
    if found["Channel"] == NONE:
        add_channel(aws, wanted, new_recorder=not recorder)
    if not found["Recording"]:
        aws("config:StartConfigurationRecorder", ConfigurationRecorderName=wanted["Recorder"])
    aws.until(lambda: "" if current(aws)[1] == wanted else "AWS Config was turned on, but does not report it. Start the repair again.")
    return Outcome(told(found, wanted), found, wanted)


def undo(aws: Aws, before: State, after: State) -> Outcome:
    was, left = recorded(before), recorded(after)
    recorder, found = current(aws)
    if found == was:
        return unchanged("AWS Config is as it was before the repair.", found)
    # An undo that stopped halfway has restored some values.
    if any(found[name] not in (was[name], left[name]) for name in left):
        raise Refused(
            f"AWS Config has changed since the repair {aws.repair}, so it was left unchanged. "
            "Find out who changed it. To restore the previous state, set it manually."
        )
    name = found["Recorder"]
    if found["Recording"] and not was["Recording"]:
        aws("config:StopConfigurationRecorder", ConfigurationRecorderName=name)
    if found["Channel"] != was["Channel"]:
        aws("config:DeleteDeliveryChannel", DeliveryChannelName=found["Channel"])
    if was["Recorder"] == NONE:
        aws("config:DeleteConfigurationRecorder", ConfigurationRecorderName=name)
    else:
        put(aws, recorder, was)
    aws.until(lambda: "" if current(aws)[1] == was else "AWS Config does not have its previous state. Check it, then try again.")
    what = "AWS Config is turned off" if was["Recorder"] == NONE else f"the recorder {name} is as before the repair"
    return Outcome(f"Restored: {what}. Bucket, recorded data and service-linked role stay.", found, before)


def current(aws: Aws) -> tuple[Item, Item]:
    """Return the account's own recorder, if it has one, and the state that is recorded. Services may have recorders too."""
    recorders = [one for one in aws("config:DescribeConfigurationRecorders")["ConfigurationRecorders"] if not one.get("servicePrincipal")]
    recorder = recorders[0] if recorders else {}
    statuses = aws("config:DescribeConfigurationRecorderStatus")["ConfigurationRecordersStatus"]
    channels = aws("config:DescribeDeliveryChannels")["DeliveryChannels"]
    return recorder, {
        "Recorder": recorder.get("name", NONE),
        "RoleARN": recorder.get("roleARN", NONE),
        "IncludeGlobalResourceTypes": recorder.get("recordingGroup", {}).get("includeGlobalResourceTypes", False),
        "Recording": any(status["recording"] for status in statuses if status["name"] == recorder.get("name")),
        "Channel": channels[0]["name"] if channels else NONE,
        "Bucket": channels[0]["s3BucketName"] if channels else NONE,
    }


def recorded(given: Any) -> Item:
    return dict(given)


def service_role(aws: Aws) -> str:
    return f"arn:{aws.partition}:iam::{aws.account}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"


def refuse_foreign(recorder: Item) -> None:
    name, group = recorder.get("name", ""), recorder.get("recordingGroup", {})
    for start, owner in OWNERS.items():
        if name.startswith(start):
            raise Refused(f"The recorder {name} was created by {owner}, which would overwrite or report any change. Change it there.")
    if recorder and not group.get("allSupported"):
        raise Refused(
            f"The recorder {name} records only some resource types. Recording more types costs more. "
            "Add the types that your Security Hub controls need, or let it record all types, then try again."
        )


def checks_role(aws: Aws) -> bool:
    """Return whether Security Hub checks the role, which a parameter of the control can turn off."""
    answer = aws("securityhub:BatchGetSecurityControls", SecurityControlIds=["Config.1"], absent=("InvalidAccessException",)) or {}
    values = [control.get("Parameters", {}).get(CHECK, {}).get("Value", {}) for control in answer.get("SecurityControls", [])]
    return all(value.get("Boolean", True) for value in values)


def records_global_types(aws: Aws) -> bool:
    """Return whether the control requires IAM resources in this Region: in the home Region only, if one is known."""
    return parameter(aws, HOME) in ("", aws.region)


def parameter(aws: Aws, name: str) -> str:
    answer = aws("ssm:GetParameter", Name=name, absent=("ParameterNotFound",))
    return str(answer["Parameter"]["Value"]) if answer else ""


def put(aws: Aws, recorder: Item, wanted: Item) -> None:
    """Set role and global types of a recorder, if they differ. The other values stay."""
    group = {**recorder.get("recordingGroup", {"allSupported": True}), "includeGlobalResourceTypes": wanted["IncludeGlobalResourceTypes"]}
    if recorder.get("roleARN") == wanted["RoleARN"] and recorder.get("recordingGroup") == group:
        return
    aws(
        "config:PutConfigurationRecorder",
        ConfigurationRecorder={
            **{name: recorder[name] for name in ("recordingMode",) if name in recorder},
            "name": wanted["Recorder"],
            "roleARN": wanted["RoleARN"],
            "recordingGroup": group,
        },
        retry=("InvalidRoleException",),  # until AWS Config sees a new role
    )


def add_channel(aws: Aws, wanted: Item, *, new_recorder: bool) -> None:
    own = wanted["Bucket"] == own_bucket(aws)
    made = aws(
        "config:PutDeliveryChannel",
        DeliveryChannel={"name": NAME, "s3BucketName": wanted["Bucket"]},
        absent=() if own else UNUSABLE,
        retry=UNUSABLE if own else (),  # until AWS Config sees the new bucket and its policy
    )
    if made is not None:
        return
    if new_recorder:
        aws("config:DeleteConfigurationRecorder", ConfigurationRecorderName=NAME)
    raise Refused(
        f"AWS Config cannot deliver to the bucket {wanted['Bucket']}, which {BUCKET} names. Let the bucket's policy allow config.amazonaws.com "
        f"s3:GetBucketAcl and s3:ListBucket on the bucket and s3:PutObject on AWSLogs/{aws.account}/Config/*, for account {aws.account}. "
        "Or delete the parameter, then Hubmend creates a bucket."
    )


def told(found: Item, wanted: Item) -> str:
    changes = {
        "Recorder": "created the recorder",
        "RoleARN": "set the service-linked role",
        "IncludeGlobalResourceTypes": "included IAM resources",
        "Channel": f"let it deliver to the bucket {wanted['Bucket']}",
        "Recording": "started recording",
    }
    made = [text for name, text in changes.items() if found[name] != wanted[name]]
    return f"Turned on AWS Config: {', '.join(made)}."


def own_bucket(aws: Aws) -> str:
    return f"hubmend-config-{aws.account}-{aws.region}"


def bucket(aws: Aws, days: int) -> str:
    """Return the customer's bucket, or Hubmend's own, which is created or completed. New buckets are private and encrypted."""
    theirs, name = parameter(aws, BUCKET), own_bucket(aws)
    if theirs:
        return theirs
    # AccessDenied means that another account owns the bucket. Creating it then fails with a clear error.
    if aws("s3:GetBucketLocation", Bucket=name, ExpectedBucketOwner=aws.account, absent=(*NEW, "AccessDenied")) is None:
        # us-east-1 refuses a location constraint, and all other Regions require theirs.
        place = None if aws.region == "us-east-1" else {"LocationConstraint": aws.region}
        aws("s3:CreateBucket", Bucket=name, CreateBucketConfiguration=place)
    # The lifecycle is set last. A bucket without one is incomplete, so everything is set again.
    if aws("s3:GetBucketLifecycleConfiguration", Bucket=name, ExpectedBucketOwner=aws.account, absent=(*NEW, "NoSuchLifecycleConfiguration")):
        return name
    aws(
        "s3:PutPublicAccessBlock",
        Bucket=name,
        ExpectedBucketOwner=aws.account,
        PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True},
        retry=NEW,
    )
    aws("s3:PutBucketPolicy", Bucket=name, ExpectedBucketOwner=aws.account, Policy=json.dumps(policy(aws, name)), retry=NEW)
    aws(
        "s3:PutBucketLifecycleConfiguration",
        Bucket=name,
        ExpectedBucketOwner=aws.account,
        LifecycleConfiguration={"Rules": [{"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": days}}]},
        retry=NEW,
    )
    return name


def policy(aws: Aws, name: str) -> Item:
    """Let AWS Config of this account deliver, and require TLS."""
    arn = f"arn:{aws.partition}:s3:::{name}"
    service = {"Effect": "Allow", "Principal": {"Service": "config.amazonaws.com"}}
    account = {"aws:SourceAccount": aws.account}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                **service,
                "Sid": "ConfigMayCheck",
                "Action": ["s3:GetBucketAcl", "s3:ListBucket"],
                "Resource": arn,
                "Condition": {"StringEquals": account},
            },
            {
                **service,
                "Sid": "ConfigMayDeliver",
                "Action": "s3:PutObject",
                "Resource": f"{arn}/AWSLogs/{aws.account}/Config/*",
                "Condition": {"StringEquals": {**account, "s3:x-amz-acl": "bucket-owner-full-control"}},
            },
            {
                "Sid": "TLSOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }
