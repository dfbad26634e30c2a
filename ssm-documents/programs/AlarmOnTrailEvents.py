"""Raise alarms on events that a trail delivers to CloudWatch Logs, and undo that."""

from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

Found = dict[str, Any]  # a part of an answer


def any_of(names: str, source: str = "") -> str:
    """Return the pattern of events with one of these names, from one service or from any."""
    some = " || ".join(f"($.eventName={name})" for name in names.split())
    return "{" + (f"($.eventSource={source}) && ({some})" if source else some) + "}"


# What each alarm reports, and the pattern of its metric filter. Security Hub accepts only exactly these patterns.
EVENTS = {
    "RootAccountUsage": (
        "use of the root user",
        '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}',
    ),
    "UnauthorizedAPICalls": ("unauthorized API calls", '{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}'),
    "ConsoleSigninWithoutMFA": (
        "console sign-ins without MFA",
        '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes")'
        ' && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }',
    ),
    "IAMPolicyChanges": (
        "IAM policy changes",
        any_of(
            "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy "
            "CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy "
            "AttachUserPolicy DetachUserPolicy AttachGroupPolicy DetachGroupPolicy",
            "iam.amazonaws.com",
        ),
    ),
    "CloudTrailChanges": ("CloudTrail configuration changes", any_of("CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging")),
    "ConsoleAuthenticationFailure": ("failed console sign-ins", '{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}'),
    "DisableOrDeleteCMK": (
        "customer managed keys that are disabled or scheduled for deletion",
        any_of("DisableKey ScheduleKeyDeletion", "kms.amazonaws.com"),
    ),
    "S3BucketPolicyChanges": (
        "S3 bucket policy changes",
        any_of(
            "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication "
            "DeleteBucketPolicy DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication",
            "s3.amazonaws.com",
        ),
    ),
    "AWSConfigChanges": (
        "AWS Config configuration changes",
        any_of(
            "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder",
            "config.amazonaws.com",
        ),
    ),
    "SecurityGroupChanges": (
        "security group changes",
        any_of(
            "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress "
            "RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup",
        ),
    ),
    "NetworkACLChanges": (
        "changes to network ACLs",
        any_of(
            "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry ReplaceNetworkAclAssociation",
        ),
    ),
    "NetworkGatewayChanges": (
        "changes to network gateways",
        any_of(
            "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway DeleteInternetGateway DetachInternetGateway",
        ),
    ),
    "RouteTableChanges": (
        "route table changes",
        any_of(
            "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute DisassociateRouteTable",
            "ec2.amazonaws.com",
        ),
    ),
    "VPCChanges": (
        "VPC changes",
        any_of(
            "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection "
            "DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc "
            "DisableVpcClassicLink EnableVpcClassicLink",
        ),
    ),
}
NAMESPACE, DEFAULT_TOPIC, PARAMETER = "LogMetrics", "hubmend-cis-alarms", "/hubmend/AlarmOnTrailEvents/TopicArn"
QUOTA = 100  # metric filters in a log group
ABSENT, CHANGED, SET = "none", "changed", "set"
# At least one event in five minutes.
SHAPE = {
    "Statistic": "Sum",
    "Period": 300,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching",
}


def repair(aws: Aws, Alarms: list[str]) -> Outcome:
    trail, filters = find_trail(aws, Alarms)
    group = log_group(trail)
    missing = [name for name in Alarms if not raised(aws, filters, name)]
    if not missing:
        return unchanged(f"alarms with a subscribed topic report {said(Alarms)}.", [])
    topic = subscribed_topic(aws)
    found = [current(aws, {"Name": name, "LogGroup": group, "Metric": metric(filters, name)}) for name in missing]
    refuse_changed(found)
    wanted = [{**item, "Alarm": topic, "Filter": item["Filter"] if matching(filters, item["Name"]) else SET} for item in found]
    made = [item["Name"] for item, was in zip(wanted, found, strict=True) if item["Filter"] != was["Filter"]]
    if len(filters) + len(made) > QUOTA:
        raise Refused(
            f"The log group {group} has {len(filters)} metric filters, and CloudWatch Logs allows {QUOTA}. "
            f"Delete metric filters that are not needed, until there is room for {len(made)} more."
        )
    for name in made:
        aws(
            "logs:PutMetricFilter",
            logGroupName=group,
            filterName=own(name),
            filterPattern=EVENTS[name][1],
            metricTransformations=[{"metricName": name, "metricNamespace": NAMESPACE, "metricValue": "1", "defaultValue": 0.0}],
        )
    for item in wanted:
        put_alarm(aws, item)
    aws.until(lambda: still_missing(aws, group, missing))
    return Outcome(f"Created alarms for {said(missing)}. They notify {topic}.", found, wanted)


def undo(aws: Aws, before: State, after: State) -> Outcome:
    was: Any = before
    left: Any = after
    now = [current(aws, item) for item in left]
    if now == was:
        return unchanged("the alarms and metric filters are as they were before the repair.", now)
    # An earlier undo may have stopped halfway, so each part may already have its previous state.
    changed = [
        own(item["Name"])
        for item, old, new in zip(now, was, left, strict=True)
        if any(item[part] not in (old[part], new[part]) for part in ("Alarm", "Filter"))
    ]
    if changed:
        raise Refused(
            f"{listed(changed)} changed since the repair {aws.repair}, so nothing was changed. "
            "Find out who changed it. To remove an alarm or its metric filter, delete it manually."
        )
    created = [own(item["Name"]) for item, old in zip(now, was, strict=True) if item["Alarm"] != old["Alarm"] == ABSENT]
    if created:
        aws("cloudwatch:DeleteAlarms", AlarmNames=created)
    for item, old in zip(now, was, strict=True):
        if item["Alarm"] != old["Alarm"] != ABSENT:
            put_alarm(aws, old)
        if item["Filter"] != old["Filter"]:
            aws("logs:DeleteMetricFilter", logGroupName=item["LogGroup"], filterName=own(item["Name"]), absent=("ResourceNotFoundException",))
    names = [item["Name"] for item in was]
    aws.until(lambda: "" if [current(aws, item) for item in left] == was else f"AWS still reports the alarms for {said(names)}. Try again.")
    return Outcome(f"Restored: the alarms and metric filters for {said(names)} are as before the repair. The topic stays.", now, was)


def find_trail(aws: Aws, names: list[str]) -> tuple[Found, list[Found]]:
    """Return the trail that Security Hub looks at and the metric filters of its log group, or refuse."""
    trails = aws("cloudtrail:DescribeTrails", includeShadowTrails=True)["trailList"]
    own_trails = [trail for trail in trails if trail["IsMultiRegionTrail"] and trail["TrailARN"].split(":")[4] == aws.account]
    here = [trail for trail in own_trails if trail["HomeRegion"] == aws.region]
    fit = [trail for trail in here if records(aws, trail)]
    if own_trails and not here:
        raise Refused(
            f"The trail {own_trails[0]['Name']} is based in {own_trails[0]['HomeRegion']}. Security Hub looks for alarms on it only there, so "
            f"{aws.region} needs none. If it is not logging, remediate CloudTrail.1."
        )
    if not fit:
        others = [trail["TrailARN"].split(":")[4] for trail in trails if trail["IsMultiRegionTrail"] and trail not in own_trails]
        raise Refused(
            f"Account {aws.account} has no trail of its own that is logging and records all management events of all Regions. "
            + (f"A trail of account {others[0]} does: create the alarms there." if others else "Remediate CloudTrail.1 first.")
        )
    delivering = [trail for trail in fit if trail.get("CloudWatchLogsLogGroupArn")]
    if not delivering:
        raise Refused(f"The trail {fit[0]['Name']} does not deliver to CloudWatch Logs. Remediate CloudTrail.5 for this trail first.")
    read = [(trail, aws("logs:DescribeMetricFilters", logGroupName=log_group(trail))["metricFilters"]) for trail in delivering]
    return max(read, key=lambda one: sum(bool(matching(one[1], name)) for name in names))


def records(aws: Aws, trail: Found) -> bool:
    """Return whether a trail is logging and records all management events."""
    if not aws("cloudtrail:GetTrailStatus", Name=trail["TrailARN"])["IsLogging"]:
        return False
    answer = aws("cloudtrail:GetEventSelectors", TrailName=trail["TrailARN"])
    advanced, basic = answer.get("AdvancedEventSelectors"), answer.get("EventSelectors")
    if advanced:
        fields = [[(field["Field"], field.get("Equals")) for field in selector["FieldSelectors"]] for selector in advanced]
        return [("eventCategory", ["Management"])] in fields
    # A trail without selectors of its own records all management events.
    return not basic or any(
        selector.get("ReadWriteType", "All") == "All"
        and selector.get("IncludeManagementEvents", True)
        and not selector.get("ExcludeManagementEventSources")
        for selector in basic
    )


def log_group(trail: Found) -> str:
    return str(trail["CloudWatchLogsLogGroupArn"]).split(":")[6]


def own(name: str) -> str:
    """Return the name of the repair's alarm and metric filter."""
    return f"hubmend-{name}"


def matching(filters: list[Found], name: str) -> list[Found]:
    """Return the metric filters with the pattern of an alarm. Spaces do not matter."""
    return [each for each in filters if "".join(each["filterPattern"].split()) == "".join(EVENTS[name][1].split())]


def metric(filters: list[Found], name: str) -> str:
    """Return the namespace and name of the metric of an alarm, which an existing metric filter may give."""
    for each in matching(filters, name):
        for made in each["metricTransformations"]:
            return f"{made['metricNamespace']}/{made['metricName']}"
    return f"{NAMESPACE}/{name}"


def raised(aws: Aws, filters: list[Found], name: str) -> bool:
    """Return whether an alarm with a subscribed topic watches the metric of a filter with the right pattern."""
    metrics = [made for each in matching(filters, name) for made in each["metricTransformations"]]
    return any(
        alarm["ActionsEnabled"] and any(subscribed(aws, action) for action in alarm["AlarmActions"])
        for made in metrics
        for alarm in aws("cloudwatch:DescribeAlarmsForMetric", MetricName=made["metricName"], Namespace=made["metricNamespace"])["MetricAlarms"]
    )


def subscribed(aws: Aws, topic: str) -> bool:
    """Return whether a topic of this account and Region has a confirmed subscription."""
    if not topic.startswith(f"arn:{aws.partition}:sns:{aws.region}:{aws.account}:"):
        return False
    answer = aws("sns:ListSubscriptionsByTopic", TopicArn=topic, absent=("NotFound", "InvalidParameter"))
    return bool(answer) and any(each["SubscriptionArn"].startswith("arn:") for each in answer["Subscriptions"])


def subscribed_topic(aws: Aws) -> str:
    """Return the topic for new alarms, or refuse one that has no receivers."""
    parameter = aws("ssm:GetParameter", Name=PARAMETER, absent=("ParameterNotFound",))
    topic = str(parameter["Parameter"]["Value"]) if parameter else f"arn:{aws.partition}:sns:{aws.region}:{aws.account}:{DEFAULT_TOPIC}"
    if not subscribed(aws, topic):
        raise Refused(
            f"The alarms would go unnoticed: the topic {topic} does not exist in account {aws.account} and {aws.region}, or has no confirmed "
            f"subscription. Create it and confirm a subscription, or set the Parameter Store parameter {PARAMETER} to a topic that has one."
        )
    if aws("sns:GetTopicAttributes", TopicArn=topic)["Attributes"].get("KmsMasterKeyId", "").endswith("alias/aws/sns"):
        raise Refused(
            f"CloudWatch cannot publish to the topic {topic}, because it is encrypted with the key alias/aws/sns. Encrypt it with a "
            "customer managed key whose policy allows cloudwatch.amazonaws.com kms:Decrypt and kms:GenerateDataKey*, or with none."
        )
    return topic


def current(aws: Aws, item: Found) -> Found:
    """Return an item with the present state of the repair's own alarm and metric filter."""
    name, (namespace, metric_name) = own(item["Name"]), item["Metric"].rsplit("/", 1)
    named = aws("logs:DescribeMetricFilters", logGroupName=item["LogGroup"], filterNamePrefix=name, absent=("ResourceNotFoundException",))
    filters = [each for each in (named or {"metricFilters": []})["metricFilters"] if each["filterName"] == name]
    states = [SET if matching([each], item["Name"]) and metric([each], item["Name"]) == item["Metric"] else CHANGED for each in filters]
    made = {**SHAPE, "Namespace": namespace, "MetricName": metric_name, "ActionsEnabled": True}
    topics = []
    for alarm in aws("cloudwatch:DescribeAlarms", AlarmNames=[name], AlarmTypes=["MetricAlarm"])["MetricAlarms"]:
        as_made = len(alarm["AlarmActions"]) == 1 and all(alarm.get(part) == value for part, value in made.items())
        topics.append(alarm["AlarmActions"][0] if as_made else CHANGED)
    return {**item, "Filter": (*states, ABSENT)[0], "Alarm": (*topics, ABSENT)[0]}


def refuse_changed(found: list[Found]) -> None:
    changed = [own(item["Name"]) for item in found if CHANGED in (item["Alarm"], item["Filter"])]
    if changed:
        raise Refused(
            f"The alarm or metric filter {listed(changed)} exists, but does not do what the control requires. "
            "Delete it or correct it, then try again."
        )


def put_alarm(aws: Aws, item: Found) -> None:
    namespace, metric_name = item["Metric"].rsplit("/", 1)
    aws(
        "cloudwatch:PutMetricAlarm",
        AlarmName=own(item["Name"]),
        AlarmDescription=f"CloudTrail recorded {EVENTS[item['Name']][0]}.",
        Namespace=namespace,
        MetricName=metric_name,
        Statistic=SHAPE["Statistic"],
        Period=SHAPE["Period"],
        EvaluationPeriods=SHAPE["EvaluationPeriods"],
        Threshold=SHAPE["Threshold"],
        ComparisonOperator=SHAPE["ComparisonOperator"],
        TreatMissingData=SHAPE["TreatMissingData"],
        ActionsEnabled=True,
        AlarmActions=[item["Alarm"]],
    )


def still_missing(aws: Aws, group: str, names: list[str]) -> str:
    filters = aws("logs:DescribeMetricFilters", logGroupName=group)["metricFilters"]
    missing = [name for name in names if not raised(aws, filters, name)]
    return f"The alarms for {said(missing)} were created, but AWS does not report them. Start the repair again." if missing else ""


def said(names: list[str]) -> str:
    return listed([EVENTS[name][0] for name in names])


def listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
