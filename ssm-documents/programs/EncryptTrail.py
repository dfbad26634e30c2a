"""Encrypt the log files of a trail with a KMS key of the customer, and undo that."""

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

PARAMETER = "/hubmend/EncryptTrail/KmsKeyArn"
CHANGING = ("ConflictException",)  # another change of the trail is in progress
UNUSABLE = ("InsufficientEncryptionPolicyException", "InvalidKmsKeyIdException", "KmsKeyNotFoundException", "KmsKeyDisabledException", "KmsException")


def repair(aws: Aws, TrailArn: str) -> Outcome:
    found = key_of(aws, TrailArn)
    if found["KmsKeyId"]:
        return unchanged(f"the trail is encrypted with the key {found['KmsKeyId']}.", found)
    refuse_foreign(aws, TrailArn)
    parameter = aws("ssm:GetParameter", Name=PARAMETER, absent=("ParameterNotFound",))
    if parameter is None:
        raise Refused(
            f"No KMS key is set for trails. Put the ARN of a key whose policy allows CloudTrail to use it into the Parameter Store parameter "
            f"{PARAMETER} in account {aws.account} and {aws.region}, then try again."
        )
    key = str(parameter["Parameter"]["Value"])
    if not key.startswith(f"arn:{aws.partition}:kms:") or ":key/" not in key:
        raise Refused(f"The Parameter Store parameter {PARAMETER} is {key}, which is not the ARN of a KMS key. Correct it, then try again.")
    if aws("cloudtrail:UpdateTrail", Name=TrailArn, KmsKeyId=key, absent=UNUSABLE, retry=CHANGING) is None:
        raise Refused(
            f"CloudTrail cannot use the key {key}. It must be enabled, in the Region of the trail's bucket, and its policy must allow "
            "cloudtrail.amazonaws.com kms:DescribeKey, and kms:GenerateDataKey* for this trail. See the CloudTrail User Guide for the policy."
        )
    aws.until(lambda: "" if key_of(aws, TrailArn)["KmsKeyId"] == key else f"CloudTrail does not report that the trail is encrypted with {key}.")
    return Outcome(
        f"New log files of the trail are encrypted with the key {key}. Readers of the log files need kms:Decrypt.", found, {"KmsKeyId": key}
    )


def undo(aws: Aws, before: State, after: State, TrailArn: str) -> Outcome:
    found = key_of(aws, TrailArn)
    if found == before:
        return unchanged("the trail is encrypted as it was before the repair.", found)
    if found != after:
        raise Refused(
            f"The KMS key of the trail {TrailArn} has changed since the repair {aws.repair}, so it was left unchanged. "
            "Find out who changed it. To restore the previous value, set it manually."
        )
    # An empty key is SSE-S3. The repair changes only trails without a key.
    aws("cloudtrail:UpdateTrail", Name=TrailArn, KmsKeyId="", retry=CHANGING)
    aws.until(lambda: "" if key_of(aws, TrailArn) == before else "CloudTrail still reports a KMS key for the trail. Check it, then try again.")
    return Outcome("Restored: new log files of the trail have no KMS key. Keep the key, because existing log files need it.", found, before)


def key_of(aws: Aws, trail: str) -> dict[str, str]:
    """Return the trail's key, empty for a trail without one."""
    return {"KmsKeyId": aws("cloudtrail:GetTrail", Name=trail)["Trail"].get("KmsKeyId") or ""}


def refuse_foreign(aws: Aws, trail: str) -> None:
    """Refuse a trail of another account or with another home Region."""
    home, owner = trail.split(":")[3:5]
    if (home, owner) != (aws.region, aws.account):
        raise Refused(
            f"The trail {trail} can be changed only in account {owner} and {home}. This repair ran in account {aws.account} and "
            f"{aws.region}. Encrypt the trail there."
        )
