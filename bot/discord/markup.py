"""Safe Markdown -> what Discord may be given: nobody is called, no link hides where it leads. Pure.

Discord knows no HTML, so `&lt;` is the sign again here, and what follows it is kept apart, for a
backslash may stand before it already. Discord knows no fence but three backticks, so all code is fenced anew, or else what we take for code might be live there.
"""

import re

from bot.card import CODE, INVISIBLE, LINK, safe_markdown
from bot.changes import Change, changes
from bot.labels import honest

BREAK = "\u200b"  # a space without width
CALLED = re.compile(r"@(?=\\?(?:everyone|here)(?!\w))", re.IGNORECASE)
INVITED = re.compile(r"(?<=discord)\.(?=gg/)|(?<=discord)(?=(?:app)?\.com/invite)", re.IGNORECASE)
POINTED = re.compile(r"&lt;(https?://[^\s<>]+)>")
SIGN = re.compile(r"&(lt|amp);")
TICK = re.compile(r"\\.|`", re.DOTALL)
LANGUAGE = re.compile(r"[\w+#.-]{1,20}")
SPECIAL = re.compile(r"([\\`*_~|<>\[\]()#:-])")
LONGEST_CHANGES = 1_500
STYLES = {Change.STAYS: "{}", Change.GOES: "~~{}~~", Change.COMES: "**{}**"}


def neutral(markdown: str) -> str:
    """Return safe Markdown in which nobody is mentioned and every link tells where it leads."""
    pieces, end = [], 0
    for code in CODE.finditer(markdown):
        pieces += [_prose(markdown[end : code.start()]), _code(code)]
        end = code.end()
    return "".join([*pieces, _prose(markdown[end:])])


def growing(text: str) -> str:
    """Return words that are still being written, with nothing live in them."""
    return neutral(safe_markdown(text))


def escaped(text: str) -> str:
    """Return plain words in which no sign means anything to Discord."""
    return _uncalled(SPECIAL.sub(r"\\\1", INVISIBLE.sub("", text)))


def link(label: str, url: str | None) -> str:
    """Return a link with a plain label, or the label alone where there is no address."""
    return escaped(label) if url is None else f"[{escaped(label)}]({url})"


def small(text: str) -> str:
    """Return one line of plain words in small letters."""
    return f"-# {escaped(text)}"


def quoted(text: str) -> str:
    """Return plain words as a quotation."""
    return "\n".join(f"> {escaped(line)}" for line in text.splitlines() if line.strip())


def changed(before: str, after: str) -> str:
    """Return what goes struck out and what comes in bold, within some of what stays."""
    found = changes(before, after, LONGEST_CHANGES)
    return "".join(_styled(one.words, STYLES[one.change]) for one in found) or "…"


def _styled(words: str, style: str) -> str:
    """Put a style around each line of some words, without the blanks around it."""
    lines = re.split(r"(\s*\n\s*)", words)
    return "".join(_line(line, style) for line in lines)


def _line(line: str, style: str) -> str:
    said = line.strip()
    if not said:
        return line
    before, _, after = line.partition(said)
    return f"{before}{style.format(escaped(said))}{after}"


def _code(found: re.Match[str]) -> str:
    """Return code as Discord reads it; no backticks in it can end it."""
    whole = found.group()
    if found["fence"]:
        first, _, rest = whole.partition("\n")
        named = LANGUAGE.fullmatch(first.strip().lstrip("`~").strip())
        return fenced(_unfenced(rest), named.group() if named else "")
    ticks = found["ticks"]
    words = whole[len(ticks) : -len(ticks)]
    if "\n" in words and len(ticks) > 2:
        return fenced(words, "")
    return f"`{words}`" if "`" not in words else f"``{BREAK}{_unticked(words, 2)}{BREAK}``"


def _unfenced(rest: str) -> str:
    """Return the lines of fenced code without the fence that ends them, if one does."""
    body, _, last = rest.rstrip().rpartition("\n")
    sign = last.strip()
    return body if len(sign) > 2 and set(sign) <= {"`", "~"} else rest


def fenced(body: str, language: str = "") -> str:
    """Return words as code, in which nothing means anything."""
    return f"```{language}\n{_unticked(body.strip(chr(10)), 3) or BREAK}\n```"


def _unticked(words: str, most: int) -> str:
    """Break every run of so many backticks."""
    return re.sub(rf"`(?=`{{{most - 1}}})", f"`{BREAK}", words)


def _prose(prose: str) -> str:
    shown = TICK.sub(lambda one: one[0] if len(one[0]) > 1 else "\\`", LINK.sub(honest, prose))
    bare = POINTED.sub(r"\1", shown)
    return _uncalled(SIGN.sub(lambda one: f"<{BREAK}" if one[1] == "lt" else "&", bare))


def _uncalled(text: str) -> str:
    return INVITED.sub(_broken, CALLED.sub(_broken, text))


def _broken(found: re.Match[str]) -> str:
    return found.group() + BREAK
