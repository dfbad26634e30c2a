"""Remove all rules of a VPC's default security group, and undo that."""

import json
from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, items_of, unchanged

Permission = dict[str, Any]  # as EC2 describes it
Sides = dict[str, list[Permission]]

SIDES = {"ingress": "inbound", "egress": "outbound"}
# The keys that identify a source.
SOURCES = {"IpRanges": ("CidrIp",), "Ipv6Ranges": ("CidrIpv6",), "PrefixListIds": ("PrefixListId",), "UserIdGroupPairs": ("GroupId", "UserId")}
NAMED = 3  # network interfaces
# Systems Manager takes 100 KiB from a script. The remainder is for the rest of the answer.
MOST_BYTES = 100_000


def repair(aws: Aws, GroupId: str) -> Outcome:
    group = aws("ec2:DescribeSecurityGroups", GroupIds=[GroupId])["SecurityGroups"][0]
    if group["GroupName"] != "default":
        raise Refused(
            f"Security group {GroupId} is named {group['GroupName']}, not default. Only the default group of a VPC must be without rules, "
            "so nothing was removed."
        )
    found = sides(group)
    before = recorded(found)
    if not before:
        return unchanged("the default group has no rules.", [])
    if too_large(before):
        raise Refused(
            f"Security group {GroupId} has too many rules to record them for an undo, so nothing was removed. "
            "Remove some rules manually, then try again."
        )
    interfaces = aws("ec2:DescribeNetworkInterfaces", Filters=[{"Name": "group-id", "Values": [GroupId]}])["NetworkInterfaces"]
    empty(aws, GroupId, found)
    aws.until(lambda: emptied(aws, GroupId))
    removed = " and ".join(f"{len(rules(found[side]))} {name}" for side, name in SIDES.items())
    nobody = "" if interfaces else " No network interface uses it."
    return Outcome(f"Removed rules of the default group: {removed}.{nobody}", before, [], warning([one["NetworkInterfaceId"] for one in interfaces]))


def undo(aws: Aws, before: State, after: State, GroupId: str) -> Outcome:
    was, left = noted(before), noted(after)
    now = look(aws, GroupId)
    lacking = []
    for side in SIDES:
        if rules(now[side]) == rules(was[side]):
            continue  # also when an earlier undo stopped halfway
        if rules(now[side]) != rules(left[side]):
            raise Refused(
                f"The {side} rules of the default group {GroupId} have changed since the repair {aws.repair}, so the group was left unchanged. "
                "Find out who changed it. To restore the previous rules, add them manually."
            )
        lacking.append(side)
    if not lacking:
        return unchanged("the default group has its previous rules.", recorded(was))
    if too_large(recorded(now) + recorded(was)):
        raise Refused(
            f"The repair {aws.repair} removed too many rules to add them at once, so none were added. Add them manually; "
            "`hubmend history` lists them."
        )
    # One call for each direction, so that EC2 adds all its rules or none. If the second call fails, the next undo adds the rest.
    if "ingress" in lacking:
        aws("ec2:AuthorizeSecurityGroupIngress", GroupId=GroupId, IpPermissions=[bare(one, "Description") for one in was["ingress"]])
    if "egress" in lacking:
        aws("ec2:AuthorizeSecurityGroupEgress", GroupId=GroupId, IpPermissions=[bare(one, "Description") for one in was["egress"]])
    aws.until(lambda: not_as_before(look(aws, GroupId), was))
    added = " and ".join(f"{len(rules(was[side]))} {SIDES[side]}" for side in lacking)
    return Outcome(f"Restored rules of the default group: {added}.", recorded(now), recorded(was))


def look(aws: Aws, group: str) -> Sides:
    return sides(aws("ec2:DescribeSecurityGroups", GroupIds=[group])["SecurityGroups"][0])


def sides(group: dict[str, Any]) -> Sides:
    return {"ingress": group["IpPermissions"], "egress": group["IpPermissionsEgress"]}


def empty(aws: Aws, group: str, found: Sides) -> None:
    """Remove rules. EC2 removes none of them if one is already gone, and it refuses an empty list."""
    if found["ingress"]:
        aws(
            "ec2:RevokeSecurityGroupIngress",
            GroupId=group,
            IpPermissions=[bare(one) for one in found["ingress"]],
            absent=("InvalidPermission.NotFound",),
        )
    if found["egress"]:
        aws(
            "ec2:RevokeSecurityGroupEgress",
            GroupId=group,
            IpPermissions=[bare(one) for one in found["egress"]],
            absent=("InvalidPermission.NotFound",),
        )


def emptied(aws: Aws, group: str) -> str:
    """Remove rules that were added meanwhile, as the repair does that closes ports of the same group."""
    found = look(aws, group)
    empty(aws, group, found)
    left = [name for side, name in SIDES.items() if found[side]]
    if not left:
        return ""
    return (
        f"The default group still has {' and '.join(left)} rules. They may have been added again during this run. Find out what adds them, "
        "then start the repair again."
    )


def not_as_before(now: Sides, was: Sides) -> str:
    other = [side for side in SIDES if rules(now[side]) != rules(was[side])]
    if not other:
        return ""
    return (
        f"The default group does not have its previous {' and '.join(other)} rules. They may have been changed during this run. "
        "Check them, then try again."
    )


def recorded(found: Sides) -> list[Permission]:
    return [{"Direction": side, **{key: value for key, value in one.items() if value != []}} for side in SIDES for one in found[side]]


def noted(state: State) -> Sides:
    """Return the rules that a repair recorded. Older versions nested each permission."""
    return {side: [record.get("Permission", record) for record in items_of(state) if record["Direction"] == side] for side in SIDES}


def too_large(records: list[Permission]) -> bool:
    return len(json.dumps(json.dumps(records))) > MOST_BYTES


def bare(permission: Permission, *also: str) -> Permission:
    """Return the parts of a permission that EC2 accepts as input. A port may be recorded as 22.0."""
    kept = {"IpProtocol": permission["IpProtocol"]}
    kept |= {key: int(permission[key]) for key in ("FromPort", "ToPort") if permission.get(key) is not None}
    for source, names in SOURCES.items():
        if permission.get(source):
            kept[source] = [{name: entry[name] for name in (*names, *also) if entry.get(name)} for entry in permission[source]]
    return kept


def rules(permissions: list[Permission]) -> list[str]:
    """Split permissions into one rule for each source, because EC2 may group them differently."""
    found = []
    for permission in (bare(one, "Description") for one in permissions):
        ports = {key: value for key, value in permission.items() if key not in SOURCES}
        found += [json.dumps([ports, source, entry], sort_keys=True) for source in SOURCES for entry in permission.get(source, [])]
    return sorted(found)


def warning(interfaces: list[str]) -> list[str]:
    if not interfaces:
        return []
    count, rest = len(interfaces), len(interfaces) - NAMED
    names = ", ".join(interfaces[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
    return [f"{count} network interface{'s use' if count > 1 else ' uses'} it and may lose connections: {names}."]
