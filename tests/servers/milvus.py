"""Milvus on loopback, in processes of its own: Milvus Lite's server, and a real Milvus 2.3.5.

The real one speaks an old protocol and has no word search, which is what makes it worth testing.
It comes as a package that depends on nothing, so that it disturbs none of ours.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

START_SECONDS = 90.0
# The package's own start waits for the server; this keeps it until our end of the pipe is closed.
REAL = """
import sys
from milvus import MilvusServer

server = MilvusServer()
server.set_base_dir(sys.argv[1])
server.config.set("proxy.timeTickInterval", 50)
server.start()
try:
    sys.stdout.write(f"{server.listen_port}\\n")
    sys.stdout.flush()
    sys.stdin.read()
finally:
    server.stop()
"""
# How often its parts look at each other, in milliseconds; by default that is most of a test's time.
QUICK = {
    "QUERYCOORD_CHECKSEGMENTINTERVAL": "50",
    "QUERYCOORD_CHECKCHANNELINTERVAL": "50",
    "QUERYCOORD_CHECKINDEXINTERVAL": "50",
    "QUERYCOORD_DISTPULLINTERVAL": "50",
}


def free_port() -> int:
    """Return a port of loopback that nobody listened on a moment ago."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port: int = reserved.getsockname()[1]
    return port


@contextmanager
def lite_server(folder: Path, port: int = 0) -> Iterator[str]:
    """Run `milvus-lite server` over a folder and yield its address."""
    port = port or free_port()
    binary = Path(sys.executable).with_name("milvus-lite")
    where = ["--host", "127.0.0.1", "--port", str(port), "--data-dir", str(folder)]
    with started([str(binary), "server", *where], {}) as process:
        wait_for(process, port)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def real_server(folder: Path) -> Iterator[str]:
    """Run Milvus 2.3.5 over a folder and yield its address; skip, saying why, where it cannot run."""
    if find_spec("milvus") is None:
        pytest.skip("Milvus 2.3.5 is not installed: pip install milvus==2.3.5 (Linux only)")
    with started([sys.executable, "-c", REAL, str(folder)], QUICK) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            pytest.skip(f"Milvus 2.3.5 does not start here; {folder / 'logs'} says why")
        yield f"http://127.0.0.1:{port}"


@contextmanager
def started(
    command: list[str], environment: Mapping[str, str]
) -> Iterator["subprocess.Popen[str]"]:
    """Run a server until the block ends, then ask it to stop and wait until it has."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environment},
    )
    with process:
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()
            if "milvus-lite" in command[0]:
                process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_for(process: "subprocess.Popen[str]", port: int) -> None:
    """Wait until somebody listens on a port of loopback; raise where the process ends before."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the server on port {port} did not start")
