"""A private PostgreSQL: made with `initdb` as an unprivileged user, on a socket and a loopback port."""

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import asyncpg  # type: ignore[import-untyped]  # it ships no types

USER = "tavern"
MISSING = "PostgreSQL is not installed: install the package postgresql to run this test."
# What a crash of the machine would lose, no test looks for; a killed server loses nothing.
QUICK = ("fsync=off", "shared_buffers=64MB", "max_connections=60", "autovacuum=off")
VERSION = "SELECT version_num FROM alembic_version"
ALONE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# Rows go without looking at what refers to them, and numbers start from 1 again.
EMPTY = """
DO $$ DECLARE one record; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR one IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
  LOOP EXECUTE format('DELETE FROM %I', one.tablename); END LOOP;
  FOR one IN SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL
  LOOP PERFORM setval(one.sequencename::regclass, 1, false); END LOOP;
END $$
"""


def binaries() -> Path | None:
    """Return the folder of the newest installed server's programs, or None."""
    folders = [one.parent for one in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if folders:
        return max(folders, key=lambda folder: int(folder.parent.name))
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def unprivileged() -> str | None:
    """Return the user to run the server as, which refuses to be root's; None for our own."""
    if os.geteuid() != 0:
        return None
    known = {one.pw_name for one in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass(slots=True)
class Cluster:
    """One server with its own folder. `template` names the database that new ones are copied from."""

    programs: Path
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="tk-pg-")))
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    user: str | None = field(default_factory=unprivileged)
    server: subprocess.Popen[bytes] | None = None
    made: int = 0
    free: list[str] = field(default_factory=list)

    @property
    def data(self) -> Path:
        """The folder of the server's files."""
        return self.folder / "data"

    def make(self) -> None:
        """Make the folder; the server is not started yet."""
        secret = self.folder / "password"
        secret.write_text(self.password)
        if self.user:
            for path in (self.folder, secret):
                shutil.chown(path, self.user)
        options = ["--auth-local=trust", "--auth-host=scram-sha-256", "--locale=C.UTF-8"]
        options += ["--encoding=UTF8", "--no-sync", "-U", USER, f"--pwfile={secret}"]
        subprocess.run(
            [self.programs / "initdb", "-D", self.data, *options],
            check=True, user=self.user, cwd=self.folder, capture_output=True,
        )  # fmt: skip

    def start(self, *settings: str) -> None:
        """Start the server and wait until it answers."""
        options = [f"unix_socket_directories={self.folder}", "listen_addresses=127.0.0.1"]
        arguments = [word for one in (*options, *QUICK, *settings) for word in ("-c", one)]
        with (self.folder / "log").open("ab") as log:
            self.server = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, "-p", str(self.port), *arguments],
                user=self.user, cwd=self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        ready = [
            str(self.programs / "pg_isready"),
            "-q",
            "-h",
            str(self.folder),
            "-p",
            str(self.port),
        ]
        for _ in range(200):
            if subprocess.run(ready, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError((self.folder / "log").read_text())

    def stop(self) -> None:
        """Stop the server at once, as a killed one would; every connection breaks."""
        if self.server:
            self.server.send_signal(signal.SIGQUIT)
            self.server.wait(timeout=20)
            self.server = None

    def remove(self) -> None:
        """Stop the server and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str, password: str = "") -> str:
        """Return a ledger's address: over the socket, or with a password over the loopback port."""
        if password:
            return f"postgresql+asyncpg://{USER}:{password}@127.0.0.1:{self.port}/{database}"
        return f"postgresql+asyncpg://{USER}@/{database}?host={quote(str(self.folder))}&port={self.port}"

    def new(self, template: str = "template0") -> str:
        """Make a database, empty or as a copy of another that nobody uses, and return its name."""
        self.made += 1
        name = f"ledger_{self.made}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def lend(self, template: str) -> str:
        """Return the name of a copy of the template that nobody uses, an emptied one if there is."""
        return self.free.pop() if self.free else self.new(template)

    def give_back(self, database: str, version: object) -> None:
        """Empty a lent database, which takes a tenth of making one; drop one of another version."""
        if self.run(ALONE, EMPTY, VERSION, database=database) == version:
            self.free.append(database)
        else:
            self.drop(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.run(f"DROP DATABASE {database} WITH (FORCE)")

    def run(self, *statements: str, database: str = "postgres") -> object:
        """Carry out statements as the server's owner; return the first value that the last gives."""

        async def execute() -> object:
            connection = await asyncpg.connect(
                host=str(self.folder), port=self.port, user=USER, database=database
            )
            try:
                given = [await connection.fetchval(statement) for statement in statements]
                return given[-1]
            finally:
                await connection.close()

        return asyncio.run(execute())
