"""Serve moto, the AWS emulator, on a loopback port that the kernel picks.

The port goes to standard output as one line of JSON once the socket listens, so that
no other process can take it first. Standard input is the leash: when it closes, the
parent is gone and so is this process.

moto dates everything now. A POST to /lab/backdate-user says otherwise of an IAM user.
"""

import copy
import functools
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from flask import request as current_request
from moto import backends
from moto.cloudtrail.models import Trail
from moto.core import responses
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.ec2.exceptions import (
    InvalidNetworkAclIdError,
    InvalidRouteTableIdError,
    MissingParameterError,
)
from moto.ec2.models.instances import InstanceBackend, MetadataOptions
from moto.ec2.models.network_acls import NetworkAcl, NetworkAclBackend, NetworkAclEntry
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses.network_acls import NetworkACLs
from moto.guardduty.models import Detector
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.exceptions import (
    EntityAlreadyExists,
    InvalidInput,
    NoSuchEntity,
    NotFoundException,
)
from moto.iam.models import (
    SERVICE_NAME_CONVERSION,
    AccessKeyLastUsed,
    AWSManagedPolicy,
    IAMBackend,
    ManagedPolicy,
    User,
    iam_backends,
)
from moto.iam.responses import IamResponse
from moto.logs.metric_filters import MetricFilters
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    create_backend_app,
)
from moto.rds.models import DBInstance
from moto.s3.models import FakeBucket, S3Backend
from moto.sqs.models import Message, Queue, sqs_backends
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def ago(days: float) -> datetime:
    """Give a time as moto keeps times: in UTC, to the second."""
    then = datetime.now(timezone.utc) - timedelta(days=days)
    return then.replace(microsecond=0, tzinfo=None)


def backdate_key(user: User, wanted: dict[str, Any]) -> None:
    """Change the dates of one access key."""
    key = user.get_access_key_by_id(wanted["AccessKeyId"])
    if "CreatedDaysAgo" in wanted:
        key.create_date = ago(wanted["CreatedDaysAgo"])
    if "LastUsedDaysAgo" in wanted:
        used = ago(wanted["LastUsedDaysAgo"])
        key.last_used = AccessKeyLastUsed(used, service="s3", region="us-east-1")


def backdate(account: str, wanted: dict[str, Any]) -> None:
    """Change the dates of a user's key or password. The caller checked the fields."""
    user = iam_backends[account]["aws"].get_user(wanted["UserName"])
    if "AccessKeyId" in wanted:
        backdate_key(user, wanted)
    if "PasswordCreatedDaysAgo" in wanted:
        user.password_create_date = ago(wanted["PasswordCreatedDaysAgo"])
    if "PasswordLastUsedDaysAgo" in wanted:
        user.password_last_used = ago(wanted["PasswordLastUsedDaysAgo"])


def deliver_sooner(seconds: float) -> None:
    """Shorten the delays of all messages that were sent with one."""
    for account in sqs_backends.values():
        for backend in account.values():
            for queue in backend.queues.values():
                for message in queue._messages:
                    message.delayed_until -= seconds * 1000


def get_login_profile(self: IamResponse) -> ActionResult:
    """Answer as moto does, but not with the user's own date for the password's."""
    user = self.backend.get_login_profile(self._get_param("UserName"))
    profile = {
        "UserName": user.name,
        "CreateDate": getattr(user, "password_create_date", user.create_date),
        "PasswordResetRequired": user.password_reset_required,
    }
    return ActionResult({"LoginProfile": profile})


list_entities = IamResponse.list_entities_for_policy


def list_entities_among_all_roles(self: IamResponse) -> ActionResult:
    """Answer as moto does, which looks only at the first roles unless told otherwise."""
    self.params["MaxItems"] = len(self.backend.roles)
    return list_entities(self)


upload_certificate = IamResponse.upload_server_certificate


def upload_certificate_with_tags(self: IamResponse) -> ActionResult:
    """Answer as moto does, and keep the tags."""
    result = upload_certificate(self)
    name = self._get_param("ServerCertificateName")
    self.backend.get_server_certificate(name).tags = self._get_param("Tags", [])
    return result


def list_server_certificate_tags(self: IamResponse) -> ActionResult:
    """Give the tags with which a certificate was uploaded."""
    name = self._get_param("ServerCertificateName")
    tags = getattr(self.backend.get_server_certificate(name), "tags", [])
    return ActionResult({"Tags": tags, "IsTruncated": False})


# The policies of AWS that controls are about, and what they allow.
AWS_POLICIES = {
    "AWSCloudShellFullAccess": "cloudshell:*",
    "AWSSupportAccess": "support:*",
}


def aws_policies(self: IAMBackend) -> list[ManagedPolicy]:
    """Give an account these policies. moto has none or all, which takes seconds."""
    since = "2015-02-06T18:41:11+00:00"
    policies = []
    for name, action in AWS_POLICIES.items():
        allow = {"Effect": "Allow", "Action": action, "Resource": "*"}
        data = {
            "DefaultVersionId": "v1",
            "Path": "/",
            "CreateDate": since,
            "UpdateDate": since,
            "Document": {"Version": "2012-10-17", "Statement": [allow]},
        }
        policies.append(
            AWSManagedPolicy.from_data(name, self.account_id, self.region_name, data)
        )
    return policies


def get_bucket_encryption(self: S3Backend, bucket_name: str) -> dict[str, Any]:
    """Answer SSE-S3 for a bucket without an encryption of its own, as S3 does since 2023."""
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    return self.get_bucket(bucket_name).encryption or {"Rule": default}


def get_permission(self: FakeBucket, action: str, resource: str) -> PermissionResult:
    """Ask a bucket's policy as moto does, but for statements with conditions.

    moto takes a condition that it does not know as met, and so the usual demand for TLS
    would refuse every object.
    """
    if self.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(self.policy)
    statements = policy["Statement"]
    if isinstance(statements, dict):
        statements = [statements]
    policy["Statement"] = [s for s in statements if "Condition" not in s]
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)


delete_message = Queue.delete_message


def delete_alone(self: Queue, receipt_handle: str) -> None:
    """Delete as moto does, but do not lose a message that arrives meanwhile."""
    with self._messages_lock:
        delete_message(self, receipt_handle)


new_message = Message.__init__


def new_message_of_sender(self: Message, *args: Any, **more: Any) -> None:
    """Make a message as moto does, but sent by who makes the request."""
    new_message(self, *args, **more)
    self.sender_id = current_request.headers.get("X-Lab-User-Id") or self.sender_id


# What a trail without selectors of its own logs, as CloudTrail answers it.
MANAGEMENT_EVENTS = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [],
    "ExcludeManagementEventSources": [],
}
MOST_SELECTORS = 5

Selectors = list[dict[str, Any]]


def get_event_selectors(self: Trail) -> tuple[Selectors, Selectors]:
    """Answer as moto does, but with the default selector that CloudTrail has."""
    advanced = self.advanced_event_selectors
    return self.event_selectors or ([] if advanced else [MANAGEMENT_EVENTS]), advanced


def put_event_selectors(self: Trail, basic: Selectors, advanced: Selectors) -> None:
    """Replace the selectors of both kinds, within CloudTrail's limit of basic ones."""
    if len(basic or []) > MOST_SELECTORS:
        code = "InvalidEventSelectorsException"
        raise JsonRESTError(code, f"Maximum number of event selectors is {MOST_SELECTORS}.")
    self.event_selectors = [{"DataResources": [], "ExcludeManagementEventSources": [], **selector} for selector in basic or []]
    self.advanced_event_selectors = advanced or []


add_filter = MetricFilters.add_filter


def put_filter(self: MetricFilters, name: str, pattern: str, group: str, transformations: Any) -> None:
    """Put a metric filter as moto does, but in place of the one with its name."""
    self.delete_filter(name, group)
    add_filter(self, name, pattern, group, transformations)


update_detector = Detector.update


def update_detector_features(self: Detector, enable: Any, frequency: Any, sources: Any, features: Any) -> None:
    """Update as moto does, but keep the features that are not named, as GuardDuty does."""
    named = {feature["name"] for feature in features or []}
    kept = [feature for feature in self.features if feature["name"] not in named]
    update_detector(self, enable, frequency, sources, features and kept + features)


create_service_linked_role = IAMBackend.create_service_linked_role


def create_linked_role_once(self: IAMBackend, *args: Any) -> Any:
    """Create a role as moto does, but refuse a second one with IAM's code."""
    try:
        return create_service_linked_role(self, *args)
    except EntityAlreadyExists as taken:
        raise InvalidInput(f"{taken.message} Please try a different suffix.") from None


same_rule = SecurityGroupRule.__eq__


def bare(rule: SecurityGroupRule) -> SecurityGroupRule:
    """Copy a rule without the descriptions of the group and the prefix list that it is for."""
    other = copy.copy(rule)
    for source in ("source_group", "prefix_list_id"):
        value = getattr(rule, source)
        if isinstance(value, dict):
            value = {key: value[key] for key in value if key != "Description"}
        setattr(other, source, value)
    return other


def same_but_for_description(self: SecurityGroupRule, other: SecurityGroupRule) -> bool:
    """Compare as moto does, but do not tell rules apart by a description.

    EC2 does not, whatever the rule is for. moto knows that for ranges only.
    """
    return same_rule(bare(self), bare(other))


read_parameter = NetworkACLs._get_param


def read_parameter_of_icmp(self: NetworkACLs, name: str, if_none: Any = None) -> Any:
    """Read a parameter as moto does, but by the name that its parser gives those of ICMP."""
    return read_parameter(self, name.replace("Icmp.", "IcmpTypeCode."), if_none)


new_entry = NetworkAclEntry.__init__


def new_entry_with_type(self: NetworkAclEntry, *args: Any, **more: Any) -> None:
    """Make an entry as moto does, but refuse one for ICMP without a type."""
    new_entry(self, *args, **more)
    if self.protocol in ("1", "58") and self.icmp_type is None:
        raise MissingParameterError("icmpTypeCode")


describe_acls = NetworkAclBackend.describe_network_acls


def describe_acls_by_id(
    self: NetworkAclBackend, network_acl_ids: list[str], filters: Any
) -> list[NetworkAcl]:
    """Describe as moto does, but do not call a network ACL that is missing a route table."""
    try:
        return describe_acls(self, network_acl_ids, filters)
    except InvalidRouteTableIdError:
        raise InvalidNetworkAclIdError(network_acl_ids[0]) from None


modify_metadata_options = InstanceBackend.modify_instance_metadata_options


def modify_given_metadata_options(
    self: InstanceBackend, instance_id: str, **wanted: Any
) -> MetadataOptions:
    """Modify as moto does, but keep the options that are not given."""
    kept = self.get_instance(instance_id).metadata_options
    names = {
        "http_tokens": "http_tokens",
        "hop_limit": "http_put_response_hop_limit",
        "http_endpoint": "http_endpoint",
        "http_protocol": "http_protocol_ipv6",
        "metadata_tags": "instance_metadata_tags",
    }
    for name, of in names.items():
        if wanted.get(name) is None:
            wanted[name] = getattr(kept, of)
    return modify_metadata_options(self, instance_id, **wanted)


update_instance = DBInstance.update


def update_instance_in_window(self: DBInstance, **wanted: Any) -> None:
    """Update as moto does, but leave the standby pending until it is to be applied immediately."""
    pending = getattr(self, "pending_modified_values", {})
    if wanted.get("apply_immediately"):
        wanted = {"multi_az": pending.get("MultiAZ"), **wanted}
        pending = {}
    elif wanted.get("multi_az") is not None:
        pending = {"MultiAZ": wanted.pop("multi_az")}
    self.pending_modified_values = pending
    update_instance(self, **wanted)


def with_own_requests(app: WSGI) -> WSGI:
    """Answer the lab's own requests, and pass on the rest."""

    @Request.application
    def own(request: Request) -> Response:
        wanted = request.get_json()
        try:
            if request.path == "/lab/backdate-user":
                backdate(request.headers["X-Moto-Account-Id"], wanted)
            else:
                deliver_sooner(wanted["Seconds"])
        except (NoSuchEntity, NotFoundException) as missing:
            return Response(missing.message, status=404)
        return Response()

    def serve(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        is_own = environ["PATH_INFO"] in ("/lab/backdate-user", "/lab/deliver-sooner")
        return (own if is_own else app)(environ, start)

    return serve


def answer_faster() -> None:
    """Cache two lookups that moto repeats for each request.

    It lists the folders of its services and inspects the class that answers. Together they took
    a third of the time of a request.
    """
    services = frozenset(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: services
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)


def exit_with_parent() -> None:
    """Wait for the end of standard input, then leave without further ado."""
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Bind, announce the port, serve until killed."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line per request
    IamResponse.get_login_profile = get_login_profile
    IamResponse.upload_server_certificate = upload_certificate_with_tags
    IamResponse.list_server_certificate_tags = list_server_certificate_tags
    IamResponse.list_entities_for_policy = list_entities_among_all_roles
    IAMBackend._init_aws_policies = aws_policies
    FakeBucket.get_permission = get_permission
    S3Backend.get_bucket_encryption = get_bucket_encryption
    Queue.delete_message = delete_alone
    Message.__init__ = new_message_of_sender
    SERVICE_NAME_CONVERSION["config"] = "Config"
    IAMBackend.create_service_linked_role = create_linked_role_once
    Detector.update = update_detector_features
    Trail.get_event_selectors = get_event_selectors
    Trail.put_event_selectors = put_event_selectors
    SecurityGroupRule.__eq__ = same_but_for_description
    NetworkACLs._get_param = read_parameter_of_icmp
    NetworkAclEntry.__init__ = new_entry_with_type
    NetworkAclBackend.describe_network_acls = describe_acls_by_id
    InstanceBackend.modify_instance_metadata_options = modify_given_metadata_options
    DBInstance.update = update_instance_in_window
    MetricFilters.add_filter = put_filter
    answer_faster()
    app = with_own_requests(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    os.environ["MOTO_PORT"] = str(server.server_port)  # moto calls itself by it
    threading.Thread(target=exit_with_parent, daemon=True).start()
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
