"""Whatever happens to Milvus Lite's files, after a start ledger and index are the same again."""

import asyncio
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.store import Store, open_store
from core.answers import Standing
from core.documents import Document
from core.embedders.hashing import HashingEmbedder
from core.healing import Healing
from core.ledger.answers import save_answer
from core.ledger.operations import ALIASES, queue
from core.settings import Settings, load_settings
from tests.doubles import NOON, CountingEmbedder, ListedSource, answer, silent

WORDS = ["otter", "heron", "walrus", "lynx", "badger", "marten", "stoat", "weasel", "vole", "shrew"]
SEED = 20_260_601


def pages() -> list[Document]:
    """Return sixty documents, each of which one question finds first."""
    return [
        Document(source="listed", uri=f"{n}", title=f"Page {n}", text=f"{WORDS[n % 10]} number{n}")
        for n in range(60)
    ]


async def fill(store: Store) -> None:
    """Read the documents and learn one answer."""
    await store.ingestion.ingest(ListedSource(held=[*pages()]), silent)
    async with store.ledger.writing() as connection:
        await save_answer(connection, answer(standing=Standing.TRIAL), None)
        await queue(connection, "answers", ["q-a1"], NOON)
    await store.indexing.catch_up()


def over(data: Path) -> Settings:
    """Return settings for a data folder."""
    return load_settings(env_file=None, data=data)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of a bot that was stopped; tests copy it."""
    data = tmp_path_factory.mktemp("kept") / "data"

    async def make() -> None:
        async with open_store(over(data), embedder=HashingEmbedder()) as store:
            await fill(store)

    asyncio.run(make())
    return data


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of a bot that was killed before it flushed; tests copy it."""
    folder = tmp_path_factory.mktemp("killed")

    async def make() -> None:
        async with open_store(over(folder / "data"), embedder=HashingEmbedder()) as store:
            await fill(store)
            await asyncio.to_thread(shutil.copytree, folder / "data", folder / "copy")

    asyncio.run(make())
    return folder / "copy"


async def assert_whole(data: Path) -> None:
    """Start, heal, and see that nothing differs, everything is found and nothing was embedded anew."""
    embedder = CountingEmbedder()
    async with open_store(over(data), embedder=embedder) as store:
        await Healing(indexing=store.indexing, index=store.index).heal(silent)
        assert [one.total for one in await store.indexing.compare()] == [0, 0]
        for page in (pages()[3], pages()[57]):
            sought = await store.retriever.seek(page.text, frozenset())
            for mode in ("dense", "bm25"):
                found = await store.retriever.find(sought, mode)
                assert found[0].document_uri == page.uri, mode
        assert not store.indexing.behind
        assert store.retriever.notice is None
    assert embedder.embedded == []


def cut(content: bytearray, chosen: random.Random) -> bytes:
    """Return what is left of a file that was cut somewhere."""
    return bytes(content[: chosen.randrange(len(content))])


def flip(content: bytearray, chosen: random.Random) -> bytes:
    """Return a file of which one bit in 4,000 bytes is another."""
    for start in range(0, len(content), 4_000):
        at = min(start + chosen.randrange(4_000), len(content) - 1)
        content[at] ^= 1 << chosen.randrange(8)
    return bytes(content)


def empty(content: bytearray, chosen: random.Random) -> bytes:
    """Return nothing, as a power cut leaves of a file that was never synchronised."""
    return b""


Damage = Callable[[bytearray, random.Random], bytes]
FILES = (
    "aliases.json",
    "manifest.json",
    "schema.json",
    "*.parquet",
    "*.hnsw.idx",
    "*.sidx",
    "*.sqlite",
    "*.sqlite.sum",
)


@pytest.mark.parametrize("pattern", FILES)
@pytest.mark.parametrize("damage", [cut, flip, empty, None])
async def test_a_damaged_file(
    kept: Path, tmp_path: Path, pattern: str, damage: Damage | None
) -> None:
    """A file that was cut, altered, emptied or deleted costs nothing but the rebuilding."""
    data = shutil.copytree(kept, tmp_path / "data")
    chosen = random.Random(f"{SEED} {pattern}")  # noqa: S311 - a fixed seed is what is wanted
    path = chosen.choice(sorted((data / "index").rglob(pattern)))
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage(bytearray(path.read_bytes()), chosen))
    await assert_whole(data)


@pytest.mark.parametrize("damage", [None, cut, flip, empty])
async def test_a_damaged_log(killed: Path, tmp_path: Path, damage: Damage | None) -> None:
    """Killed before a flush, and its logs and words damaged beside, the bot has everything after a start."""
    data = shutil.copytree(killed, tmp_path / "data")
    for path in sorted([*(data / "index").rglob("wal/*"), *(data / "index").rglob("*.sqlite*")]):
        if damage is not None and path.is_file():
            chosen = random.Random(SEED)  # noqa: S311 - a fixed seed is what is wanted
            path.write_bytes(damage(bytearray(path.read_bytes()), chosen))
    await assert_whole(data)


async def test_an_older_copy(kept: Path, tmp_path: Path) -> None:
    """A folder that was restored from before changes has them after a start, erasures included."""
    data = shutil.copytree(kept, tmp_path / "data")
    shutil.copytree(data / "index", tmp_path / "older")
    async with open_store(over(data), embedder=HashingEmbedder()) as store:
        await store.ingestion.ingest(ListedSource(held=[*pages()[1:]]), silent)
        async with store.ledger.writing() as connection:
            await connection.exec_driver_sql("INSERT INTO audiences VALUES (77, 'few')")
            await connection.exec_driver_sql(
                "UPDATE passages SET audience_id = 77 WHERE text LIKE '%number2'"
            )
    shutil.rmtree(data / "index")
    (tmp_path / "older").rename(data / "index")
    async with open_store(over(data), embedder=HashingEmbedder()) as store:
        assert store.indexing.behind  # one row too many
        _, (passages, _) = await Healing(indexing=store.indexing, index=store.index).heal(silent)
        assert (passages.missing, passages.strangers, passages.changed) == (0, 1, 1)
    await assert_whole(data)


async def test_a_deleted_folder(kept: Path, tmp_path: Path) -> None:
    """Without its folder the index is rebuilt, and answers meanwhile say so."""
    data = shutil.copytree(kept, tmp_path / "data")
    shutil.rmtree(data / "index")
    async with open_store(over(data), embedder=HashingEmbedder()) as store:
        assert "rebuilding" in str(store.retriever.notice)
        assert await store.index.collections() != []
    await assert_whole(data)


@pytest.mark.parametrize("alias", ALIASES)
async def test_a_collection_of_another_dimension(kept: Path, tmp_path: Path, alias: str) -> None:
    """A collection that takes other vectors than the embedder makes is made anew."""
    data = shutil.copytree(kept, tmp_path / "data")
    async with open_store(over(data), embedder=HashingEmbedder()) as store:
        name = str(await store.index.pointed(alias))
        await store.index.drop(name)
        await store.index.create(name, 3)
        await store.index.point(alias, name)
    await assert_whole(data)


async def test_a_stale_alias(kept: Path, tmp_path: Path) -> None:
    """An alias that names a stranger's collection is put right."""
    data = shutil.copytree(kept, tmp_path / "data")
    async with open_store(over(data), embedder=HashingEmbedder()) as store:
        await store.index.create("theirs", 3)
        await store.index.point("passages", "theirs")
    await assert_whole(data)


async def test_a_sound_folder_is_left_alone(kept: Path, tmp_path: Path) -> None:
    """Where nothing happened nothing is rebuilt, nor said."""
    data = shutil.copytree(kept, tmp_path / "data")
    async with open_store(over(data), embedder=HashingEmbedder()) as store:
        assert not store.indexing.behind
        before = await store.index.collections()
    await assert_whole(data)
    async with open_store(over(data), embedder=HashingEmbedder()) as store:
        assert await store.index.collections() == before
    assert not list(data.glob("index.unreadable*"))
