"""Close SSH and RDP to the world in the inbound entries of a network ACL, and undo that."""

from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, items_of, unchanged

Entry = dict[str, Any]  # an inbound entry, as EC2 describes it
Entries = dict[int, Entry]  # by rule number, which decides the order

PORTS = (22, 3389)
LAST = 32767  # the number of the entry that denies everything else
KEPT = ((0, 21), (23, 3388), (3390, 65535))  # all other ports
WORLD = {"CidrBlock": "0.0.0.0/0", "Ipv6CidrBlock": "::/0"}
ALL, TCP, UDP = "-1", "6", "17"
ICMP = {"CidrBlock": "1", "Ipv6CidrBlock": "58"}
NAMES = {ALL: "all traffic", TCP: "tcp", UDP: "udp", "1": "icmp", "58": "icmpv6"}


def repair(aws: Aws, NetworkAclId: str) -> Outcome:
    entries = inbound(aws, NetworkAclId)
    wide = [entry for _, entry in sorted(entries.items()) if opens(entry)]
    if not wide:
        return unchanged("the network ACL does not allow TCP 22 and 3389 from the world.", [])
    keep = list[Entry]()
    for entry in wide:
        keep += placed(NetworkAclId, {**by_number(keep), **entries}, entry)
    narrow = by_number(keep)
    create(aws, NetworkAclId, [piece for number, piece in narrow.items() if number not in entries])
    # The wide entries change only now, so that no other port is closed in between.
    for entry in wide:
        if entry["RuleNumber"] in narrow:
            replace(aws, NetworkAclId, narrow[entry["RuleNumber"]])
        else:
            remove(aws, NetworkAclId, entry["RuleNumber"])
    aws.until(lambda: still_open(inbound(aws, NetworkAclId)))
    kept = f"; kept {listed(keep)} open as before." if keep else "."
    return Outcome(f"Closed TCP 22 and 3389 to the world: removed {listed(wide)}{kept}", wide, keep, lost(wide))


def undo(aws: Aws, before: State, after: State, NetworkAclId: str) -> Outcome:
    was, left = by_number(items_of(before)), by_number(items_of(after))
    now, extra = inbound(aws, NetworkAclId), [number for number in left if number not in was]
    # An undo restores the wide entries first, so one that stopped halfway may have left the others.
    restored = all(now.get(number) == entry for number, entry in was.items())
    if restored and not any(number in now for number in extra):
        return unchanged("the network ACL has the same entries as before the repair.", before)
    changed = [number for number in extra if now.get(number) != left[number] and not (restored and number not in now)]
    if changed or any(now.get(number) not in (entry, left.get(number)) for number, entry in was.items()):
        raise Refused(
            f"Network ACL {NetworkAclId} has changed since the repair {aws.repair}, so it was left unchanged. Find out who changed it. "
            "To open the ports again, change the entries manually."
        )
    for number, entry in was.items():
        if number in now:
            replace(aws, NetworkAclId, entry)
        elif not added(aws, NetworkAclId, entry):
            raise Refused(f"Network ACL {NetworkAclId} has no room for another inbound entry. Remove one, then try again.")
    for number in extra:
        remove(aws, NetworkAclId, number)
    aws.until(lambda: not_as_before(inbound(aws, NetworkAclId), was, extra))
    found = [now[number] for number in sorted({*was, *extra}) if number in now]
    return Outcome(f"Restored {listed(list(was.values()))}.", found, before)


def inbound(aws: Aws, acl: str) -> Entries:
    """Return the inbound entries of a network ACL that is not the default one."""
    found = aws("ec2:DescribeNetworkAcls", NetworkAclIds=[acl])["NetworkAcls"][0]
    if found["IsDefault"]:
        raise Refused(f"Network ACL {acl} is the default of its VPC, which Security Hub does not check, so it was left unchanged.")
    return by_number([entry for entry in found["Entries"] if not entry["Egress"]])


def by_number(entries: list[Entry]) -> Entries:
    return {entry["RuleNumber"]: entry for entry in entries}


def opens(entry: Entry) -> bool:
    if entry["RuleAction"] != "allow" or not any(entry.get(family) == world for family, world in WORLD.items()):
        return False
    return entry["Protocol"] == ALL or (
        entry["Protocol"] == TCP and any(entry["PortRange"]["From"] <= port <= entry["PortRange"]["To"] for port in PORTS)
    )


def placed(acl: str, entries: Entries, wide: Entry) -> list[Entry]:
    """Return entries for what the wide one allows, except for the ports, under its number and free ones beside it."""
    found, number = pieces(wide), int(wide["RuleNumber"])
    # An earlier repair that stopped halfway may have created some.
    there = {other: plain(entry) for other, entry in entries.items() if plain(entry) in found}
    lower = max((other for other in entries if other < number and other not in there), default=0)
    upper = min((other for other in entries if other > number and other not in there), default=LAST)
    missing = [piece for piece in found if piece not in [entry for other, entry in there.items() if lower < other < upper]]
    # Entries apply in the order of their numbers. Between those that only allow, the order does not matter.
    free = [other for other in (number, *range(number + 1, upper), *range(number - 1, lower, -1)) if other not in there]
    if len(free) < len(missing):
        raise Refused(
            f"Entry {number} of network ACL {acl} must become {len(missing)} entries, but there is room for only {len(free)} between its "
            "neighbors. Renumber the entries with larger gaps, then start the repair again."
        )
    return [{**piece, "RuleNumber": place} for piece, place in zip(missing, free, strict=False)]


def plain(entry: Entry) -> Entry:
    return {name: value for name, value in entry.items() if name != "RuleNumber"}


def pieces(wide: Entry) -> list[Entry]:
    same = {name: value for name, value in plain(wide).items() if name not in ("Protocol", "PortRange")}
    first, last = (wide["PortRange"]["From"], wide["PortRange"]["To"]) if wide["Protocol"] == TCP else (0, 65535)
    ranges = [(max(first, start), min(last, end)) for start, end in KEPT if first <= end and start <= last]
    tcp = [{**same, "Protocol": TCP, "PortRange": {"From": start, "To": end}} for start, end in ranges]
    if wide["Protocol"] == TCP:
        return tcp
    icmp = next(protocol for family, protocol in ICMP.items() if family in wide)
    return [
        *tcp,
        {**same, "Protocol": UDP, "PortRange": {"From": 0, "To": 65535}},
        {**same, "Protocol": icmp, "IcmpTypeCode": {"Type": -1, "Code": -1}},
    ]


def create(aws: Aws, acl: str, entries: list[Entry]) -> None:
    """Create all entries or none."""
    for i, entry in enumerate(entries):
        if not added(aws, acl, entry):
            for made in entries[:i]:
                remove(aws, acl, made["RuleNumber"])
            raise Refused(
                f"Network ACL {acl} has no room for {len(entries)} more inbound entries. Remove some or request a higher quota (Rules per "
                "network ACL), then start the repair again."
            )


def added(aws: Aws, acl: str, entry: Entry) -> bool:
    """Create an entry. Return False if the quota of the network ACL is used up."""
    answer = aws(
        "ec2:CreateNetworkAclEntry",
        absent=("NetworkAclEntryLimitExceeded",),
        NetworkAclId=acl,
        Egress=False,
        RuleNumber=entry["RuleNumber"],
        Protocol=entry["Protocol"],
        RuleAction=entry["RuleAction"],
        CidrBlock=entry.get("CidrBlock"),
        Ipv6CidrBlock=entry.get("Ipv6CidrBlock"),
        PortRange=entry.get("PortRange"),
        IcmpTypeCode=entry.get("IcmpTypeCode"),
    )
    return answer is not None


def replace(aws: Aws, acl: str, entry: Entry) -> None:
    """Replace the entry that has the same number."""
    aws(
        "ec2:ReplaceNetworkAclEntry",
        NetworkAclId=acl,
        Egress=False,
        RuleNumber=entry["RuleNumber"],
        Protocol=entry["Protocol"],
        RuleAction=entry["RuleAction"],
        CidrBlock=entry.get("CidrBlock"),
        Ipv6CidrBlock=entry.get("Ipv6CidrBlock"),
        PortRange=entry.get("PortRange"),
        IcmpTypeCode=entry.get("IcmpTypeCode"),
    )


def remove(aws: Aws, acl: str, number: int) -> None:
    aws("ec2:DeleteNetworkAclEntry", NetworkAclId=acl, RuleNumber=number, Egress=False, absent=("InvalidNetworkAclEntry.NotFound",))


def still_open(entries: Entries) -> str:
    wide = [entry for entry in entries.values() if opens(entry)]
    return f"Still open to the world: {listed(wide)}. An entry may have changed during this run. Start the repair again." if wide else ""


def not_as_before(now: Entries, was: Entries, extra: list[int]) -> str:
    if all(now.get(number) == entry for number, entry in was.items()) and not any(number in now for number in extra):
        return ""
    return "The network ACL does not have its previous entries. They may have been changed during this run. Check them, then try again."


def lost(wide: list[Entry]) -> tuple[str, ...]:
    sources = sorted(source(entry) for entry in wide if entry["Protocol"] == ALL)
    return (f"Other IP protocols from {' and '.join(sources)}, such as GRE and ESP, are no longer allowed.",) if sources else ()


def source(entry: Entry) -> str:
    return str(entry.get("CidrBlock", entry.get("Ipv6CidrBlock")))


def listed(entries: list[Entry]) -> str:
    return ", ".join(f"{label(entry)} from {source(entry)}" for entry in entries)


def label(entry: Entry) -> str:
    name = NAMES[entry["Protocol"]]
    if "PortRange" not in entry:
        return name
    first, last = entry["PortRange"]["From"], entry["PortRange"]["To"]
    return f"{name} {first}" if first == last else f"{name} {first}-{last}"
