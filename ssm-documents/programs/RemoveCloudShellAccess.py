"""Detach AWSCloudShellFullAccess from an IAM user, group or role, and undo that."""

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged


def repair(aws: Aws, Identity: str, Name: str) -> Outcome:
    if Name.startswith("AWSReservedSSO_"):
        raise Refused(f"IAM Identity Center manages the role {Name}. Remove AWSCloudShellFullAccess from its permission set.")
    if Name.startswith("AWSServiceRoleFor"):
        raise Refused(f"An AWS service manages the role {Name}. Suppress the finding.")
    if not attached(aws, Identity, Name):
        return unchanged(f"AWSCloudShellFullAccess is not attached to the {Identity} {Name}.", {"Attached": False})
    if Identity == "user":
        aws("iam:DetachUserPolicy", UserName=Name, PolicyArn=policy(aws), absent=("NoSuchEntity",))
    elif Identity == "group":
        aws("iam:DetachGroupPolicy", GroupName=Name, PolicyArn=policy(aws), absent=("NoSuchEntity",))
    else:
        aws("iam:DetachRolePolicy", RoleName=Name, PolicyArn=policy(aws), absent=("NoSuchEntity",))
    aws.until(
        lambda: (
            f"AWSCloudShellFullAccess is attached to the {Identity} {Name} again. Find out what attaches it, then start the repair again."
            if attached(aws, Identity, Name)
            else ""
        )
    )
    return Outcome(f"Detached AWSCloudShellFullAccess from the {Identity} {Name}.", {"Attached": True}, {"Attached": False})


def undo(aws: Aws, before: State, after: State, Identity: str, Name: str) -> Outcome:
    now = {"Attached": attached(aws, Identity, Name)}
    if now == before or before == after:
        return unchanged(f"AWSCloudShellFullAccess of the {Identity} {Name} is as it was before the repair.", now)
    if Identity == "user":
        aws("iam:AttachUserPolicy", UserName=Name, PolicyArn=policy(aws))
    elif Identity == "group":
        aws("iam:AttachGroupPolicy", GroupName=Name, PolicyArn=policy(aws))
    else:
        aws("iam:AttachRolePolicy", RoleName=Name, PolicyArn=policy(aws))
    aws.until(lambda: "" if attached(aws, Identity, Name) else f"AWSCloudShellFullAccess is not attached to the {Identity} {Name} yet. Try again.")
    return Outcome(f"Restored: AWSCloudShellFullAccess is attached to the {Identity} {Name}, as before the repair.", now, before)


def policy(aws: Aws) -> str:
    return f"arn:{aws.partition}:iam::aws:policy/AWSCloudShellFullAccess"


def attached(aws: Aws, identity: str, name: str) -> bool:
    if identity == "user":
        answer = aws("iam:ListAttachedUserPolicies", UserName=name)
    elif identity == "group":
        answer = aws("iam:ListAttachedGroupPolicies", GroupName=name)
    else:
        answer = aws("iam:ListAttachedRolePolicies", RoleName=name)
    return any(one["PolicyArn"] == policy(aws) for one in answer["AttachedPolicies"])
