"""Turn on automatic rotation of a KMS key, and undo that."""

from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

# KMS does not document which period a key gets that had another period before. The repair always sets it, so that the
# undo can recognize a later change.
DAYS = 365
MANUALLY = "Rotate it manually: create a new key and point the alias to it, or suppress the finding."
STATES = {
    "Disabled": "Enable the key, or schedule its deletion if it is not needed.",
    "PendingDeletion": "Cancel the deletion if the key is still needed.",
    "PendingReplicaDeletion": "The key will be deleted after its replicas. Cancel the deletion if it is still needed.",
}


def repair(aws: Aws, KeyId: str) -> Outcome:
    key = aws("kms:DescribeKey", KeyId=KeyId)["KeyMetadata"]
    # KMS refuses this call for some keys that it cannot rotate.
    status = aws("kms:GetKeyRotationStatus", KeyId=KeyId, absent=("UnsupportedOperationException", "KMSInvalidStateException"))
    on = {"KeyRotationEnabled": True}
    if status and status["KeyRotationEnabled"]:
        return unchanged("automatic rotation of the key is on.", on)
    reason = obstacle(key)
    if reason or not status:
        raise Refused(f"KMS cannot rotate this key: {reason or 'it does not report a rotation status. ' + MANUALLY}")
    aws("kms:EnableKeyRotation", KeyId=KeyId, RotationPeriodInDays=DAYS)
    aws.until(lambda: "" if rotates(aws, KeyId) else "Rotation of the key was turned on, but KMS still reports it as off.")
    return Outcome("Turned on automatic rotation of the key.", {"KeyRotationEnabled": False}, on)


def undo(aws: Aws, before: State, after: State, KeyId: str) -> Outcome:
    status = aws("kms:GetKeyRotationStatus", KeyId=KeyId)
    state = aws("kms:DescribeKey", KeyId=KeyId)["KeyMetadata"]["KeyState"]
    now = {"KeyRotationEnabled": status["KeyRotationEnabled"]}
    # KMS reports rotation as off while a key is pending deletion, and turns it on again when the deletion is cancelled.
    enabled = state == "Enabled"
    if now == before and (now["KeyRotationEnabled"] or enabled):
        return unchanged("rotation of the key is as it was before the repair.", now)
    if not enabled:
        raise Refused(
            f"The key {KeyId} has changed since the repair {aws.repair}: it is {state}, so its rotation was left unchanged. "
            "Try again when it is Enabled."
        )
    if now != after or status.get("RotationPeriodInDays", DAYS) != DAYS:
        raise Refused(
            f"Rotation of the key {KeyId} has changed since the repair {aws.repair}, so it was left unchanged. "
            "Find out who changed it. To restore the previous value, set it manually."
        )
    aws("kms:DisableKeyRotation", KeyId=KeyId)
    aws.until(lambda: "Rotation of the key was turned off, but KMS still reports it as on." if rotates(aws, KeyId) else "")
    return Outcome("Restored: automatic rotation of the key is off, as before the repair.", now, before)


def rotates(aws: Aws, key: str) -> bool:
    return aws("kms:GetKeyRotationStatus", KeyId=key)["KeyRotationEnabled"] is True


def obstacle(key: dict[str, Any]) -> str:
    """Return why KMS cannot rotate a key and what to do about it, permanent reasons first. Empty when it can."""
    spec, origin, state = key["KeySpec"], key["Origin"], key["KeyState"]
    regions = key.get("MultiRegionConfiguration", {})
    if key["KeyManager"] != "CUSTOMER":
        return "it is managed by AWS, which rotates it automatically. Suppress the finding."
    if spec != "SYMMETRIC_DEFAULT":
        return f"{'it is an HMAC key' if spec.startswith('HMAC') else 'it is asymmetric'} ({spec}). {MANUALLY}"
    if origin == "EXTERNAL":
        return f"its material was imported (origin EXTERNAL). {MANUALLY}"
    if origin != "AWS_KMS":
        return f"its material is in a custom key store (origin {origin}). {MANUALLY}"
    if regions.get("MultiRegionKeyType") == "REPLICA":
        return f"it is the replica of a multi-Region key. Turn on rotation of the primary, in {regions['PrimaryKey']['Region']}."
    if state != "Enabled":
        return f"its state is {state}. {STATES.get(state, 'Start the repair again when it is Enabled.')}"
    return ""
