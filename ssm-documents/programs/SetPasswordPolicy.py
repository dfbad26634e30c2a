"""Make the account's password policy at least as strict as required, and undo that."""

from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

Policy = dict[str, Any]

NUMBERS = ("MinimumPasswordLength", "MaxPasswordAge", "PasswordReusePrevention")
OLDEST = 1095  # days, IAM's maximum; required of a policy, it also allows passwords that never expire
CHARACTERS = ("RequireSymbols", "RequireNumbers", "RequireUppercaseCharacters", "RequireLowercaseCharacters")
NONE = {"PasswordPolicy": "none"}  # recorded for an account without a policy
MEANWHILE = "It may have been changed during this run. Check it, then try again."
FLAGS = (*CHARACTERS, "AllowUsersToChangePassword", "HardExpiry")


def repair(aws: Aws, MinimumPasswordLength: str, PasswordReusePrevention: str, MaxPasswordAge: str) -> Outcome:
    least = {"MinimumPasswordLength": int(MinimumPasswordLength), "PasswordReusePrevention": int(PasswordReusePrevention)}
    oldest = int(MaxPasswordAge)
    old = read(aws)
    changed = weak(old, least, oldest)
    if not changed:
        return unchanged("the account's password policy is at least as strict as required.", old)
    # The stricter of each. Users must be allowed to change an expired password.
    new = {
        **{name: max(old.get(name, 0), value) for name, value in least.items()},
        "MaxPasswordAge": oldest if "MaxPasswordAge" in changed else old.get("MaxPasswordAge", 0),
        **dict.fromkeys((*CHARACTERS, "AllowUsersToChangePassword"), True),
        "HardExpiry": old.get("HardExpiry", False),
    }
    write(aws, new)
    aws.until(lambda: still_weak(weak(read(aws), least, oldest)))
    # This alone is no reason to write a policy, but it is a change when one is written.
    changed += [] if old.get("AllowUsersToChangePassword") else ["AllowUsersToChangePassword"]
    names = ", ".join(f"{name} {text(new[name])}" + (f" (was {text(old.get(name))})" if old else "") for name in changed)
    return Outcome(f"{'Changed' if old else 'Created'} the account's password policy: {names}.", old or NONE, kept(new))


def undo(aws: Aws, before: State, after: State) -> Outcome:
    was, left = recorded(aws, before), recorded(aws, after)
    policy = read(aws)
    now = settings(policy)
    if now not in (was, left):
        raise Refused(
            f"The account's password policy has changed since the repair {aws.repair}, so it was left unchanged. Find out who changed it. "
            "To restore the previous value, set it manually."
        )
    if now == was:
        return unchanged("the account's password policy is as it was before the repair.", policy or NONE)
    if not was:
        aws("iam:DeleteAccountPasswordPolicy")
        aws.until(lambda: f"The account's password policy was deleted, but IAM still reports one. {MEANWHILE}" if read(aws) else "")
        return Outcome("Restored: the account has no password policy, as before the repair.", policy, before)
    write(aws, was)
    aws.until(lambda: "" if settings(read(aws)) == was else f"The account's password policy does not have its previous value. {MEANWHILE}")
    names = ", ".join(f"{name} {text((was[name] or None) if name in NUMBERS else was[name])}" for name in was if was[name] != now[name])
    return Outcome(f"Restored the account's password policy: {names}.", policy, before)


def read(aws: Aws) -> Policy:
    """Return the policy, empty when the account has none."""
    answer = aws("iam:GetAccountPasswordPolicy", absent=("NoSuchEntity",))
    return answer["PasswordPolicy"] if answer else {}


def write(aws: Aws, new: Policy) -> None:
    """Replace the policy. IAM resets each setting that is left out, and it accepts no number for one that is not set."""
    aws(
        "iam:UpdateAccountPasswordPolicy",
        MinimumPasswordLength=new["MinimumPasswordLength"],
        MaxPasswordAge=new["MaxPasswordAge"] or None,
        PasswordReusePrevention=new["PasswordReusePrevention"] or None,
        RequireSymbols=new["RequireSymbols"],
        RequireNumbers=new["RequireNumbers"],
        RequireUppercaseCharacters=new["RequireUppercaseCharacters"],
        RequireLowercaseCharacters=new["RequireLowercaseCharacters"],
        AllowUsersToChangePassword=new["AllowUsersToChangePassword"],
        HardExpiry=new["HardExpiry"],
    )


def weak(policy: Policy, least: dict[str, int], oldest: int) -> list[str]:
    """Return the names of the settings that do not pass."""
    passes = {name: policy.get(name, 0) >= value for name, value in least.items()}
    passes["MaxPasswordAge"] = 1 <= (policy.get("MaxPasswordAge") or OLDEST) <= oldest
    passes |= {name: policy.get(name) is True for name in CHARACTERS}
    return [name for name, ok in passes.items() if not ok]


def kept(new: Policy) -> Policy:
    """Return what IAM reports of a policy that was written: numbers that are not set are left out."""
    return {name: value for name, value in new.items() if name not in NUMBERS or value} | {"ExpirePasswords": bool(new["MaxPasswordAge"])}


def still_weak(names: list[str]) -> str:
    if not names:
        return ""
    return (
        f"The account's password policy still has a weak {' and '.join(sorted(names))}. Something else may write the policy too. Find it, "
        "then start the repair again."
    )


def recorded(aws: Aws, state: Any) -> Policy:
    """Return the settings that a repair recorded. Older versions nested them and may have recorded them as strings."""
    try:
        return settings(state.get("PasswordPolicy", state))
    except (AttributeError, LookupError, TypeError, ValueError):
        raise Refused(
            f"The repair {aws.repair} has no record of its result, so nothing was changed. Restore the password policy manually; "
            "`hubmend history` shows the previous one."
        ) from None


def settings(policy: Any) -> Policy:
    """Return all settings with a value. IAM leaves out those that are not set."""
    if policy in ("none", {}):
        return {}
    flags = {"true": True, "false": False}
    return {
        **{name: int(policy.get(name) or 0) for name in NUMBERS},
        **{name: flags[str(policy.get(name, False)).lower()] for name in FLAGS},
    }


def text(value: object) -> str:
    return "not set" if value is None else str(value).lower()
