"""Run the script of one aws:executeScript step as Systems Manager runs it.

Standard input is JSON: text, handler, payload and context. Standard output is JSON: what the
script printed as logs, and its value or its error.
"""

import contextlib
import io
import json
import linecache
import os
import sys
import traceback
import types
from typing import Any

MODULE = "customer_script"
FILENAME = f"/tmp/{MODULE}.py"  # it exists in tracebacks only
MAX_ITEMS = 100  # SSM cuts a longer list
MAX_BYTES = 100 * 1024  # SSM takes no larger return value
MAX_MEMORY = 512 * 1024 * 1024


def load(step: dict[str, Any]) -> types.ModuleType:
    """Import the script as a module, so that its __name__ is not __main__."""
    text = step["text"]
    linecache.cache[FILENAME] = (len(text), None, text.splitlines(True), FILENAME)
    module = types.ModuleType(MODULE)
    module.__file__ = FILENAME
    sys.modules[MODULE] = module  # where dataclasses look for it
    exec(compile(text, FILENAME, "exec", dont_inherit=True), vars(module))
    return module


def run(step: dict[str, Any]) -> str:
    """Run a script's handler and give the JSON of what it returns."""
    handler = getattr(load(step), step["handler"], None)
    if not callable(handler):
        raise NameError(f"the script defines no function {step['handler']!r}")
    value = handler(step["payload"], step["context"])
    if isinstance(value, (list, tuple)):
        value = value[:MAX_ITEMS]
    try:
        encoded = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"the script's return value is not JSON: {error}") from None
    if len(encoded) > MAX_BYTES:
        raise ValueError(
            f"the script returned {len(encoded)} bytes of JSON, "
            f"the limit is {MAX_BYTES}"
        )
    return encoded


def describe(error: BaseException) -> dict[str, str]:
    """Give an error's type and message, and its traceback from the script on."""
    tb = error.__traceback__
    while tb is not None and tb.tb_frame.f_code.co_filename != FILENAME:
        tb = tb.tb_next
    lines: list[str] = []
    if tb is not None:
        lines = traceback.format_exception(type(error), error, tb)
        last = traceback.format_exception_only(type(error), error)
        lines = lines[: len(lines) - len(last)]  # "Type: message", which SSM writes itself
    return {
        "type": type(error).__name__,
        "message": str(error),
        "traceback": "".join(lines),
    }


def limit_memory() -> None:
    """Refuse the script more memory than SSM gives it, where the system can do that."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))


def respond(step: dict[str, Any]) -> str:
    """Run the step and give the JSON of its outcome."""
    outcome: dict[str, Any] = {}
    printed = io.StringIO()
    limit_memory()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            value = run(step)
        outcome["value"] = json.loads(value)
    except BaseException as error:  # SystemExit too: a script must not end silently
        outcome["error"] = describe(error)
    outcome["logs"] = printed.getvalue().splitlines()
    return json.dumps(outcome)


def main() -> None:
    """Read the step, run it, write the outcome."""
    if "AWS_ENDPOINT_URL" in os.environ:
        resolve_localhost()  # of localhost.py
    step = json.load(sys.stdin)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # for the script's own processes
    answers.write(respond(step))
    answers.flush()
    os._exit(0)  # a thread that the script left behind must not keep the process


def serve(folder: str) -> None:
    """Run each step that comes on a connection in a process split off this one.

    It has imported boto3 already, which takes longer than most scripts. It has one
    thread, as a process that is split must. With its standard input it ends and removes
    the folder of the socket.
    """
    import select
    import shutil
    import signal

    import boto3  # noqa: F401

    listener = socket.socket(fileno=3)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                serve_one(connection)
            finally:
                os._exit(0)
        connection.close()
    shutil.rmtree(folder, ignore_errors=True)


def serve_one(connection: Any) -> None:
    """Run the step of a connection. When its other end closes, all ends at once."""
    import signal
    import threading

    os.setpgid(0, 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    request = json.loads(connection.makefile("r", encoding="utf-8").readline())
    os.environ.update(request["environment"])
    resolve_localhost()  # of localhost.py

    def watch() -> None:
        connection.recv(1)  # nothing comes
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
    connection.sendall(respond(request["step"]).encode())


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2])
    else:
        main()
