"""Examination: what `doctor` says of Discord: token, intents, and what the bot may do in each channel."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import discord
from discord.abc import GuildChannel

from bot.discord.client import UNREACHABLE, away, pointed
from bot.discord.gateway import NO_INTENT, PORTAL, TavernkeepClient, client_of, log_in
from bot.discord.identifying import Identifying
from bot.discord.refusals import Refusals
from bot.finding import Finding
from core.errors import PlatformError
from core.settings import DiscordSettings

REST = "The other platforms go on without; once that is put right, start the bot anew."
AGAIN = (
    "Invite the bot anew by the link in config/discord-app.md, or change the channel's permissions."
)
NAMED = 5  # channels that are named where several are alike
SERVERS = 20  # that are looked at
# What the invite link asks for, and nothing else.
PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    read_message_history=True,
)


async def discord_findings(settings: DiscordSettings) -> AsyncIterator[Finding]:
    """Yield a finding on each part of the connection to Discord; a wrong token keeps the rest back."""
    with pointed(settings.api_url):
        client = client_of(settings, Refusals(time.monotonic), Identifying(time.monotonic))
        try:
            await log_in(client, settings)
            with away():
                async for finding in _asked(client, settings):
                    yield finding
        except PlatformError as error:
            yield Finding(part="Discord", well=False, said=str(error), advice=REST)
        finally:
            with suppress(*UNREACHABLE):
                await client.close()


async def _asked(client: TavernkeepClient, settings: DiscordSettings) -> AsyncIterator[Finding]:
    guilds = [guild async for guild in client.fetch_guilds(limit=SERVERS)]
    name = client.user.name if client.user else "?"
    where = ", ".join(guild.name for guild in guilds) or "no server yet"
    yield Finding(part="Discord", well=True, said=f"The bot is @{name} in {where}.")
    yield intents(client.application_flags, settings)
    address = client.application.interactions_endpoint_url if client.application else None
    if address:
        yield endpoint(address)
    yield await _connections(client, settings.shards)
    channels: list[GuildChannel] = []
    for guild in guilds:
        found = await _channels(client, guild.id)
        channels += [channel for channel, _ in found]
        yield permissions(guild.name, found)
    if settings.moderators:
        yield moderators(settings.moderators, channels)


def intents(flags: discord.ApplicationFlags, settings: DiscordSettings) -> Finding:
    """Compare the intents that the settings ask for with those that are switched on."""
    granted = flags.gateway_message_content or flags.gateway_message_content_limited
    if settings.message_content and not granted:
        advice = "Until then Discord does not let the bot in."
        return Finding(part="Discord intents", well=False, said=NO_INTENT, advice=advice)
    if settings.message_content:
        said = "The bot is told what all messages say."
        return Finding(part="Discord intents", well=True, said=said)
    return Finding(
        part="Discord intents",
        well=True,
        said="The bot is told only what mentions it, replies to it with a ping, or is said to it alone.",
        advice="For follow-ups without a mention, the mode auto and 📌 set discord.message_content, and "
        f"switch on Message Content Intent under {PORTAL}.",
    )


def endpoint(address: str) -> Finding:
    """Tell that commands and buttons go elsewhere."""
    return Finding(
        part="Discord interactions",
        well=False,
        said=f"Discord sends commands and buttons to {address}, and not to the bot.",
        advice=f"Empty Interactions Endpoint URL under {PORTAL.removesuffix(' → Bot')}.",
    )


async def _connections(client: TavernkeepClient, shards: int) -> Finding:
    """Tell whether the bot may connect as often as it has to, and over as many connections."""
    wanted, _, limit = await client.http.get_bot_gateway()
    if wanted > shards:
        said = f"The bot is in so many servers that Discord wants {wanted} connections."
        advice = f"Set discord.shards to {wanted}, or Discord may not let the bot in."
        return Finding(part="Discord connection", well=False, said=said, advice=advice)
    said = f"{limit['remaining']} of {limit['total']} connections a day are left."
    return Finding(part="Discord connection", well=True, said=said)


async def _channels(
    client: TavernkeepClient, key: int
) -> Sequence[tuple[GuildChannel, discord.Permissions]]:
    """Return the channels of a server in which people write, with what the bot may do there."""
    guild = await client.fetch_guild(key, with_counts=False)
    channels = await guild.fetch_channels()
    own = await guild.fetch_member(client.user.id if client.user else 0)
    written = [
        one for one in channels if isinstance(one, discord.TextChannel | discord.ForumChannel)
    ]
    return [(one, one.permissions_for(own)) for one in written]


def permissions(guild: str, found: Sequence[tuple[GuildChannel, discord.Permissions]]) -> Finding:
    """Tell what the bot lacks in the channels that it sees; those that it does not see are others'."""
    seen = [(one, allowed) for one, allowed in found if allowed.view_channel]
    lacks: dict[str, list[str]] = {}
    for channel, allowed in seen:
        for name, wanted in PERMISSIONS:
            if wanted and not getattr(allowed, name):
                lacks.setdefault(name.replace("_", " "), []).append(f"#{channel.name}")
    part = f"Discord permissions in {guild}"
    if not lacks:
        said = f"The bot sees {len(seen)} of {len(found)} channels, and may answer in each."
        return Finding(part=part, well=True, said=said)
    told = [f"{name} in {_listed(where)}" for name, where in lacks.items()]
    return Finding(part=part, well=False, said=f"The bot may not {'; '.join(told)}.", advice=AGAIN)


def _listed(names: list[str]) -> str:
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def moderators(key: str, channels: Sequence[GuildChannel]) -> Finding:
    """See whether drafts can be shown where moderators decide on them."""
    found = next((one for one in channels if str(one.id) == key), None)
    if found is None:
        advice = "Set discord.moderators to a channel's id (its menu → Copy Channel ID)."
        said = f"There is no channel discord.moderators ({key}) that the bot knows."
        return Finding(part="Discord moderators", well=False, said=said, advice=advice)
    said = f"Drafts are decided upon in #{found.name}."
    return Finding(part="Discord moderators", well=True, said=said)
