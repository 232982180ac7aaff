"""Pipelines: the next item is made while this one is used."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TypeVar

Item = TypeVar("Item")


async def ahead(items: AsyncGenerator[Item, None]) -> AsyncGenerator[Item, None]:
    """Yield the items, while the next one is being made already; closed, it closes their maker."""

    async def following() -> tuple[Item, ...]:
        async for item in items:
            return (item,)
        return ()

    making = asyncio.create_task(following())
    try:
        while made := await making:
            making = asyncio.create_task(following())
            yield made[0]
    finally:
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)
        await items.aclose()
