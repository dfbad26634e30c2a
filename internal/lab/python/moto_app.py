"""Serve moto, the AWS emulator, on a loopback port that the kernel picks.

The port goes to standard output as one line of JSON once the socket listens, so that
no other process can take it first. Standard input is the leash: when it closes, the
parent is gone and so is this process.
"""

import json
import logging
import os
import sys
import threading

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.serving import make_server


def exit_with_parent() -> None:
    """Wait for the end of standard input, then leave without further ado."""
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Bind, announce the port, serve until killed."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line per request
    app = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    os.environ["MOTO_PORT"] = str(server.server_port)  # moto calls itself by it
    threading.Thread(target=exit_with_parent, daemon=True).start()
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
