"""Documents, their passages, and the embeddings that both the index and `reindex` are made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.audience import audience_of
from core.documents import Contents, Document, Passage
from core.embedding import Vectors
from core.ledger.erasure import note_gone
from core.ledger.operations import PASSAGES, queue
from core.ledger.people import audience_number
from core.ledger.tables import audiences, documents, embeddings, passages
from core.ledger.withdrawing import restore, withdraw
from core.ledger.writes import insert_all, portions, put


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPassage:
    """A passage with what an answer needs to know of its document."""

    id: str
    document_id: str
    document_uri: str
    title: str
    ordinal: int
    breadcrumb: str
    text: str
    link: str | None
    hash: str
    audience_id: int


async def stored_hashes(connection: AsyncConnection, source: str) -> dict[str, str]:
    """Return what is stored of a source: document id to version."""
    rows = await connection.execute(
        select(documents.c.id, documents.c.hash).where(documents.c.source == source)
    )
    return {row.id: row.hash for row in rows}


async def save_document(
    connection: AsyncConnection,
    document: Document,
    parts: Sequence[Passage],
    vectors: Mapping[str, Vectors],
    fingerprint: str,
    now: datetime,
    version: str = "",
) -> int:
    """Store a document in place of its former version and queue what the index must change.

    What was learned from its former version is stale with it; returned is how many answers those are.

    `vectors` holds an embedding for each passage hash that had none. `version` is what changes when
    the document must be read anew; without one it is the document's hash.
    """
    audience_id = await audience_number(connection, document.audience)
    rows = [_row_of_passage(part, audience_id) for part in parts]
    old = await passage_ids(connection, document.id)
    if old:
        await connection.execute(delete(passages).where(passages.c.document_id == document.id))
    row = {**_row_of(document, audience_id, now), "hash": version or document.hash}
    await put(connection, documents, row, key=["id"])
    await insert_all(connection, passages, rows)
    await save_embeddings(connection, vectors, fingerprint)
    new = {str(row["id"]) for row in rows}
    await queue(connection, PASSAGES, sorted({*old, *new}), now)
    await note_gone(connection, document.id, {*old} - new, now)
    await restore(connection, now, document.id)
    return len(await withdraw(connection, now, document.id)) if old else 0


async def remove_document(connection: AsyncConnection, document_id: str, now: datetime) -> int:
    """Forget a document and queue the removal of its passages from the index.

    What was learned from it is stale with it; returned is how many answers those are.
    """
    old = await passage_ids(connection, document_id)
    await connection.execute(delete(passages).where(passages.c.document_id == document_id))
    await connection.execute(delete(documents).where(documents.c.id == document_id))
    await queue(connection, PASSAGES, old, now)
    await note_gone(connection, document_id, old, now)
    return len(await withdraw(connection, now, document_id))


async def passage_ids(connection: AsyncConnection, document_id: str) -> list[str]:
    """Return the ids of a document's passages, in order."""
    rows = await connection.execute(
        select(passages.c.id)
        .where(passages.c.document_id == document_id)
        .order_by(passages.c.ordinal)
    )
    return list(rows.scalars())


async def load_passages(
    connection: AsyncConnection, ids: Sequence[str]
) -> dict[str, StoredPassage]:
    """Return the stored passages among the ids."""
    return await _stored(connection, passages.c.id.in_(ids))


async def passages_with(
    connection: AsyncConnection, places: Sequence[tuple[str, str]]
) -> dict[str, StoredPassage]:
    """Return the passages that have a document and a content hash of these, wherever they stand in it.

    They come in the order of the places.
    """
    wanted = {pair: place for place, pair in reversed([*enumerate(places)])}
    held = await _stored(connection, passages.c.hash.in_([hash_ for _, hash_ in places]))
    there = [one for one in held.values() if (one.document_id, one.hash) in wanted]
    there.sort(key=lambda one: (wanted[one.document_id, one.hash], one.id))
    return {one.id: one for one in there}


async def _stored(
    connection: AsyncConnection, which: ColumnElement[bool]
) -> dict[str, StoredPassage]:
    rows = await connection.execute(
        select(passages, documents.c.title, documents.c.uri, documents.c.link)
        .join(documents, documents.c.id == passages.c.document_id)
        .where(which)
    )
    return {
        row.id: StoredPassage(
            id=row.id,
            document_id=row.document_id,
            document_uri=row.uri,
            title=row.title,
            ordinal=row.ordinal,
            breadcrumb=row.breadcrumb,
            text=row.text,
            link=row.link,
            hash=row.hash,
            audience_id=row.audience_id,
        )
        for row in rows
    }


async def load_document(connection: AsyncConnection, document_id: str) -> Document | None:
    """Return a stored document, or None."""
    found = await connection.execute(
        select(documents, audiences.c.key)
        .join(audiences, audiences.c.id == documents.c.audience_id)
        .where(documents.c.id == document_id)
    )
    row = found.one_or_none()
    if row is None:
        return None
    return Document(
        source=row.source,
        uri=row.uri,
        title=row.title,
        text=row.text,
        link=row.link,
        audience=audience_of(row.key),
    )


async def count_documents(connection: AsyncConnection) -> tuple[int, int]:
    """Return how many documents and passages there are."""
    counted_documents = await connection.execute(select(func.count()).select_from(documents))
    counted_passages = await connection.execute(select(func.count()).select_from(passages))
    return counted_documents.scalar_one(), counted_passages.scalar_one()


async def contents_of(
    connection: AsyncConnection, audience_numbers: Sequence[int], shown: int = 10
) -> list[Contents]:
    """Return what readers of these audiences find of each source, with `shown` titles at most."""
    mine = documents.c.audience_id.in_(audience_numbers)
    counted = await connection.execute(
        select(
            documents.c.source,
            func.count(documents.c.id.distinct()).label("documents"),
            func.count(passages.c.id).label("passages"),
        )
        .outerjoin(passages, passages.c.document_id == documents.c.id)
        .where(mine)
        .group_by(documents.c.source)
        .order_by(documents.c.source)
    )
    held = []
    for row in counted.all():
        titles = await connection.execute(
            select(documents.c.title)
            .where(mine, documents.c.source == row.source)
            .order_by(documents.c.title, documents.c.id)
            .limit(shown)
        )
        held.append(
            Contents(
                source=row.source,
                documents=row.documents,
                passages=row.passages,
                titles=tuple(titles.scalars()),
            )
        )
    return held


async def load_embeddings(
    connection: AsyncConnection, hashes: Sequence[str], fingerprint: str
) -> dict[str, Vectors]:
    """Return the vectors that are stored for the content hashes."""
    held: dict[str, Vectors] = {}
    for portion in portions(hashes):
        rows = await connection.execute(
            select(embeddings.c.hash, embeddings.c.vector).where(
                embeddings.c.hash.in_(portion),
                embeddings.c.fingerprint == fingerprint,
            )
        )
        held |= {row.hash: np.frombuffer(row.vector, dtype="<f4") for row in rows}
    return held


async def save_embeddings(
    connection: AsyncConnection, vectors: Mapping[str, Vectors], fingerprint: str
) -> None:
    """Store vectors by content hash."""
    rows = [
        {"hash": hash_, "fingerprint": fingerprint, "vector": vector.astype("<f4").tobytes()}
        for hash_, vector in vectors.items()
    ]
    await insert_all(connection, embeddings, rows)


def _row_of(document: Document, audience_id: int, now: datetime) -> dict[str, object]:
    return {
        "id": document.id,
        "source": document.source,
        "uri": document.uri,
        "title": document.title,
        "text": document.text,
        "link": document.link,
        "audience_id": audience_id,
        "read_at": now,
    }


def _row_of_passage(part: Passage, audience_id: int) -> dict[str, object]:
    return {
        "id": part.id,
        "document_id": part.document_id,
        "ordinal": part.ordinal,
        "breadcrumb": part.breadcrumb,
        "text": part.text,
        "hash": part.hash,
        "audience_id": audience_id,
    }
