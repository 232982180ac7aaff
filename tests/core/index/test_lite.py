"""What Milvus Lite leaves behind in this process is given back."""

import subprocess
import sys

import pytest

# In a process of its own: pytest's own main thread has seen much.
READ = """
import pyarrow
from pathlib import Path
from core.index.lite import trim
resident = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4 // 1024
def read():
    held = [pyarrow.array(range(20_000)) for _ in range(400)]
read()
before = resident()
trim()
print(before - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's memory in /proc")
def test_memory_that_reading_took_is_given_back() -> None:
    """Some sixty megabytes were read and let go of; most of them are the system's again."""
    ran = subprocess.run([sys.executable, "-c", READ], capture_output=True, text=True, check=True)
    assert int(ran.stdout) > 30
