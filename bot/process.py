"""What this process is called in the ledger, among those that share it."""

import os
import socket
import uuid


def process_name() -> str:
    """Return a name that no other process has or had, and that people can read."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
