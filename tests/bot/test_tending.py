"""The commands that tend a data folder: what they change, and what they print of it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.app import open_app, open_store
from bot.tending import ingest, reembed, reindex, run_job, table_of
from core.documents import Unreadable
from core.embedders.hashing import HashingEmbedder
from core.errors import SettingsError
from core.ingestion import Summary
from core.settings import Settings

Read = Callable[..., Any]


@pytest.fixture
def read(
    settings: Settings, embedder: HashingEmbedder, console: Console, printed: Callable[[], str]
) -> Read:
    """Return what reads paths and returns what was printed as JSON."""

    async def reading(*paths: Path) -> Any:
        before = len(printed())
        await ingest(settings, paths, console, as_json=True, embedder=embedder)
        return json.loads(printed()[before:])

    return reading


async def ids_of(settings: Settings, embedder: HashingEmbedder) -> set[str]:
    """Return the ids in the index."""
    async with open_store(settings, embedder=embedder) as store:
        return await store.index.ids("passages")


async def test_reading_tells_what_changed(read: Read, pages: Path) -> None:
    """New, changed, unchanged, removed and failed documents are counted; a failure has a reason."""
    [first] = await read(pages)
    assert (first["new"], first["passages"], first["failed"]) == (2, 2, [])
    (pages / "kitchen.md").write_text("# Kitchen\n\nThe kitchen closes at nine.\n")
    (pages / "music.md").unlink()
    (pages / "menu.pdf").write_bytes(b"This is no PDF.")
    (pages / "rooms.md").write_text("# Rooms\n\nThere are six rooms.\n")
    [second] = await read(pages)
    counts = {what: second[what] for what in ("new", "changed", "unchanged", "removed")}
    assert counts == {"new": 1, "changed": 1, "unchanged": 0, "removed": 1}
    assert [one["uri"] for one in second["failed"]] == ["menu.pdf"]
    assert second["failed"][0]["why"].endswith(".")
    [third] = await read(pages)
    assert (third["unchanged"], third["embedded"]) == (2, 0)


async def test_folders_and_files_are_sources_of_their_own(read: Read, pages: Path) -> None:
    """Reading one folder forgets nothing of another; an empty one is listed as failed."""
    (pages.parent / "empty").mkdir()
    both = await read(pages, pages / "music.md", pages.parent / "empty")
    assert [one["new"] for one in both] == [2, 1, 0]
    assert "is empty" in both[2]["failed"][0]["why"]
    [alone] = await read(pages / "music.md")
    assert (alone["unchanged"], alone["removed"]) == (1, 0)


async def test_a_missing_path_is_named(read: Read, settings: Settings, pages: Path) -> None:
    """Nothing is read when one of the paths is not there, and nothing is made."""
    with pytest.raises(SettingsError, match=r"no file or folder .*/nowhere\."):
        await read(pages, pages / "nowhere")
    assert not settings.data.exists()


async def test_reading_is_printed_as_a_table(
    settings: Settings,
    pages: Path,
    console: Console,
    embedder: HashingEmbedder,
    printed: Callable[[], str],
) -> None:
    """People get one table a source."""
    await ingest(settings, [pages], console, as_json=False, embedder=embedder)
    assert str(pages) in printed()
    assert "unchanged" in printed()


def test_file_names_are_no_markup(console: Console, printed: Callable[[], str]) -> None:
    """A file's name is shown letter for letter, and cannot steer the terminal."""
    failed = (Unreadable(uri="[/red]a\x1b[2J.pdf", why="It is [bold]broken[/bold]."),)
    console.print(table_of(Summary(source="folder:/[/b]", failed=failed)))
    assert "[/red]a[2J.pdf: It is [bold]broken[/bold]." in printed()
    assert "folder:/[/b]" in printed()


@pytest.mark.parametrize("as_json", [True, False])
async def test_a_job_runs_now_and_reports(
    settings: Settings,
    console: Console,
    embedder: HashingEmbedder,
    printed: Callable[[], str],
    as_json: bool,
) -> None:
    """`rerank` on an empty data folder says that there is nothing to do."""
    await run_job(settings, "rerank", console, as_json=as_json, embedder=embedder)
    if as_json:
        report = json.loads(printed())
        assert report.keys() == {"summary", "figures"}
        assert not any(report["figures"].values())
    else:
        assert printed().strip().endswith(".")


async def test_reembed_embeds_what_is_stale_or_everything(
    settings: Settings,
    read: Read,
    pages: Path,
    console: Console,
    embedder: HashingEmbedder,
    printed: Callable[[], str],
) -> None:
    """Without changes nothing is done; `--afresh` swaps new collections in, with the same ids."""
    await read(pages)
    ids = await ids_of(settings, embedder)
    reports = []
    for afresh in (False, True):
        before = len(printed())
        await reembed(settings, console, afresh=afresh, as_json=True, embedder=embedder)
        reports.append(json.loads(printed()[before:])["figures"]["swapped"])
    assert reports == [0, 2]
    assert await ids_of(settings, embedder) == ids


async def test_a_new_model_is_followed(
    settings: Settings, read: Read, pages: Path, console: Console, printed: Callable[[], str]
) -> None:
    """After a change of the embedder `reembed` builds new collections by itself."""
    await read(pages)
    before = len(printed())
    other = HashingEmbedder(dimension=64)
    await reembed(settings, console, afresh=False, as_json=True, embedder=other)
    assert json.loads(printed()[before:])["figures"]["swapped"] == 2
    async with open_app(settings, embedder=other) as app:
        assert not [one for one in await app.store.indexing.compare() if one.missing]


async def test_reindex_rebuilds_a_lost_index(
    settings: Settings,
    read: Read,
    pages: Path,
    console: Console,
    embedder: HashingEmbedder,
    printed: Callable[[], str],
) -> None:
    """After its folder was deleted the index holds the same ids again."""
    await read(pages)
    ids = await ids_of(settings, embedder)
    shutil.rmtree(settings.data / "index")
    before = len(printed())
    await reindex(settings, console, as_json=True, embedder=embedder)
    assert json.loads(printed()[before:])["figures"]["swapped"] == 2
    assert ids
    assert await ids_of(settings, embedder) == ids
