"""`/mode` and `/silence`: what holds is shown, and set for the conversation it is written in."""

from dataclasses import replace

import pytest

from core.errors import TavernkeepError
from core.hookspecs import Services
from core.interfaces import Call
from core.modes import Mode
from core.plugins import collect, load_plugins
from tests.doubles import LOBBY, KeptModes, person


@pytest.fixture
def modes() -> KeptModes:
    """Return what keeps the mode of the lobby."""
    return KeptModes()


async def said(services: Services, modes: KeptModes, name: str, arguments: str = "") -> str:
    """Return what Ann is told in the lobby."""
    own = replace(services, modes=modes)
    brought = collect(load_plugins(["modes"]), lambda *_: own)
    (command,) = [one for one in brought.commands if one.name == name]

    async def silent(text: str) -> None:
        raise AssertionError(text)

    call = Call(arguments=arguments, person=person(), answer_id="a" * 32, conversation=LOBBY)
    return await command.run(call, silent)


async def test_every_mode_is_explained(services: Services, modes: KeptModes) -> None:
    """The one that holds is marked, and silence is said."""
    told = await said(services, modes, "mode")
    assert "- **mention** (now): I answer who mentions me" in told
    assert all(f"`{mode.value}`" in told for mode in Mode if mode is not Mode.MENTION)
    assert "silent" not in told
    modes.silenced = True
    assert "I am silent here" in await said(services, modes, "mode")


@pytest.mark.parametrize("mode", list(Mode))
async def test_a_mode_is_set_by_whoever_writes_it(
    services: Services, modes: KeptModes, mode: Mode
) -> None:
    """In whatever capitals; what it means is said."""
    told = await said(services, modes, "mode", f" {mode.value.upper()} ")
    assert (modes.standing, modes.by) == (mode, [person()])
    assert mode.meaning in told


async def test_what_is_no_mode_is_not_set(services: Services, modes: KeptModes) -> None:
    """Those that there are are named; who may not is told by the error's sentence."""
    assert "`suggest`" in await said(services, modes, "mode", "loud")
    modes.refusal = "Only a curator may."
    with pytest.raises(TavernkeepError, match="Only a curator may"):
        await said(services, modes, "mode", "off")
    assert modes.standing is Mode.MENTION


async def test_silence_and_its_end(services: Services, modes: KeptModes) -> None:
    """Asked for twice, it changes nothing the second time, and that is said."""
    assert (await said(services, modes, "silence")).startswith("I am silent here")
    assert (await said(services, modes, "silence", "on")).startswith("Nothing changes")
    assert (await said(services, modes, "silence", "OFF")).startswith("I speak here again")
    assert (await said(services, modes, "silence", "off")).startswith("Nothing changes")
    assert "`/silence off`" in await said(services, modes, "silence", "please")
    assert modes.by == [person()] * 4
