"""Create a role with AWSSupportAccess to manage incidents with AWS Support, and undo that."""

import json
import re
from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

Role = dict[str, Any]  # empty if there is none

ROLE = "hubmend-aws-support"
TRUSTED = "/hubmend/CreateSupportRole/TrustedPrincipal"


def repair(aws: Aws) -> Outcome:
    before = described(aws)
    holders = entities(aws)
    if holders:
        return unchanged(f"AWSSupportAccess is attached to {', '.join(holders)}.", before)
    principal = trusted(aws)
    trust = trust_policy(aws, principal)
    if before.get("Trust", trust) != trust:
        raise Refused(
            f"The role {ROLE} already exists, and not only {principal} may assume it. If it is meant for incidents, attach AWSSupportAccess to it. "
            "Otherwise, delete it and start the repair again."
        )
    if not before:
        about = "Manages incidents with AWS Support. Created by Hubmend for Security Hub."
        aws("iam:CreateRole", RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(trust), Description=about, absent=("EntityAlreadyExists",))
    aws("iam:AttachRolePolicy", RoleName=ROLE, PolicyArn=policy(aws), retry=("NoSuchEntity",))
    aws.until(lambda: "" if entities(aws) else f"AWSSupportAccess is not attached to the role {ROLE} yet. Start the repair again.")
    after = {"Trust": trust, "Policies": [*before.get("Policies", []), policy(aws)], "InlinePolicies": before.get("InlinePolicies", [])}
    done = f"Attached AWSSupportAccess to the role {ROLE}" if before else f"Created the role {ROLE} with AWSSupportAccess"
    return Outcome(f"{done}. It trusts {principal}.", before, after)


def undo(aws: Aws, before: State, after: State) -> Outcome:
    now, attached = described(aws), policy(aws)
    if now == before or before == after:
        return unchanged(f"the role {ROLE} is as it was before the repair.", now)
    # An undo that died on its way has detached the policy.
    if not isinstance(after, dict) or now not in (after, {**after, "Policies": [arn for arn in after["Policies"] if arn != attached]}):
        raise Refused(
            f"The role {ROLE} has changed since the repair {aws.repair}, so it was left unchanged. Find out who changed it. "
            "If it is not needed, delete it manually."
        )
    aws("iam:DetachRolePolicy", RoleName=ROLE, PolicyArn=attached, absent=("NoSuchEntity",))
    if not before:
        aws("iam:DeleteRole", RoleName=ROLE, absent=("NoSuchEntity",))
    aws.until(lambda: "" if described(aws) == before else f"The role {ROLE} is not as it was before the repair yet. Try again.")
    done = "AWSSupportAccess is detached from it" if before else "it is deleted"
    return Outcome(f"Restored the role {ROLE}: {done}.", now, before)


def policy(aws: Aws) -> str:
    return f"arn:{aws.partition}:iam::aws:policy/AWSSupportAccess"


def entities(aws: Aws) -> list[str]:
    """Return who has the policy."""
    found = aws("iam:ListEntitiesForPolicy", PolicyArn=policy(aws))
    return [f"the {kind.lower()} {one[kind + 'Name']}" for kind in ("Role", "Group", "User") for one in found.get(f"Policy{kind}s", [])]


def described(aws: Aws) -> Role:
    answer = aws("iam:GetRole", RoleName=ROLE, absent=("NoSuchEntity",))
    if answer is None:
        return {}
    return {
        "Trust": answer["Role"]["AssumeRolePolicyDocument"],
        "Policies": [one["PolicyArn"] for one in aws("iam:ListAttachedRolePolicies", RoleName=ROLE)["AttachedPolicies"]],
        "InlinePolicies": aws("iam:ListRolePolicies", RoleName=ROLE)["PolicyNames"],
    }


def trusted(aws: Aws) -> str:
    """Return who may assume the role. By default, the account decides by its IAM policies, and demands MFA."""
    chosen = aws("ssm:GetParameter", Name=TRUSTED, absent=("ParameterNotFound",))
    arn: str = chosen["Parameter"]["Value"].strip() if chosen else own_account(aws)
    if not re.fullmatch(r"arn:[\w-]+:iam::\d+:(root|(role|user)/[\w+=,.@/-]+)", arn):
        raise Refused(f"The SSM parameter {TRUSTED} has {arn}, which is not the ARN of an account, a role or a user.")
    return arn


def own_account(aws: Aws) -> str:
    return f"arn:{aws.partition}:iam::{aws.account}:root"


def trust_policy(aws: Aws, principal: str) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    if principal == own_account(aws):
        statement["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    return {"Version": "2012-10-17", "Statement": [statement]}
