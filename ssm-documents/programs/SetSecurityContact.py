"""Set the account's alternate contact for security, and undo that."""

import json
from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

FIELDS = ("Name", "Title", "EmailAddress", "PhoneNumber")
NONE = {"SecurityContact": "none"}


def repair(aws: Aws) -> Outcome:
    before = described(aws)
    if before != NONE:
        return unchanged("the account has a security contact.", before)
    names = {field: f"/hubmend/SetSecurityContact/{field}" for field in FIELDS}
    found = {field: aws("ssm:GetParameter", Name=name, absent=("ParameterNotFound",)) for field, name in names.items()}
    missing = [names[field] for field in FIELDS if found[field] is None]
    if missing:
        raise Refused(
            f"Hubmend does not know the security contact. Store it in SSM parameters of account {aws.account} in {aws.region}, then start the "
            f"repair again. Missing: {', '.join(missing)}."
        )
    contact = {field: found[field]["Parameter"]["Value"].strip() for field in FIELDS}
    aws(
        "account:PutAlternateContact",
        AlternateContactType="SECURITY",
        Name=contact["Name"],
        Title=contact["Title"],
        EmailAddress=contact["EmailAddress"],
        PhoneNumber=contact["PhoneNumber"],
        retry=("TooManyRequestsException",),
    )
    after = summary(contact)
    aws.until(lambda: "" if described(aws) == after else "The security contact is not the one that was set. Something else may set it too. Check it.")
    return Outcome("Set the account's security contact to the one in /hubmend/SetSecurityContact.", before, after)


def undo(aws: Aws, before: State, after: State) -> Outcome:
    now = described(aws)
    if now == before:
        return unchanged("the account's security contact is as it was before the repair.", now)
    if now != after:
        raise Refused(
            f"The account's security contact has changed since the repair {aws.repair}, so it was left unchanged. Find out who changed it. "
            "If it is wrong, change it manually."
        )
    aws("account:DeleteAlternateContact", AlternateContactType="SECURITY", absent=("ResourceNotFoundException",), retry=("TooManyRequestsException",))
    aws.until(lambda: "" if described(aws) == before else "The security contact was deleted, but AWS still reports one. Try again.")
    return Outcome("Restored: the account has no security contact, as before the repair.", now, before)


def described(aws: Aws) -> State:
    answer = aws(
        "account:GetAlternateContact", AlternateContactType="SECURITY", absent=("ResourceNotFoundException",), retry=("TooManyRequestsException",)
    )
    return summary(answer["AlternateContact"]) if answer else NONE


def summary(contact: dict[str, Any]) -> State:
    """Return a number that changes with the contact, instead of personal data."""
    text = json.dumps([contact.get(field, "") for field in FIELDS])
    return {"SecurityContact": f"{int.from_bytes(text.encode(), 'big') % (2**61 - 1):016x}"}
