"""Move the policies of an IAM user to a group of its own, and undo that."""

import json
from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, items_of, unchanged

Item = dict[str, Any]  # a policy of the user or, with the key Group, the group itself, its member or its policy

MOST_GROUPS, MOST_POLICIES, MOST_CHARACTERS = 10, 10, 5120  # IAM's quotas: groups of a user, and managed and inline policies of a group


def repair(aws: Aws, UserName: str) -> Outcome:
    group = group_of(UserName)
    user = of_user(aws, UserName)
    if not user:
        return unchanged(f"{UserName} has no policies.", [])
    there = of_group(aws, group)
    goal = [{"Group": group}, {"Group": group, "Member": UserName}, *({"Group": group, **item} for item in user)]
    missing = [item for item in goal if item not in there]
    refuse(aws, UserName, there, missing)
    if not there:
        aws("iam:CreateGroup", GroupName=group, absent=("EntityAlreadyExists",))
    for item in missing:
        add_to_group(aws, item)
    # The user keeps its policies until it has them through the group.
    aws.until(
        lambda: "" if keys(goal) <= keys(of_group(aws, group)) else f"The group {group} does not have all policies yet. Start the repair again."
    )
    for item in user:
        take_from_user(aws, UserName, item)
    aws.until(
        lambda: (
            f"{UserName} still has policies. Something may attach them again. Find it, then start the repair again." if of_user(aws, UserName) else ""
        )
    )
    text = f"Moved the policies of {UserName} to the group {group}, of which it is the only member: {named(user)}."
    return Outcome(text, [*user, *there], [*there, *missing])


def undo(aws: Aws, before: State, after: State, UserName: str) -> Outcome:
    group = group_of(UserName)
    was, left = items_of(before), items_of(after)
    now = [*of_user(aws, UserName), *of_group(aws, group)]
    if keys(now) == keys(was) or keys(was) == keys(left):
        return unchanged(f"the policies of {UserName} are as they were before the repair.", now)
    # An undo that died on its way has given the user some policies, or all of them and has taken some from the group.
    every = keys(was) | keys(left)
    if not (keys(left) <= keys(now) <= every or keys(was) <= keys(now) <= every):
        raise Refused(
            f"The policies of {UserName} or of its group {group} have changed since the repair {aws.repair}, so they were left unchanged. "
            "Find out who changed them. To restore the previous state, attach the policies to the user manually."
        )
    own = [item for item in was if "Group" not in item]
    for item in own:
        if item not in now:
            give_to_user(aws, UserName, item)
    aws.until(lambda: "" if keys(own) <= keys(of_user(aws, UserName)) else f"{UserName} does not have all its policies yet. Try again.")
    for item in now:
        if item not in was:
            take_from_group(aws, item)
    if {"Group": group} not in was:  # IAM deletes an empty group only
        aws("iam:DeleteGroup", GroupName=group, absent=("NoSuchEntity",))
    aws.until(lambda: "" if keys(of_group(aws, group)) <= keys(was) else f"The group {group} still has something that the repair added. Try again.")
    return Outcome(f"Restored: {UserName} has its policies itself, as before the repair: {named(own)}.", now, was)


def group_of(user: str) -> str:
    return f"hubmend-user-{user}"


def of_user(aws: Aws, user: str) -> list[Item]:
    attached = aws("iam:ListAttachedUserPolicies", UserName=user)["AttachedPolicies"]
    names = aws("iam:ListUserPolicies", UserName=user)["PolicyNames"]
    documents = {name: aws("iam:GetUserPolicy", UserName=user, PolicyName=name)["PolicyDocument"] for name in names}
    return listed([policy["PolicyArn"] for policy in attached], documents)


def of_group(aws: Aws, group: str) -> list[Item]:
    """Return nothing if the group does not exist."""
    answer = aws("iam:GetGroup", GroupName=group, absent=("NoSuchEntity",))
    if answer is None:
        return []
    attached = aws("iam:ListAttachedGroupPolicies", GroupName=group)["AttachedPolicies"]
    names = aws("iam:ListGroupPolicies", GroupName=group)["PolicyNames"]
    documents = {name: aws("iam:GetGroupPolicy", GroupName=group, PolicyName=name)["PolicyDocument"] for name in names}
    members = [{"Member": user["UserName"]} for user in answer["Users"]]
    return [{"Group": group, **item} for item in ({}, *members, *listed([policy["PolicyArn"] for policy in attached], documents))]


def listed(arns: list[str], documents: dict[str, Any]) -> list[Item]:
    return [*({"PolicyArn": arn} for arn in arns), *({"PolicyName": name, "PolicyDocument": documents[name]} for name in documents)]


def refuse(aws: Aws, user: str, there: list[Item], missing: list[Item]) -> None:
    """Refuse if somebody would get other rights than before, or if IAM would refuse halfway."""
    group = group_of(user)
    others = [item["Member"] for item in there if item.get("Member", user) != user]
    if others:
        raise Refused(f"The group {group} has other members: {', '.join(others)}. Remove them, then start the repair again.")
    policies = [item for item in there if "PolicyArn" in item or "PolicyName" in item]
    joins = {"Group": group, "Member": user} in missing
    if policies and joins:
        raise Refused(
            f"The group {group} already exists with policies, and {user} is not a member: {named(policies)}. Delete the group, then start the "
            "repair again."
        )
    taken = {item["PolicyName"] for item in policies if "PolicyName" in item}
    clash = [item for item in missing if item.get("PolicyName") in taken]
    if clash:
        raise Refused(f"The group {group} has different inline policies with these names: {named(clash)}. Rename those of the user.")
    groups = aws("iam:ListGroupsForUser", UserName=user)["Groups"]
    if joins and len(groups) >= MOST_GROUPS:
        raise Refused(f"{user} is in {len(groups)} groups already, which is IAM's maximum. Move its policies to one of these groups manually.")
    every = [*policies, *missing]
    managed = [item for item in every if "PolicyArn" in item]
    if len(managed) > MOST_POLICIES:
        raise Refused(f"The group {group} would have {len(managed)} managed policies, and IAM allows {MOST_POLICIES}. Combine some of them.")
    characters = sum(len("".join(document(item).split())) for item in every if "PolicyName" in item)
    if characters > MOST_CHARACTERS:
        raise Refused(
            f"The inline policies of the group {group} would have {characters} characters, and IAM allows {MOST_CHARACTERS}. "
            "Replace them with a managed policy."
        )


def add_to_group(aws: Aws, item: Item) -> None:
    """Add a policy or the member. IAM does not see a new group at once."""
    group = item["Group"]
    if "Member" in item:
        aws("iam:AddUserToGroup", GroupName=group, UserName=item["Member"], retry=("NoSuchEntity", "EntityTemporarilyUnmodifiable"))
    elif "PolicyArn" in item:
        aws("iam:AttachGroupPolicy", GroupName=group, PolicyArn=item["PolicyArn"], retry=("NoSuchEntity",))
    elif "PolicyName" in item:
        aws("iam:PutGroupPolicy", GroupName=group, PolicyName=item["PolicyName"], PolicyDocument=document(item), retry=("NoSuchEntity",))


def take_from_group(aws: Aws, item: Item) -> None:
    group = item["Group"]
    if "Member" in item:
        aws("iam:RemoveUserFromGroup", GroupName=group, UserName=item["Member"], absent=("NoSuchEntity",))
    elif "PolicyArn" in item:
        aws("iam:DetachGroupPolicy", GroupName=group, PolicyArn=item["PolicyArn"], absent=("NoSuchEntity",))
    elif "PolicyName" in item:
        aws("iam:DeleteGroupPolicy", GroupName=group, PolicyName=item["PolicyName"], absent=("NoSuchEntity",))


def take_from_user(aws: Aws, user: str, item: Item) -> None:
    if "PolicyArn" in item:
        aws("iam:DetachUserPolicy", UserName=user, PolicyArn=item["PolicyArn"], absent=("NoSuchEntity",))
    else:
        aws("iam:DeleteUserPolicy", UserName=user, PolicyName=item["PolicyName"], absent=("NoSuchEntity",))


def give_to_user(aws: Aws, user: str, item: Item) -> None:
    if "PolicyArn" in item:
        aws("iam:AttachUserPolicy", UserName=user, PolicyArn=item["PolicyArn"])
    else:
        aws("iam:PutUserPolicy", UserName=user, PolicyName=item["PolicyName"], PolicyDocument=document(item))


def document(item: Item) -> str:
    return json.dumps(item["PolicyDocument"], separators=(",", ":"))


def named(items: list[Item]) -> str:
    return ", ".join(sorted(item["PolicyArn"].split("/")[-1] if "PolicyArn" in item else item["PolicyName"] for item in items))


def keys(items: list[Item]) -> set[str]:
    return {json.dumps(item, sort_keys=True) for item in items}
