"""Safe Markdown -> what Slack may be given: nobody is called, no link hides where it leads. Pure.

What could call people or turn into a link is broken by a sign that nobody sees, so no word is lost.
"""

import re
from html import unescape

from bot.card import CODE, INVISIBLE, LINK
from bot.labels import honest

BREAK = "\u200b"  # a space without width
CALLED = r"@(?=\\?(?:channel|here|everyone)(?!\w))"
# "<!here>", "<@U012>", "<#C012>", "<!subteam^S012>", also where the sign is written as "&lt;".
NAMES = r"(?:<|&lt;)(?=\\?(?:!(?:channel|here|everyone|group|subteam|date)|@[UWBS]|#[CDG]))"
MENTION = re.compile(f"{CALLED}|{NAMES}", re.IGNORECASE)
ENTITY = re.compile(r"&(?=(#\w+|\w+);?)")
MEANT = frozenset("@!#<")  # signs that would mean something once they are decoded
# Each is decided by what follows, never by what went before: that may have been sent already.
STREAMED = re.compile(
    rf"{CALLED}|<(?=[^\s=\d])|&(?=[#A-Za-z])|\](?=[(:])|:(?=//)|www(?=\.)",
    re.IGNORECASE,
)
FURTHEST = 24  # signs that one of these looks ahead at most
LONGEST_WORD = 64  # that is held back until it ends
NEXT_WORD = re.compile(r"\s(?=\S)")


def neutral(markdown: str) -> str:
    """Return safe Markdown in which nobody is mentioned and every link tells where it leads."""
    pieces, end = [], 0
    for code in CODE.finditer(markdown):
        pieces += [_prose(markdown[end : code.start()]), code.group()]
        end = code.end()
    pieces.append(_prose(markdown[end:]))
    return MENTION.sub(_broken, "".join(pieces))


def escaped(text: str) -> str:
    """Return plain words for Slack's own markup, in which none of their signs means anything."""
    signs = INVISIBLE.sub("", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return MENTION.sub(_broken, signs)


def link(label: str, url: str | None) -> str:
    """Return a link in Slack's own markup, or the plain label where there is no address."""
    if url is None:
        return escaped(label)
    address = url.replace("&", "&amp;").replace("|", "%7C")
    return f"<{address}|{escaped(label)}>"


class StreamFilter:
    """Lets through what is written, as it is written, with nothing live in it.

    An answer's own links are not known before it is finished, so none is live until then. What went
    through can be told from the text only by what is broken: the words are the same.
    """

    def __init__(self) -> None:
        """Begin before the first word; blanks before it are left out."""
        self._held = ""
        self._begun = False

    def feed(self, delta: str) -> str:
        """Return what may be shown now; a word is held back until another one begins.

        So no piece begins with a blank, which Slack would take away between two pieces.
        """
        self._held += delta
        text = _readable(self._held, last=False)
        end = max((found.end() for found in NEXT_WORD.finditer(text)), default=0)
        if len(text) - end > LONGEST_WORD:
            end = len(text) - FURTHEST
        shown, taken = _inert(text, end)
        self._held = text[taken:] + ("\r" if self._held.endswith("\r") else "")
        return self._from_the_first_word(shown)

    def rest(self) -> str:
        """Return what is held back still, at the end."""
        text, self._held = _readable(self._held, last=True), ""
        return self._from_the_first_word(_inert(text, len(text))[0])

    def _from_the_first_word(self, shown: str) -> str:
        shown = shown if self._begun else shown.lstrip()
        self._begun = self._begun or bool(shown)
        return shown


def _readable(text: str, *, last: bool) -> str:
    """Return a text without signs that cannot be seen; a carriage return at its end may be half a line's."""
    whole = text if last else text.removesuffix("\r")
    lines = whole.replace("\r\n", "\n").replace("\r", "\n")
    return INVISIBLE.sub("", lines).encode("utf-8", "replace").decode("utf-8")


def _inert(text: str, end: int) -> tuple[str, int]:
    """Return the text up to `end` with nothing live in it, and how much of it that is."""
    pieces, at = [], 0
    for found in STREAMED.finditer(text):
        if found.start() >= end:
            break
        pieces += [text[at : found.start()], _shown(found, text)]
        at = found.end()
    end = max(at, end)
    return "".join([*pieces, text[at:end]]), end


def _shown(found: re.Match[str], text: str) -> str:
    if found.group() != "<":
        return _broken(found)
    return "&lt;" + (BREAK if re.match(r"\\?[!@#]", text[found.end() :][:2]) else "")


def _broken(found: re.Match[str]) -> str:
    return found.group() + BREAK


def _prose(prose: str) -> str:
    return LINK.sub(honest, ENTITY.sub(_undecoded, prose))


def _undecoded(found: re.Match[str]) -> str:
    """Keep "&#64;here" from becoming a mention; "&lt;" is how the sign itself is written."""
    means = unescape(f"&{found.group(1)};") in MEANT and found.group(1).lower() != "lt"
    return _broken(found) if means else found.group()
