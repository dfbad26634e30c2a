"""Close ports of a security group that are open to the world, and undo that."""

from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, items_of, unchanged

Rule = dict[str, Any]  # a permission with one range, 0.0.0.0/0 or ::/0, and the rule's tags if any
Closed = dict[str, list[tuple[int, int]]]  # sorted port ranges to close, by protocol

FAMILIES = {"ipv4": ("IpRanges", "CidrIp", "0.0.0.0/0", "icmp"), "ipv6": ("Ipv6Ranges", "CidrIpv6", "::/0", "icmpv6")}
NUMBERS = {"6": "tcp", "17": "udp"}
ALL = "-1"
LAST = 65535


def repair(aws: Aws, GroupId: str, Ports: list[str], Keep: list[str], Protocols: list[str], Families: list[str]) -> Outcome:
    shut, names = closed(Ports, Keep, Protocols), Families or list(FAMILIES)
    rules = world_rules(aws, GroupId, names)
    close = [rule for rule in rules if reaches(rule, shut)]
    if not close:
        return unchanged(f"the security group does not open {ports(shut)} to {world(names)}.", [])
    close = tagged(aws, GroupId, close)
    keep = pieces(rules, close, shut)
    # Add before removing the wide rule, so that no port is closed in between. If this fails, for instance because of
    # the group's quota, the group keeps all its rules.
    add(aws, GroupId, keep)
    # A rule that is already gone is not a failure: only whether the ports are closed counts.
    aws("ec2:RevokeSecurityGroupIngress", GroupId=GroupId, IpPermissions=[bare(rule) for rule in close], absent=("InvalidPermission.NotFound",))
    aws.until(lambda: still_open(world_rules(aws, GroupId, names), shut, names))
    kept = f"; kept {listed(map(label, keep))} open as before." if keep else "."
    return Outcome(f"Closed {ports(shut)} to {world(names)}: removed {sources(close)}{kept}", close, keep, lost(close))


def undo(
    aws: Aws, before: State, after: State, GroupId: str, Ports: list[str], Keep: list[str], Protocols: list[str], Families: list[str]
) -> Outcome:
    was, left = items_of(before), items_of(after)
    shut, names = closed(Ports, Keep, Protocols), Families or list(FAMILIES)
    rules = world_rules(aws, GroupId, names)
    restored = contains(rules, was)
    if restored and lacks(rules, left):
        return unchanged("the security group allows the same access from the world as before the repair.", was)
    # Restored, but the repair's rules are still there: an earlier undo stopped halfway.
    if not contains(rules, left) or (not restored and any(reaches(rule, shut) for rule in rules)):
        raise Refused(
            f"Security group {GroupId} has changed since the repair {aws.repair}, so it was left unchanged. Find out who changed it. "
            "To open the ports again, add the rules manually."
        )
    if not restored:
        # Add before removing, so that traffic that both sets of rules allow is never interrupted.
        add(aws, GroupId, [rule for rule in was if lacks(rules, [rule])])
    if left:
        aws("ec2:RevokeSecurityGroupIngress", GroupId=GroupId, IpPermissions=[bare(rule) for rule in left])
    aws.until(lambda: not_as_before(world_rules(aws, GroupId, names), was, left))
    gone = f"; removed {sources(left)}, which the repair had added." if left else "."
    return Outcome(f"Restored {sources(was)}{gone}", [rule for rule in was + left if plain(rule) in rules], was)


def closed(Ports: list[str], Keep: list[str], Protocols: list[str]) -> Closed:
    """Return the port ranges to close: the given ports, or all but those to keep, of each protocol."""
    if bool(Ports) == bool(Keep):
        raise Refused("Specify either Ports, to close these ports, or Keep, to close all other ports.")
    protocols = Protocols or ["tcp"]
    if Ports:
        return {protocol: [(port, port) for port in sorted({int(port) for port in Ports})] for protocol in protocols}
    kept = [one.split("/") for one in Keep]
    return {name: outside(sorted({int(port) for protocol, port in kept if protocol == name})) for name in protocols}


def outside(kept: list[int]) -> list[tuple[int, int]]:
    starts, ends = [0, *(port + 1 for port in kept)], [*(port - 1 for port in kept), LAST]
    return [(first, last) for first, last in zip(starts, ends, strict=True) if first <= last]


def world_rules(aws: Aws, group: str, names: list[str]) -> list[Rule]:
    """Return the group's rules that allow traffic from the world, one for each range."""
    found = aws("ec2:DescribeSecurityGroups", GroupIds=[group])["SecurityGroups"][0]
    if found.get("OwnerId", aws.account) != aws.account:
        raise Refused(f"Security group {group} belongs to account {found['OwnerId']}, which shares its VPC. Repair it in that account.")
    return [
        {**{key: permission[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in permission}, ranges: [entry]}
        for permission in found["IpPermissions"]
        for ranges, cidr, everybody, _ in (FAMILIES[name] for name in FAMILIES if name in names)
        for entry in permission.get(ranges, [])
        if entry.get(cidr) == everybody
    ]


def tagged(aws: Aws, group: str, rules: list[Rule]) -> list[Rule]:
    """Return the rules with their tags, except for those that only AWS can set."""
    found = aws("ec2:DescribeSecurityGroupRules", Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    tags = {
        (one["IpProtocol"], one.get("FromPort", -1), one.get("ToPort", -1), one.get("CidrIpv4", one.get("CidrIpv6"))): sorted(
            (tag for tag in one.get("Tags", []) if not tag["Key"].startswith("aws:")), key=lambda tag: str(tag["Key"])
        )
        for one in found
        if not one["IsEgress"]
    }
    names = [(rule["IpProtocol"], rule.get("FromPort", -1), rule.get("ToPort", -1), source(rule)) for rule in rules]
    return [{**rule, "Tags": tags[name]} if tags.get(name) else rule for rule, name in zip(rules, names, strict=True)]


def add(aws: Aws, group: str, rules: list[Rule]) -> None:
    """Add rules. EC2 adds either all rules of a call or none, and gives all of them the same tags."""
    alike: dict[str, list[Rule]] = {}
    for rule in rules:
        alike.setdefault(str(rule.get("Tags", "")), []).append(rule)
    for same in alike.values():
        if "Tags" in same[0]:
            marks = [{"ResourceType": "security-group-rule", "Tags": same[0]["Tags"]}]
            aws("ec2:AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[plain(rule) for rule in same], TagSpecifications=marks)
        else:
            aws("ec2:AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=same)


def reaches(rule: Rule, shut: Closed) -> bool:
    if rule["IpProtocol"] == ALL:
        return True
    return any(first <= rule["ToPort"] and rule["FromPort"] <= last for first, last in shut.get(protocol(rule), []))


def pieces(rules: list[Rule], close: list[Rule], shut: Closed) -> list[Rule]:
    """Return the rules to add so that removing the rules in close affects only the closed ports."""
    stay, keep = [rule for rule in rules if lacks(close, [rule])], list[Rule]()
    for piece in (piece for rule in close for piece in without(rule, shut)):
        if lacks(stay + keep, [piece]):
            keep.append(piece)
    return keep


def without(rule: Rule, shut: Closed) -> list[Rule]:
    """Return rules that together allow what the given one allows, except for the closed ports."""
    ranges, _, _, icmp = family(rule)
    entries = {key: rule[key] for key in (ranges, "Tags") if key in rule}
    if rule["IpProtocol"] != ALL:
        return split(protocol(rule), rule["FromPort"], rule["ToPort"], shut, entries)
    return [
        *split("tcp", 0, LAST, shut, entries),
        *split("udp", 0, LAST, shut, entries),
        {"IpProtocol": icmp, "FromPort": -1, "ToPort": -1, **entries},
    ]


def split(name: str, first: int, last: int, shut: Closed, entries: Rule) -> list[Rule]:
    found = []
    for start, end in [*shut.get(name, []), (last + 1, last + 1)]:
        if first < min(start, last + 1):
            found.append({"IpProtocol": name, "FromPort": first, "ToPort": min(start - 1, last), **entries})
        first = max(first, end + 1)
    return found


def family(rule: Rule) -> tuple[str, str, str, str]:
    return next(names for names in FAMILIES.values() if names[0] in rule)


def source(rule: Rule) -> str:
    return family(rule)[2]


def protocol(rule: Rule) -> str:
    return NUMBERS.get(rule["IpProtocol"], str(rule["IpProtocol"]))


def plain(rule: Rule) -> Rule:
    """Drop the tags, which are not part of a permission."""
    return {key: value for key, value in rule.items() if key != "Tags"}


def bare(rule: Rule) -> Rule:
    """Drop the description too. To EC2, two rules with the same ports and source are the same rule."""
    ranges, cidr, everybody, _ = family(rule)
    return {**plain(rule), ranges: [{cidr: everybody}]}


def contains(rules: list[Rule], some: list[Rule]) -> bool:
    return all(plain(rule) in rules for rule in some)


def lacks(rules: list[Rule], some: list[Rule]) -> bool:
    there = [bare(rule) for rule in rules]
    return not any(bare(rule) in there for rule in some)


def lost(close: list[Rule]) -> tuple[str, ...]:
    wide = [rule for rule in close if rule["IpProtocol"] == ALL]
    return (f"{listed(map(source, wide))} can no longer reach it with other IP protocols, such as GRE and ESP.",) if wide else ()


def still_open(rules: list[Rule], shut: Closed, names: list[str]) -> str:
    found = {name: [one for one in ranges if any(reaches(rule, {name: [one]}) for rule in rules)] for name, ranges in shut.items()}
    if not any(found.values()):
        return ""
    return f"Still open to {world(names)}: {ports(found)}. A rule may have changed during this run. Start the repair again."


def not_as_before(rules: list[Rule], was: list[Rule], left: list[Rule]) -> str:
    if contains(rules, was) and lacks(rules, left):
        return ""
    return "The group does not have its previous rules. They may have been changed during this run. Check them, then try again."


def world(names: list[str]) -> str:
    return "the world" if len(names) == len(FAMILIES) else " and ".join(FAMILIES[name][2] for name in names)


def ports(shut: Closed) -> str:
    """Return a text such as "TCP 22 and 3389"."""
    texts = [[str(first) if first == last else f"{first}-{last}" for first, last in ranges] for ranges in shut.values()]
    return ", ".join(
        f"{name.upper()} {' and '.join(filter(None, (', '.join(some[:-1]), some[-1])))}" for name, some in zip(shut, texts, strict=True) if some
    )


def sources(rules: list[Rule]) -> str:
    return listed(f"{label(rule)} from {source(rule)}" for rule in rules)


def listed(texts: Any) -> str:
    return ", ".join(sorted(set(texts)))


def label(rule: Rule) -> str:
    if rule["IpProtocol"] == ALL:
        return "all traffic"
    if rule["IpProtocol"].startswith("icmp"):
        return str(rule["IpProtocol"])
    first, last = rule["FromPort"], rule["ToPort"]
    return f"{rule['IpProtocol']} {first}" if first == last else f"{rule['IpProtocol']} {first}-{last}"
