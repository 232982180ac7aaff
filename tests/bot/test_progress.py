"""Long work shows how far it is."""

import io

from rich.console import Console

from bot.progress import bars


def test_each_piece_of_work_has_its_bar() -> None:
    """Every piece is shown once, with what is done of what is to do, also where that is unknown."""
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    with bars(console) as show:
        show("Reading docs", 1, None)
        show("Reading docs", 3, 3)
        show("index", 5, 10)
    assert isinstance(console.file, io.StringIO)
    last = console.file.getvalue().rpartition("Reading docs")[2]
    assert "3/3" in last
    assert "5/10" in last
