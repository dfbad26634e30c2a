"""TCP ports of a security group that the world reaches: close them, and open them again as they were."""

from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

Rule = dict[str, Any]  # a permission of a group with one range, which is the world

FAMILIES = (("IpRanges", "CidrIp", "0.0.0.0/0", "icmp"), ("Ipv6Ranges", "CidrIpv6", "::/0", "icmpv6"))
TCP = ("tcp", "6")
ALL = "-1"


def repair(aws: Aws, GroupId: str, Ports: list[str]) -> Outcome:
    ports = sorted({int(port) for port in Ports})
    rules = world_rules(aws, GroupId)
    close = [rule for rule in rules if reaches(rule, ports)]
    if not close:
        return unchanged(f"TCP {joined(ports)} is not open to the world.", [])
    keep = pieces(rules, close, ports)
    if keep:
        # Before the wide rule goes, so that no moment is without them. When this fails (the group's quota, say) the
        # group is as it was.
        aws("ec2:AuthorizeSecurityGroupIngress", GroupId=GroupId, IpPermissions=keep)
    # A rule that is not there any more is no failure here: what counts is whether the ports are closed.
    aws("ec2:RevokeSecurityGroupIngress", GroupId=GroupId, IpPermissions=[bare(rule) for rule in close], absent=("InvalidPermission.NotFound",))
    aws.until(lambda: still_open(world_rules(aws, GroupId), ports))
    removed = listed(f"{label(rule)} from {source(rule)}" for rule in close)
    kept = f"; kept {listed(map(label, keep))} open as before." if keep else "."
    return Outcome(f"Closed TCP {joined(ports)} to the world: removed {removed}{kept}", close, keep)


def undo(aws: Aws, before: State, after: State, GroupId: str, Ports: list[str]) -> Outcome:
    # An older version of the repair wrote a single rule without a list around it.
    was, left = ([state] if isinstance(state, dict) else state for state in (before, after))
    ports = [int(port) for port in Ports]
    rules = world_rules(aws, GroupId)
    restored = contains(rules, was)
    if restored and lacks(rules, left):
        return unchanged("what is open to the world is as it was before the repair.", was)
    # Restored, with the rules of the repair still there: an undo before this one went halfway.
    if not contains(rules, left) or (not restored and any(reaches(rule, ports) for rule in rules)):
        raise Refused(
            f"Security group {GroupId} was changed since the repair {aws.repair}, so it is left as it is. Look who changed it, and open "
            "the ports by hand if they must be as before."
        )
    if not restored:
        # First, and in one call: no moment is without what both let in, and all are added or none.
        aws("ec2:AuthorizeSecurityGroupIngress", GroupId=GroupId, IpPermissions=was)
    if left:
        aws("ec2:RevokeSecurityGroupIngress", GroupId=GroupId, IpPermissions=[bare(rule) for rule in left])
    aws.until(lambda: not_as_before(world_rules(aws, GroupId), was, left))
    text = f"Restored {listed(f'{label(rule)} from {source(rule)}' for rule in was)}"
    gone = f"; removed {listed(f'{label(rule)} from {source(rule)}' for rule in left)}, which the repair had added." if left else "."
    return Outcome(text + gone, [rule for rule in was + left if rule in rules], was)


def world_rules(aws: Aws, group: str) -> list[Rule]:
    """Read the group's rules for the world, one for each range."""
    permissions = aws("ec2:DescribeSecurityGroups", GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    return [
        {**{key: permission[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in permission}, ranges: [entry]}
        for permission in permissions
        for ranges, cidr, world, _ in FAMILIES
        for entry in permission.get(ranges, [])
        if entry.get(cidr) == world
    ]


def reaches(rule: Rule, ports: list[int]) -> bool:
    if rule["IpProtocol"] == ALL:
        return bool(ports)
    return rule["IpProtocol"] in TCP and any(rule["FromPort"] <= port <= rule["ToPort"] for port in ports)


def pieces(rules: list[Rule], close: list[Rule], ports: list[int]) -> list[Rule]:
    """Return what has to be added so that the rules to close leave everything but the ports open."""
    keep: list[Rule] = []
    for piece in (piece for rule in close for piece in without(rule, ports)):
        if lacks([rule for rule in rules if rule not in close] + keep, [piece]):
            keep.append(piece)
    return keep


def without(rule: Rule, ports: list[int]) -> list[Rule]:
    """Return the rules that together are the given one without the ports."""
    ranges, _, _, icmp = family(rule)
    entries = {ranges: rule[ranges]}
    if rule["IpProtocol"] != ALL:
        return tcp(rule["FromPort"], rule["ToPort"], ports, entries)
    return [
        *tcp(0, 65535, ports, entries),
        {"IpProtocol": "udp", "FromPort": 0, "ToPort": 65535, **entries},
        {"IpProtocol": icmp, "FromPort": -1, "ToPort": -1, **entries},
    ]


def tcp(first: int, last: int, ports: list[int], entries: Rule) -> list[Rule]:
    found = []
    for port in [port for port in ports if first <= port <= last] + [last + 1]:
        if first < port:
            found.append({"IpProtocol": "tcp", "FromPort": first, "ToPort": port - 1, **entries})
        first = port + 1
    return found


def family(rule: Rule) -> tuple[str, str, str, str]:
    return next(names for names in FAMILIES if names[0] in rule)


def source(rule: Rule) -> str:
    return family(rule)[2]


def bare(rule: Rule) -> Rule:
    """Drop the description: to EC2, two rules with the same ports and source are the same."""
    ranges, cidr, world, _ = family(rule)
    return {**rule, ranges: [{cidr: world}]}


def contains(rules: list[Rule], some: list[Rule]) -> bool:
    return all(rule in rules for rule in some)


def lacks(rules: list[Rule], some: list[Rule]) -> bool:
    there = [bare(rule) for rule in rules]
    return not any(bare(rule) in there for rule in some)


def still_open(rules: list[Rule], ports: list[int]) -> str:
    found = [port for port in ports if any(reaches(rule, [port]) for rule in rules)]
    return f"TCP {joined(found)} is still open to the world. A rule may have changed while this ran; start the repair again." if found else ""


def not_as_before(rules: list[Rule], was: list[Rule], left: list[Rule]) -> str:
    if contains(rules, was) and lacks(rules, left):
        return ""
    return "The rules of the group are not as they were before the repair. Something may have changed them while this ran; see, and start this again."


def joined(ports: list[int]) -> str:
    return " and ".join(str(port) for port in ports)


def listed(texts: Any) -> str:
    return ", ".join(sorted(set(texts)))


def label(rule: Rule) -> str:
    if rule["IpProtocol"] == ALL:
        return "all traffic"
    if rule["IpProtocol"].startswith("icmp"):
        return str(rule["IpProtocol"])
    first, last = rule["FromPort"], rule["ToPort"]
    return f"{rule['IpProtocol']} {first}" if first == last else f"{rule['IpProtocol']} {first}-{last}"
