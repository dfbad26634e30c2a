"""Have a trail record the management events of all Regions, creating one if needed, and undo that."""

import json
from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

Trail = dict[str, Any]  # CloudTrail's description of a trail, its event selectors, and whether it is logging

NAME, NONE = "hubmend-management-events", {"Trail": "none"}
SWITCHES = ("IsMultiRegionTrail", "IncludeGlobalServiceEvents", "IsLogging")
DELIVERY = ("S3BucketName", "CloudWatchLogsLogGroupArn", "KmsKeyId")
EVERYTHING = {"ReadWriteType": "All", "IncludeManagementEvents": True}
EVERYTHING_ADVANCED = {"Name": "All management events", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
PARAMETER = "/hubmend/EnableMultiRegionTrail/BucketName"
CHANGING = ("ConflictException",)  # another change of the trail is in progress
NEW = ("NoSuchBucket",)  # the bucket has just been created
UNUSABLE = ("S3BucketDoesNotExistException", "InsufficientS3BucketPolicyException")


def repair(aws: Aws, RetentionInDays: str) -> Outcome:
    found = trails(aws)
    for trail in found:
        if passes(trail):
            return unchanged(f"the trail {trail['Name']} records the management events of all Regions.", {"Trail": trail["TrailARN"]})
    # More Regions or logging again would multiply the cost of data events, so a trail with data events is chosen only if
    # it needs neither.
    own = [trail for trail in found if trail["TrailARN"].split(":")[4] == aws.account and (everywhere(trail) or not others(trail))]
    if own:
        return extend(aws, max(own, key=lambda trail: (trail["IsMultiRegionTrail"], trail["IsLogging"], whole(trail))))
    refuse_foreign(aws, found)
    return create(aws, int(RetentionInDays))


def undo(aws: Aws, before: State, after: State) -> Outcome:
    left: Any = after
    was: Any = before
    found = trails(aws, left["Trail"])
    now = {name: recorded(found[0])[name] for name in left} if found else NONE
    if now == was:
        return unchanged("the trail is as it was before the repair.", now)
    if now != left:
        raise Refused(
            f"The trail {left['Trail']} has changed since the repair {aws.repair}, so it was left unchanged. "
            "Find out who changed it. To restore the previous state, change the trail manually."
        )
    (trail,) = found
    arn, home, name = trail["TrailARN"], trail["HomeRegion"], trail["Name"]
    if was == NONE:
        aws("cloudtrail:DeleteTrail", Name=name, region=home, retry=CHANGING)
        aws.until(lambda: f"The trail {arn} was deleted, but CloudTrail still reports it." if trails(aws, arn) else "")
        return Outcome(f"Restored: the trail {name} is deleted. Its bucket {trail['S3BucketName']} and the log files stay.", now, before)
    if was["IsLogging"] != now["IsLogging"]:
        aws("cloudtrail:StopLogging", Name=name, region=home, retry=CHANGING)
    if was["EventSelectors"] != now["EventSelectors"]:
        select(aws, trail, was["EventSelectors"])
    if was["IsMultiRegionTrail"] != now["IsMultiRegionTrail"]:
        aws(
            "cloudtrail:UpdateTrail",
            Name=name,
            IsMultiRegionTrail=False,
            IncludeGlobalServiceEvents=was["IncludeGlobalServiceEvents"],
            region=home,
            retry=CHANGING,
        )
    aws.until(lambda: unlike(trails(aws, arn), was))
    return Outcome(f"Restored the trail {name}: {told(was, now)}, as before the repair.", now, before)


def trails(aws: Aws, arn: str = "") -> list[Trail]:
    """Return all trails that record events of this account in this Region, or one of them."""
    found = aws("cloudtrail:DescribeTrails", includeShadowTrails=True)["trailList"]
    return [{**trail, **details(aws, trail)} for trail in found if arn in ("", trail["TrailARN"])]


def details(aws: Aws, trail: Trail) -> Trail:
    """Return what the description leaves out. Another account's trail may not be visible, and counts as stopped then."""
    arn, home, gone = trail["TrailARN"], trail["HomeRegion"], ("TrailNotFoundException",)
    status = aws("cloudtrail:GetTrailStatus", Name=arn, region=home, absent=gone) or {}
    answer = aws("cloudtrail:GetEventSelectors", TrailName=arn, region=home, absent=gone)
    # A trail without selectors of its own records all management events.
    selectors: list[Trail] = [] if answer is None else answer.get("AdvancedEventSelectors") or answer.get("EventSelectors") or [EVERYTHING]
    return {"IsLogging": status.get("IsLogging", False), "EventSelectors": [without_empty(selector) for selector in selectors]}


def without_empty(value: Any) -> Any:
    """Return a selector without empty lists, which CloudTrail adds for parts that were left out."""
    if isinstance(value, dict):
        return {name: without_empty(part) for name, part in value.items() if part != []}
    return [without_empty(part) for part in value] if isinstance(value, list) else value


def recorded(trail: Trail) -> Trail:
    return {
        "Trail": trail["TrailARN"],
        "EventSelectors": trail["EventSelectors"],
        **{name: trail.get(name, False) for name in SWITCHES},
        **{name: trail.get(name) or "" for name in DELIVERY},
    }


def passes(trail: Trail) -> bool:
    return everywhere(trail) and whole(trail)


def everywhere(trail: Trail) -> bool:
    return bool(trail["IsMultiRegionTrail"] and trail["IsLogging"])


def whole(trail: Trail) -> bool:
    """Return whether the trail records all management events, of reads and writes and of all services."""
    return any(of_everything(selector) for selector in trail["EventSelectors"])


def of_everything(selector: Trail) -> bool:
    if "FieldSelectors" in selector:
        return bool(selector["FieldSelectors"] == EVERYTHING_ADVANCED["FieldSelectors"])
    chosen = selector.get("ReadWriteType", "All") == "All" and selector.get("IncludeManagementEvents", True)
    return chosen and not selector.get("ExcludeManagementEventSources")


def others(trail: Trail) -> list[Trail]:
    """Return the selectors of events that are not management events, such as data events."""
    selectors = []
    for selector in trail["EventSelectors"]:
        if "FieldSelectors" in selector:
            if {"Field": "eventCategory", "Equals": ["Management"]} not in selector["FieldSelectors"]:
                selectors.append(selector)
        elif selector.get("DataResources"):
            data = {name: part for name, part in selector.items() if name != "ExcludeManagementEventSources"}
            selectors.append({**data, "IncludeManagementEvents": False})
    return selectors


def extend(aws: Aws, trail: Trail) -> Outcome:
    """Let a trail record what it lacks, where CloudTrail can change it."""
    arn, home, name = trail["TrailARN"], trail["HomeRegion"], trail["Name"]
    advanced = any("FieldSelectors" in selector for selector in trail["EventSelectors"])
    selectors = trail["EventSelectors"] if whole(trail) else [*others(trail), EVERYTHING_ADVANCED if advanced else EVERYTHING]
    wanted = {"Trail": arn, "EventSelectors": selectors, **dict.fromkeys(SWITCHES, True)}
    found = {part: recorded(trail)[part] for part in wanted}
    if not trail["IsMultiRegionTrail"]:
        aws("cloudtrail:UpdateTrail", Name=name, IsMultiRegionTrail=True, IncludeGlobalServiceEvents=True, region=home, retry=CHANGING)
    if not whole(trail):
        select(aws, trail, selectors)
    if not trail["IsLogging"]:
        aws("cloudtrail:StartLogging", Name=name, region=home, retry=CHANGING)
    aws.until(lambda: "" if any(map(passes, trails(aws, arn))) else f"The trail {name} was changed, but CloudTrail does not report it.")
    return Outcome(f"Changed the trail {name}: {told(wanted, found)}.", found, wanted)


def told(wanted: Trail, found: Trail) -> str:
    """Say what differs between two states of a trail, as it will be."""
    words = {"IsMultiRegionTrail": ("it records all Regions", "it records one Region"), "IsLogging": ("logging is on", "logging is off")}
    said = [yes if wanted[name] else no for name, (yes, no) in words.items() if wanted[name] != found[name]]
    if wanted["EventSelectors"] != found["EventSelectors"]:
        said.append("it records all management events" if whole(wanted) else "it records only some management events")
    return ", ".join(said)


def select(aws: Aws, trail: Trail, selectors: list[Trail]) -> None:
    """Set the event selectors of a trail. Those of one kind replace those of the other."""
    advanced = any("FieldSelectors" in selector for selector in selectors)
    aws(
        "cloudtrail:PutEventSelectors",
        TrailName=trail["Name"],
        EventSelectors=None if advanced else selectors,
        AdvancedEventSelectors=selectors if advanced else None,
        region=trail["HomeRegion"],
        retry=CHANGING,
    )


def unlike(found: list[Trail], state: Trail) -> str:
    alike = found and all(recorded(found[0])[name] == state[name] for name in state)
    return "" if alike else f"The trail {state['Trail']} does not have its previous state. Check it, then try again."


def refuse_foreign(aws: Aws, found: list[Trail]) -> None:
    """Refuse if a trail of the organization should record this account, but does not. A second trail would cost twice."""
    for trail in found:
        owner = trail["TrailARN"].split(":")[4]
        if owner != aws.account and trail["IsMultiRegionTrail"]:
            lacks = "does not record all management events" if trail["IsLogging"] else "is not logging"
            raise Refused(
                f"{trail['Name']} is a trail of account {owner} that should record this account too, but it {lacks}. "
                f"Change it in account {owner}. Then Security Hub's next check passes."
            )


def create(aws: Aws, days: int) -> Outcome:
    parameter = aws("ssm:GetParameter", Name=PARAMETER, absent=("ParameterNotFound",))
    bucket, theirs = (parameter["Parameter"]["Value"], True) if parameter else (f"hubmend-trail-{aws.account}-{aws.region}", False)
    arn = f"arn:{aws.partition}:cloudtrail:{aws.region}:{aws.account}:trail/{NAME}"
    if not theirs:
        provide(aws, bucket, arn, days)
    made = aws(
        "cloudtrail:CreateTrail",
        Name=NAME,
        S3BucketName=bucket,
        IsMultiRegionTrail=True,
        IncludeGlobalServiceEvents=True,
        EnableLogFileValidation=True,
        absent=UNUSABLE if theirs else (),
        retry=(*CHANGING, *(() if theirs else UNUSABLE)),  # until CloudTrail sees the new bucket and its policy
    )
    if made is None:
        raise Refused(
            f"CloudTrail cannot deliver to the bucket {bucket}, which {PARAMETER} names. Create it if it does not exist, and let its policy "
            f"allow cloudtrail.amazonaws.com s3:GetBucketAcl on the bucket and s3:PutObject on AWSLogs/{aws.account}/*, for {arn}. "
            "Or delete the parameter, then Hubmend creates a bucket."
        )
    aws("cloudtrail:StartLogging", Name=NAME, retry=CHANGING)
    aws.until(
        lambda: "" if any(map(passes, trails(aws, arn))) else f"The trail {NAME} was created, but CloudTrail does not report that it is logging."
    )
    after = {"Trail": arn, "EventSelectors": [EVERYTHING], **dict.fromkeys(SWITCHES, True), **dict.fromkeys(DELIVERY, ""), "S3BucketName": bucket}
    return Outcome(f"Created the trail {NAME}, which records the management events of all Regions to the bucket {bucket}.", NONE, after)


def provide(aws: Aws, bucket: str, trail: str, days: int) -> None:
    """Create the trail's bucket or complete it. New buckets have default encryption and no ACLs."""
    # AccessDenied means that another account owns the bucket. Creating it then fails with a clear error.
    if aws("s3:GetBucketLocation", Bucket=bucket, ExpectedBucketOwner=aws.account, absent=(*NEW, "AccessDenied")) is None:
        # us-east-1 refuses a location constraint, and all other Regions require theirs.
        place = None if aws.region == "us-east-1" else {"LocationConstraint": aws.region}
        aws("s3:CreateBucket", Bucket=bucket, CreateBucketConfiguration=place)
    # The lifecycle is set last. A bucket without one is incomplete, so everything is set again.
    if aws("s3:GetBucketLifecycleConfiguration", Bucket=bucket, ExpectedBucketOwner=aws.account, absent=(*NEW, "NoSuchLifecycleConfiguration")):
        return
    aws(
        "s3:PutPublicAccessBlock",
        Bucket=bucket,
        ExpectedBucketOwner=aws.account,
        PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True},
        retry=NEW,
    )
    aws("s3:PutBucketPolicy", Bucket=bucket, ExpectedBucketOwner=aws.account, Policy=json.dumps(policy(aws, bucket, trail)), retry=NEW)
    aws(
        "s3:PutBucketLifecycleConfiguration",
        Bucket=bucket,
        ExpectedBucketOwner=aws.account,
        LifecycleConfiguration={"Rules": [{"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": days}}]},
        retry=NEW,
    )


def policy(aws: Aws, bucket: str, trail: str) -> dict[str, Any]:
    """Let CloudTrail deliver the log files of the trail, and require TLS."""
    arn = f"arn:{aws.partition}:s3:::{bucket}"
    service, source = {"Service": "cloudtrail.amazonaws.com"}, {"aws:SourceArn": trail}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TrailMayCheck",
                "Effect": "Allow",
                "Principal": service,
                "Action": "s3:GetBucketAcl",
                "Resource": arn,
                "Condition": {"StringEquals": source},
            },
            {
                "Sid": "TrailMayDeliver",
                "Effect": "Allow",
                "Principal": service,
                "Action": "s3:PutObject",
                "Resource": f"{arn}/AWSLogs/{aws.account}/*",
                "Condition": {"StringEquals": {**source, "s3:x-amz-acl": "bucket-owner-full-control"}},
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
