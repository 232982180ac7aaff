"""Interactions with the loopback Discord: commands, menus, buttons and modals by the real discord.py."""

from typing import Any

import discord
import pytest
from discord import app_commands, ui

from tests.servers.discord import LoopbackDiscord
from tests.servers.discord_components import check_message, check_modal
from tests.servers.discord_interactions import CHANGE, DEFER, MODAL, SAY
from tests.servers.discord_listener import Listener, listening
from tests.servers.discord_post import EPHEMERAL, DiscordError, Post


class Why(ui.Modal, title="What was wrong?"):
    """Asks for a reason and for words."""

    kind: Any = ui.Label(
        text="Kind",
        component=ui.Select(options=[discord.SelectOption(label="Wrong", value="wrong")]),
    )
    words: Any = ui.Label(text="Words", component=ui.TextInput(max_length=20))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Say what was chosen and written."""
        said = f"{self.kind.component.values} {self.words.component.value}"
        await interaction.response.send_message(said, ephemeral=True)


class Card(ui.LayoutView):
    """An answer with buttons, made of components alone."""

    text: ui.TextDisplay[Any] = ui.TextDisplay("Here.")
    row: ui.ActionRow[Any] = ui.ActionRow()

    @row.button(label="Helpful", custom_id="helpful")
    async def helpful(self, interaction: discord.Interaction, _: Any) -> None:
        """Change the card."""
        self.text.content = "Thanks."
        await interaction.response.edit_message(view=self)

    @row.button(label="Not helpful", custom_id="not-helpful")
    async def other(self, interaction: discord.Interaction, _: Any) -> None:
        """Ask why."""
        await interaction.response.send_modal(Why())


class Keeper(Listener):
    """Knows a command, a menu, and a card."""

    silent = False

    async def setup_hook(self) -> None:
        """Register what can be used."""
        for made in (self._ask(), self._again()):
            self.tree.add_command(made)
        await self.tree.sync()

    def _ask(self) -> Any:
        async def ask(interaction: discord.Interaction, question: str) -> None:
            if not self.silent:
                await interaction.response.defer(ephemeral=True, thinking=True)
                await interaction.followup.send(f"About {question}")
                await interaction.followup.send("More", ephemeral=True)

        async def offered(interaction: discord.Interaction, begun: str) -> Any:
            return [app_commands.Choice(name=f"{begun}…", value=begun)]

        app_commands.autocomplete(question=offered)(ask)
        return app_commands.Command(name="ask", description="Ask", callback=ask)

    def _again(self) -> Any:
        async def about(interaction: discord.Interaction, message: discord.Message) -> None:
            await interaction.response.send_message(message.content)

        return app_commands.ContextMenu(name="Ask about this", callback=about)


@pytest.fixture
async def keeper(tavern: LoopbackDiscord) -> Any:
    """Return a connected bot that can be used."""
    tavern.channel("hall")
    async with listening(tavern, Keeper()) as connected:
        yield connected


async def carded(tavern: LoopbackDiscord, keeper: Listener) -> Post:
    """Return a card that stands in the hall."""
    place: Any = keeper.get_channel(tavern.channel("hall").id)
    sent = await place.send(view=Card(timeout=None))
    return tavern.world.posts[sent.id]


async def test_a_command_is_answered_to_one_person(tavern: LoopbackDiscord, keeper: Keeper) -> None:
    """What follows a deferral fills it; the next stands by itself; nobody else sees either."""
    ana, hall = tavern.person("Ana"), tavern.channel("hall")
    used = await ana.types("/ask why so late", hall)
    assert used.answered == DEFER
    await tavern.until(lambda: used.followups)
    assert [one.words for one in ana.whispers] == ["About why so late", "More"]
    assert not used.loading
    assert tavern.person("Ben").whisper is None
    assert tavern.said_by_bot(hall) == []


async def test_what_is_not_answered_in_time_fails(tavern: LoopbackDiscord, keeper: Keeper) -> None:
    """After the deadline the person sees that it failed, and a late answer finds nothing."""
    keeper.silent = True
    tavern.interactions.deadline = 0.05
    used = await tavern.person("Ana").types("/ask anything", tavern.channel("hall"))
    assert used.answered is None
    assert tavern.failed(used)
    route = "POST /interactions/{interaction}/{token}/callback"
    assert not [one for one in tavern.rest.calls if one.route == route]


async def test_a_late_or_second_answer_is_refused(tavern: LoopbackDiscord, keeper: Keeper) -> None:
    """The first answer must come in time and is the only first one; the token dies after its life."""
    said: list[discord.Interaction] = []

    async def answer(interaction: discord.Interaction) -> None:
        said.append(interaction)
        await interaction.response.send_message("One")

    keeper.on_interaction = answer  # type: ignore[attr-defined]
    keeper.silent = True
    await tavern.person("Ana").types("/ask x", tavern.channel("hall"))
    said[0].response._response_type = None
    with pytest.raises(discord.HTTPException, match="40060"):
        await said[0].response.send_message("Two")
    tavern.interactions.life = -1.0
    with pytest.raises(discord.HTTPException, match="50027"):
        await said[0].followup.send("Three")
    tavern.interactions.deadline = -1.0
    said[0].response._response_type = None
    with pytest.raises(discord.NotFound, match="10062"):
        await said[0].response.send_message("Four")


async def test_what_is_offered_while_typing(tavern: LoopbackDiscord, keeper: Keeper) -> None:
    """The beginning of a word is completed."""
    offered = await tavern.person("Ana").begins("/ask wh", tavern.channel("hall"))
    assert [one["name"] for one in offered] == ["wh…"]


async def test_a_menu_is_given_the_words_of_its_message(
    tavern: LoopbackDiscord, keeper: Keeper
) -> None:
    """Chosen from a message's menu, the bot reads a message that it was not told of."""
    ana, hall = tavern.person("Ana"), tavern.channel("hall")
    aside = await tavern.person("Ben").says(hall, "the cellar key hangs behind the door")
    used = await ana.uses("Ask about this", aside)
    assert used.answered == SAY
    assert [one.words for one in tavern.said_by_bot(hall)] == [aside.content]


async def test_a_button_changes_its_message(tavern: LoopbackDiscord, keeper: Keeper) -> None:
    """Pressed, a card is another one; it stays made of components alone."""
    card = await carded(tavern, keeper)
    used = await tavern.person("Ana").presses(card, "Helpful")
    assert used.answered == CHANGE
    assert card.words == "Thanks."
    assert card.shown == ["Here.", "Thanks."]
    assert card.is_v2


async def test_a_modal_is_filled_in_and_answered(tavern: LoopbackDiscord, keeper: Keeper) -> None:
    """A button opens a modal; what is submitted arrives under its fields."""
    ana = tavern.person("Ana")
    card = await carded(tavern, keeper)
    used = await ana.presses(card, "not-helpful")
    assert used.answered == MODAL
    await ana.submits({"Kind": "Wrong", "Words": "too short"})
    assert ana.whisper is not None
    assert ana.whisper.words == "['wrong'] too short"
    assert ana.whisper.flags & EPHEMERAL


async def test_a_modal_can_be_submitted_as_a_person_can(
    tavern: LoopbackDiscord, keeper: Keeper
) -> None:
    """A field that must be filled in, or that does not exist, is no way to submit."""
    ana = tavern.person("Ana")
    await ana.presses(await carded(tavern, keeper), "not-helpful")
    opened = ana.modal
    with pytest.raises(AssertionError, match="must be filled in"):
        await ana.submits({"Kind": "Wrong"}, opened)
    with pytest.raises(AssertionError, match="asks for nothing like"):
        await ana.submits({"Kind": "Wrong", "Words": "x", "Other": "y"}, opened)


async def test_ephemeral_answers_are_changed_and_taken_away(
    tavern: LoopbackDiscord, keeper: Keeper
) -> None:
    """What one person sees can be changed by the interaction's token, and taken away."""
    ana = tavern.person("Ana")
    said: list[discord.Interaction] = []
    keeper.tree.interaction_check = lambda one: _kept(said, one)  # type: ignore[method-assign]
    await ana.types("/ask x", tavern.channel("hall"))
    await tavern.until(lambda: len(ana.whispers) == 2)
    await said[0].edit_original_response(content="Rather this.")
    assert ana.whispers[0].words == "Rather this."
    assert (await said[0].original_response()).content == "Rather this."
    await said[0].delete_original_response()
    assert [one.words for one in ana.whispers] == ["More"]


async def _kept(said: list[discord.Interaction], one: discord.Interaction) -> bool:
    said.append(one)
    return True


async def test_commands_are_kept_as_they_were_set(tavern: LoopbackDiscord, keeper: Keeper) -> None:
    """What was registered is listed again, with what Discord adds."""
    held = await keeper.tree.fetch_commands()
    assert {one.name for one in held} == {"ask", "Ask about this"}
    assert tavern.commands.sets == 1


async def test_commands_that_discord_does_not_take(tavern: LoopbackDiscord, keeper: Keeper) -> None:
    """A name with a space, a double one, or no description: refused."""
    good = {"name": "ask", "description": "Ask", "type": 1}
    for wrong in ([good | {"name": "a b"}], [good, good], [good | {"description": ""}]):
        with pytest.raises(discord.HTTPException, match="50035"):
            await keeper.http.bulk_upsert_global_commands(tavern.world.application, wrong)


def button(**more: Any) -> dict[str, Any]:
    """Return a row with a button."""
    return {"type": 1, "components": [{"type": 2, "style": 1, "label": "x", **more}]}


TEXT = {"type": 10, "content": "x"}
OPTION = {"label": "a", "value": "a"}


@pytest.mark.parametrize(
    ("components", "v2"),
    [
        ([button()], False),
        ([button(custom_id="x" * 101)], False),
        ([button(custom_id="a", label="x" * 81)], False),
        ([button(custom_id="a", label="")], False),
        ([button(custom_id="a", style=9)], False),
        ([button(style=5, url="ftp://x")], False),
        ([button(style=5, url="https://x.test", custom_id="a")], False),
        ([button(custom_id="a"), button(custom_id="a")], False),
        ([button(custom_id=f"{number}") for number in range(6)], False),
        ([TEXT], False),
        ([{"type": 1, "components": []}], False),
        ([{"type": 10, "content": ""}], True),
        ([{"type": 10, "content": "x" * 2500}] * 2, True),
        ([TEXT] * 41, True),
        ([{"type": 9, "components": [TEXT]}], True),
        ([{"type": 17, "components": [{"type": 17, "components": [TEXT]}]}], True),
        ([{"type": 17, "components": [TEXT], "accent_color": 1 << 24}], True),
        ([{"type": 1, "components": [{"type": 3, "custom_id": "a", "options": []}]}], False),
        (
            [{"type": 1, "components": [{"type": 3, "custom_id": "a", "options": [OPTION] * 2}]}],
            False,
        ),
        ([{"type": 1, "components": [{"type": 4, "custom_id": "a", "style": 1}]}], False),
        ([{"type": 99}], True),
    ],
)
def test_components_that_discord_does_not_take(components: list[Any], v2: bool) -> None:
    """What breaks a limit of Discord's is refused."""
    with pytest.raises(DiscordError, match="Invalid Form Body"):
        check_message(components, v2=v2)


def label(**more: Any) -> dict[str, Any]:
    """Return a modal that asks for a text."""
    asked = {"type": 4, "custom_id": "a", "style": 1, **more}
    held = [{"type": 18, "label": "L", "component": asked}]
    return {"title": "T", "custom_id": "m", "components": held}


@pytest.mark.parametrize(
    "modal",
    [
        label() | {"title": "x" * 46},
        label() | {"components": []},
        label() | {"components": [TEXT, *label()["components"] * 5]},
        label(max_length=4001),
        label(value="xx", max_length=1),
        label(placeholder="x" * 101),
        label() | {"components": [{"type": 18, "label": "x" * 46, "component": {"type": 4}}]},
        label() | {"components": [{"type": 18, "label": "x"}]},
        label() | {"components": [button(custom_id="a")]},
    ],
)
def test_modals_that_discord_does_not_take(modal: dict[str, Any]) -> None:
    """What breaks a limit of a modal is refused."""
    with pytest.raises(DiscordError, match="Invalid Form Body"):
        check_modal(modal)


def test_components_and_modals_that_discord_takes() -> None:
    """What stands at the limits is taken."""
    section = {"type": 9, "components": [TEXT], "accessory": button(custom_id="b")["components"][0]}
    inside = [
        section,
        {"type": 14},
        button(custom_id="a" * 100),
        button(style=5, url="https://x.test"),
    ]
    check_message(
        [{"type": 10, "content": "x" * 3998}, {"type": 17, "components": inside}], v2=True
    )
    check_message([button(custom_id=f"{number}") for number in range(5)], v2=False)
    check_modal(label(max_length=4000, value="x"))
    radios = {"type": 21, "custom_id": "r", "options": [OPTION]}
    check_modal(label() | {"components": [{"type": 18, "label": "x", "component": radios}]})
