"""The lab's host, before which some clients put a name. It stands before the source of what calls the lab."""

import socket
from typing import Any


def resolve_localhost() -> None:
    """Resolve every name below this machine's as this machine, which systems do not do.

    A client of S3 Control puts the account before the name of the host.
    """
    resolve = socket.getaddrinfo

    def resolved(host: Any, *args: Any, **more: Any) -> Any:
        for own in ("localhost", "127.0.0.1"):
            if isinstance(host, str) and host.endswith("." + own):
                host = own
        return resolve(host, *args, **more)

    socket.getaddrinfo = resolved
