"""Let a trail log object-level events of all S3 buckets, and undo that."""

from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

Item = dict[str, Any]

KINDS = {"Read": ("ReadOnly", "true"), "Write": ("WriteOnly", "false")}  # as both kinds of event selectors name them
DEFAULT: Item = {"ReadWriteType": "All", "IncludeManagementEvents": True}  # what a trail without selectors logs
PARAMETER = "/hubmend/LogS3DataEvents/TrailArn"
CHANGING = ("ConflictException",)  # another change of the trail is in progress
TRIES = 3  # attempts when something else changes the selectors at the same time


def repair(aws: Aws, Events: list[str]) -> Outcome:
    everywhere = [trail for trail in aws("cloudtrail:DescribeTrails")["trailList"] if trail["IsMultiRegionTrail"] and is_logging(aws, trail)]
    for trail in everywhere:
        found = selectors(aws, trail["TrailARN"])
        if logs(aws, found, Events):
            return unchanged(f"the trail {trail['Name']} logs these events of all buckets.", kept(trail["TrailARN"], found))
    trail = chosen(aws, everywhere)
    arn = trail["TrailARN"]
    for _ in range(TRIES):
        found = selectors(aws, arn)
        # Selectors of one kind replace those of the other, so the new one is of the kind that the trail has.
        wanted = [*found, advanced(Events) if is_advanced(found) else basic(aws, Events)]
        if changed(aws, arn, found, wanted):
            aws.until(
                lambda: "" if logs(aws, selectors(aws, arn), Events) else f"The trail {trail['Name']} was changed, but CloudTrail does not report it."
            )
            kinds = " and ".join(kind.lower() for kind in sorted(Events))
            return Outcome(f"The trail {trail['Name']} now logs object-level {kinds} events of all S3 buckets.", kept(arn, found), kept(arn, wanted))
    raise busy(arn)


def undo(aws: Aws, before: State, after: State) -> Outcome:
    was, left = recorded(before), recorded(after)
    arn = left["Trail"]
    added = [selector for selector in left["Selectors"] if selector not in was["Selectors"]]
    for _ in range(TRIES):
        found = selectors(aws, arn)
        if not added or found == was["Selectors"]:
            return unchanged("the trail logs what it did before the repair.", kept(arn, found))
        if any(selector not in found for selector in added):
            raise Refused(
                f"The event selectors of the trail {arn} have changed since the repair {aws.repair}, so they were left unchanged. "
                "Find out who changed them. To restore the previous selectors, set them manually."
            )
        if changed(aws, arn, found, [selector for selector in found if selector not in added]):
            aws.until(lambda: logged_still(selectors(aws, arn), added))
            return Outcome("Restored: the trail no longer logs the events that the repair added. Other selectors stay.", kept(arn, found), before)
    raise busy(arn)


def is_logging(aws: Aws, trail: Item) -> bool:
    """Return whether a trail is logging. A trail of another account may not be visible, and counts as stopped then."""
    status = aws("cloudtrail:GetTrailStatus", Name=trail["TrailARN"], region=home(trail["TrailARN"]), absent=("TrailNotFoundException",))
    return bool(status and status["IsLogging"])


def home(arn: str) -> str:
    return arn.split(":")[3]


def owner(trail: Item) -> str:
    return str(trail["TrailARN"].split(":")[4])


def selectors(aws: Aws, arn: str) -> list[Item]:
    """Return the selectors of a trail. A member may not be allowed to see those of the organization's trail."""
    answer = aws("cloudtrail:GetEventSelectors", TrailName=arn, region=home(arn), absent=("OperationNotPermittedException",)) or {}
    return [without_empty(selector) for selector in answer.get("AdvancedEventSelectors") or answer.get("EventSelectors") or [DEFAULT]]


def without_empty(value: Any) -> Any:
    """Return a selector without empty lists, which CloudTrail adds for parts that were left out."""
    if isinstance(value, dict):
        return {name: without_empty(part) for name, part in value.items() if part != []}
    return [without_empty(part) for part in value] if isinstance(value, list) else value


def is_advanced(found: list[Item]) -> bool:
    return any("FieldSelectors" in selector for selector in found)


def logs(aws: Aws, found: list[Item], events: list[str]) -> bool:
    """Return whether the selectors include all of these events of all buckets."""
    return all(any(includes(aws, selector, *KINDS[event]) for selector in found) for event in events)


def includes(aws: Aws, selector: Item, kind: str, read_only: str) -> bool:
    if "FieldSelectors" in selector:
        fields = {field.pop("Field"): field for field in map(dict, selector["FieldSelectors"])}
        narrowed = fields.keys() - {"eventCategory", "resources.type", "readOnly"}
        data = fields.get("eventCategory") == {"Equals": ["Data"]} and "AWS::S3::Object" in fields.get("resources.type", {}).get("Equals", ())
        return data and not narrowed and fields.get("readOnly") in (None, {"Equals": [read_only]})
    every = {f"arn:{aws.partition}:s3", f"arn:{aws.partition}:s3:::"}
    objects = [resource.get("Values", []) for resource in selector.get("DataResources", []) if resource.get("Type") == "AWS::S3::Object"]
    return selector.get("ReadWriteType", "All") in ("All", kind) and any(every.intersection(values) for values in objects)


def logged_still(found: list[Item], added: list[Item]) -> str:
    return "The trail still has the event selector that the repair added. Check it, then try again." if any(one in found for one in added) else ""


def basic(aws: Aws, events: list[str]) -> Item:
    resources = [{"Type": "AWS::S3::Object", "Values": [f"arn:{aws.partition}:s3"]}]
    return {"ReadWriteType": "All" if len(events) > 1 else KINDS[events[0]][0], "IncludeManagementEvents": False, "DataResources": resources}


def advanced(events: list[str]) -> Item:
    fields = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]
    only = [] if len(events) > 1 else [{"Field": "readOnly", "Equals": [KINDS[events[0]][1]]}]
    return {"Name": f"hubmend: {' and '.join(sorted(events))} events of S3 objects", "FieldSelectors": fields + only}


def chosen(aws: Aws, everywhere: list[Item]) -> Item:
    """Return the trail to change, or refuse if there is none, or more than one."""
    own = [trail for trail in everywhere if owner(trail) == aws.account]
    parameter = aws("ssm:GetParameter", Name=PARAMETER, absent=("ParameterNotFound",))
    if parameter:
        arn = parameter["Parameter"]["Value"]
        named = [trail for trail in own if trail["TrailARN"] == arn]
        if not named:
            raise Refused(f"{PARAMETER} names {arn}, which is not a multi-Region trail of this account that is logging. Correct the parameter.")
        return named[0]
    # Data events of the whole organization are expensive, so its trail is changed only if the parameter names it.
    single = [trail for trail in own if not trail.get("IsOrganizationTrail")]
    if len(single) == 1:
        return single[0]
    names = ", ".join(trail["TrailARN"] for trail in single or everywhere)
    if single:
        raise Refused(f"The account has several multi-Region trails: {names}. Put the ARN of the one to change into {PARAMETER} {where(aws)}.")
    if own:
        raise Refused(
            f"The only multi-Region trail is of the organization: {names}. Logging these events of all its accounts may be expensive. "
            f"To do so anyway, put the ARN of the trail into {PARAMETER} {where(aws)}."
        )
    if everywhere:
        raise Refused(f"The account has no multi-Region trail of its own. Let the organization's trail log these events: {names}.")
    raise Refused("The account has no multi-Region trail that is logging. Create or start one, then try again.")


def where(aws: Aws) -> str:
    return f"in Parameter Store of this account, in {aws.region}"


def changed(aws: Aws, arn: str, found: list[Item], wanted: list[Item]) -> bool:
    """Set the selectors, unless they have changed since they were read.

    CloudTrail cannot set selectors conditionally, so they are read again immediately before.
    """
    if selectors(aws, arn) != found:
        return False
    answer = aws(
        "cloudtrail:PutEventSelectors",
        TrailName=arn,
        EventSelectors=None if is_advanced(wanted) else wanted,
        AdvancedEventSelectors=wanted if is_advanced(wanted) else None,
        region=home(arn),
        retry=CHANGING,
        absent=("InvalidEventSelectorsException",),
    )
    if answer is None:
        raise Refused(
            f"CloudTrail accepts no further event selector for the trail {arn}. A trail can have 5 selectors and 250 data resources. "
            "Combine some of them, or use advanced event selectors, then try again."
        )
    return True


def busy(arn: str) -> Refused:
    return Refused(f"Something else is changing the event selectors of the trail {arn}, so they were left unchanged. Try again later.")


def kept(arn: str, found: list[Item]) -> State:
    return {"Trail": arn, "Selectors": found}


def recorded(given: Any) -> Item:
    return dict(given)
