"""Log file validation of a trail: turn it on, and off again."""

from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

CHANGING = ("ConflictException",)  # another change of the trail is in progress


def repair(aws: Aws, TrailArn: str) -> Outcome:
    trail = aws("cloudtrail:GetTrail", Name=TrailArn)["Trail"]
    if validates(trail):
        return unchanged(f"log file validation of the trail {trail['Name']} is on.", setting(True))
    refuse_elsewhere(aws, trail)
    # UpdateTrail leaves what it is not given as it is.
    aws("cloudtrail:UpdateTrail", Name=TrailArn, EnableLogFileValidation=True, retry=CHANGING)
    aws.until(lambda: "" if now(aws, TrailArn) == setting(True) else "Log file validation was turned on, but CloudTrail still says that it is off.")
    return Outcome(f"Turned on log file validation of the trail {trail['Name']}.", setting(False), setting(True))


def undo(aws: Aws, before: State, after: State, TrailArn: str) -> Outcome:
    found = now(aws, TrailArn)
    if found == before:
        return unchanged("log file validation is as it was before the repair.", found)
    if found != after:
        raise Refused(
            f"Log file validation of {TrailArn} was changed since the repair {aws.repair}, so it is left as it is. "
            "Look who changed it, and set it by hand if it must be as before."
        )
    aws("cloudtrail:UpdateTrail", Name=TrailArn, EnableLogFileValidation=False, retry=CHANGING)
    aws.until(lambda: "" if now(aws, TrailArn) == before else "Log file validation was turned off, but CloudTrail still says that it is on.")
    return Outcome("Restored: log file validation of the trail is off, as before the repair.", found, before)


def setting(on: bool) -> State:
    return {"LogFileValidationEnabled": on}


def validates(trail: dict[str, Any]) -> bool:
    return trail.get("LogFileValidationEnabled") is True


def now(aws: Aws, trail: str) -> State:
    return setting(validates(aws("cloudtrail:GetTrail", Name=trail)["Trail"]))


def refuse_elsewhere(aws: Aws, trail: dict[str, Any]) -> None:
    """Refuse a trail that is not this account's or not at home in this Region; its ARN names both."""
    region, owner = trail["TrailARN"].split(":")[3:5]
    home = trail.get("HomeRegion") or region
    if owner != aws.account and trail.get("IsOrganizationTrail"):
        raise Refused(
            f"{trail['Name']} is the trail of an organization, and account {aws.account} is a member of it. Turn on log file validation "
            f"in the organization's management account, {owner}."
        )
    if owner != aws.account:
        raise Refused(f"The trail {trail['Name']} is account {owner}'s. Turn on log file validation there.")
    if home != aws.region:
        raise Refused(
            f"The home Region of the trail {trail['Name']} is {home}, and CloudTrail changes it only there; this ran in {aws.region}. "
            f"Turn on log file validation in {home}."
        )
