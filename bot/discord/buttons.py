"""Buttons: what can be pressed below the bot's messages, told by their ids even after a restart. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

import discord

PREFIX = "tavernkeep"
TEMPLATE = re.compile(rf"{PREFIX}:(?P<action>[a-z0-9-]+):(?P<about>[^\s:]{{1,70}})")


class Action(StrEnum):
    """What a button is for."""

    HELPFUL = "up"
    NOT_HELPFUL = "down"
    WRONG_SOURCES = "reason-0"
    WRONG_ANSWER = "reason-1"
    OUTDATED = "reason-2"
    FIX = "fix"
    AFRESH = "afresh"
    SHARE = "share"
    PUBLISH = "publish"
    EDIT = "edit"
    DISMISS = "dismiss"
    KEEP = "keep"
    DECLINE = "decline"
    WRITE_QUESTION = "question"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressable:
    """A button: what stands on it, what it is for, and of what."""

    label: str
    action: Action
    about: str
    style: discord.ButtonStyle = discord.ButtonStyle.secondary

    @property
    def custom_id(self) -> str:
        """The id by which a press tells what was pressed."""
        return f"{PREFIX}:{self.action.value}:{self.about}"
