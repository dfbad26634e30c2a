"""Turn on log file validation of a trail, and undo that."""

from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

CHANGING = ("ConflictException",)  # another change of the trail is in progress


def repair(aws: Aws, TrailArn: str) -> Outcome:
    trail = aws("cloudtrail:GetTrail", Name=TrailArn)["Trail"]
    if validates(trail):
        return unchanged(f"log file validation of the trail {trail['Name']} is on.", setting(True))
    refuse_elsewhere(aws, trail)
    aws("cloudtrail:UpdateTrail", Name=TrailArn, EnableLogFileValidation=True, retry=CHANGING)
    aws.until(lambda: "" if now(aws, TrailArn) == setting(True) else "Log file validation was turned on, but CloudTrail still reports it as off.")
    return Outcome(f"Turned on log file validation of the trail {trail['Name']}.", setting(False), setting(True))


def undo(aws: Aws, before: State, after: State, TrailArn: str) -> Outcome:
    found = now(aws, TrailArn)
    if found == before:
        return unchanged("log file validation is as it was before the repair.", found)
    if found != after:
        raise Refused(
            f"Log file validation of {TrailArn} has changed since the repair {aws.repair}, so it was left unchanged. "
            "Find out who changed it. To restore the previous value, set it manually."
        )
    aws("cloudtrail:UpdateTrail", Name=TrailArn, EnableLogFileValidation=False, retry=CHANGING)
    aws.until(lambda: "" if now(aws, TrailArn) == before else "Log file validation was turned off, but CloudTrail still reports it as on.")
    return Outcome("Restored: log file validation of the trail is off, as before the repair.", found, before)


def setting(on: bool) -> State:
    return {"LogFileValidationEnabled": on}


def validates(trail: dict[str, Any]) -> bool:
    return trail.get("LogFileValidationEnabled") is True


def now(aws: Aws, trail: str) -> State:
    return setting(validates(aws("cloudtrail:GetTrail", Name=trail)["Trail"]))


def refuse_elsewhere(aws: Aws, trail: dict[str, Any]) -> None:
    """Refuse a trail of another account or with another home Region."""
    region, owner = trail["TrailARN"].split(":")[3:5]
    home = trail.get("HomeRegion") or region
    if owner != aws.account and trail.get("IsOrganizationTrail"):
        raise Refused(f"{trail['Name']} is an organization trail. Turn on log file validation in the organization's management account, {owner}.")
    if owner != aws.account:
        raise Refused(f"The trail {trail['Name']} belongs to account {owner}. Turn on log file validation there.")
    if home != aws.region:
        raise Refused(
            f"The home Region of the trail {trail['Name']} is {home}, and CloudTrail can change it only there. This repair ran in "
            f"{aws.region}. Turn on log file validation in {home}."
        )
