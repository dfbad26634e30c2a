"""Execute AWS API calls by botocore for a parent that asks over standard input.

One request per line, in JSON: id, service, api, region, endpoint, credentials and
parameters. One answer per line, in any order: the id with a result or an error.
"""

import base64
import json
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import ClientError, NoCredentialsError

THREADS = 8
MAX_CLIENTS = 256
CONFIG = Config(
    s3={"addressing_style": "path"},
    retries={"mode": "standard", "total_max_attempts": 1},  # the executor retries
    endpoint_discovery_enabled=False,
    connect_timeout=5,
    read_timeout=60,
    max_pool_connections=THREADS,
)


class CallCredentials:
    """The credentials of the call that a thread makes.

    Creating a client takes a hundred times as long as a call, so that clients are shared by all
    who make calls to the same service, and the signer asks this whose call it is.
    """

    method = "explicit"

    def __init__(self) -> None:
        self._calls = threading.local()

    def use(self, keys: dict[str, str]) -> None:
        """Sign the calls of this thread with these keys from now on."""
        self._calls.keys = ReadOnlyCredentials(
            keys["access_key_id"], keys["secret_access_key"], keys["session_token"] or None
        )

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Give the keys, as botocore's signers ask for them."""
        keys: ReadOnlyCredentials = self._calls.keys
        if not keys.access_key:
            raise NoCredentialsError()
        return keys

    def get_deferred_property(self, name: str) -> Callable[[], Any]:
        """Give what botocore calls when it needs one part of them, such as the account."""
        return lambda: getattr(self._calls.keys, name, None)

    def load_credentials(self) -> Any:
        """Give these credentials to every client: botocore asks its resolver for them."""
        return self


class Clients:
    """The botocore clients in use, the least recently used one leaving first."""

    def __init__(self) -> None:
        self.credentials = CallCredentials()
        self._session = botocore.session.Session()
        self._session.register_component("credential_provider", self.credentials)
        self._lock = threading.Lock()  # creating a client is not thread-safe
        self._clients: OrderedDict[tuple[str, str, str], Any] = OrderedDict()

    def get(self, request: dict[str, Any]) -> Any:
        """Give the client of a request's service, Region and endpoint."""
        key = request["service"], request["region"], request["endpoint"]
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._session.create_client(
                    key[0], region_name=key[1], endpoint_url=key[2] or None, config=CONFIG
                )
            self._clients.move_to_end(key)
            if len(self._clients) > MAX_CLIENTS:
                self._clients.popitem(last=False)
            return self._clients[key]


class UnknownOperation(Exception):
    """The service has no such API."""


def operation(client: Any, api: str) -> Callable[..., dict[str, Any]]:
    """Find a client's method by the API's name: DescribeVpcs or describe_vpcs."""
    for method, name in client.meta.method_to_api_mapping.items():
        if api in (method, name):
            found: Callable[..., dict[str, Any]] = getattr(client, method)
            return found
    service = client.meta.service_model.service_name
    raise UnknownOperation(f"Unknown operation: '{api}' of service '{service}'")


def encode(value: Any) -> str:
    """Turn what JSON does not know into a string: times in UTC, bytes in base64."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat()
    if hasattr(value, "read"):  # a streaming body
        value = value.read()
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    raise TypeError(f"a {type(value).__name__} in a result has no JSON form")


def decode(value: dict[str, Any]) -> Any:
    """Turn {"$base64": text} into bytes, the only value of a call that JSON does not know."""
    if value.keys() == {"$base64"}:
        return base64.b64decode(value["$base64"])
    return value


def describe(error: Exception, api: str) -> dict[str, Any]:
    """Give an error its code and message; botocore's own carry their class as code."""
    if isinstance(error, ClientError):
        return {
            "code": error.response["Error"].get("Code", ""),
            "message": error.response["Error"].get("Message", ""),
            "operation": error.operation_name,
            "http_status": error.response["ResponseMetadata"].get("HTTPStatusCode", 0),
        }
    return {
        "code": type(error).__name__,
        "message": str(error),
        "operation": api,
        "http_status": 0,
    }


def answer(clients: Clients, request: dict[str, Any]) -> str:
    """Do one call and give the answer's line."""
    try:
        clients.credentials.use(request["credentials"])
        call = operation(clients.get(request), request["api"])
        result = call(**request["parameters"])
        result.pop("ResponseMetadata", None)
        reply = {"id": request["id"], "result": result}
        return json.dumps(reply, default=encode, allow_nan=False)
    except Exception as error:  # whatever it is, the caller waits for it
        return json.dumps(
            {"id": request["id"], "error": describe(error, request["api"])}
        )


def main() -> None:
    """Serve until standard input ends."""
    resolve_localhost()  # of localhost.py
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print is only a log
    clients, lock = Clients(), threading.Lock()

    def serve(request: dict[str, Any]) -> None:
        line = answer(clients, request)
        with lock:
            answers.write(line + "\n")
            answers.flush()

    pool = ThreadPoolExecutor(THREADS)
    for line in sys.stdin:
        pool.submit(serve, json.loads(line, object_hook=decode))
    os._exit(0)  # the parent is gone: nobody waits for the calls that still run


if __name__ == "__main__":
    main()
