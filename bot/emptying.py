"""Emptying: a conversation, or a thread, that a platform took away with all that stood in it."""

import asyncio
from datetime import datetime

from core.assistant import Assistant
from core.documents import content_hash
from core.messages import Conversation, Deleted, MessageRef


async def empty(
    assistant: Assistant, conversation: Conversation, at: datetime, beginning: str = ""
) -> None:
    """Take away every message known of there, whose key begins so, as if each had been deleted.

    What people vouched for stays, as with any message. Raises `LedgerError` where it could not all
    be stored; doing it again takes away what is left.
    """
    gone = await assistant.messages_below(conversation, beginning)
    # Together, because the ledger stores in one go what comes at once.
    await asyncio.gather(*(assistant.receive(_deleted(ref, at)) for ref in gone))


def _deleted(ref: MessageRef, at: datetime) -> Deleted:
    return Deleted(event_id=f"emptied:{content_hash(ref.id)}", ref=ref, at=at)
