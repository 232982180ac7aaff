"""Answer -> answer card: what every platform shows of an answer, before its own markup.

Model output and people's messages are untrusted: `safe_markdown` takes every link from them that
was not cited, and proves it with a Markdown parser before it hands the text on.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.answers import Answer, Badge, Citation, Origin, Standing
from core.feedback import Reason

# Soft hyphens, zero-width signs, bidi controls, tags, and control characters but tab and newline.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
SCHEME = re.compile(r"[a-z][a-z0-9+.\-]*://", re.IGNORECASE)
WEB = re.compile(r"https?://[^\s<>()\[\]\"'`|]+", re.IGNORECASE)
BARE = re.compile(r"[a-z][a-z0-9+.\-]*://[^\s<>\[\]()`\"]*", re.IGNORECASE)
CODE = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[^`\n]*\n(?s:.*?)(?:^ {0,3}(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|(?<![`\\])(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n)(?s:.))+?(?<!`)(?P=ticks)(?!`)",
    re.MULTILINE,
)
LABEL = r"\[((?:[^\[\]\\]|\\.|\[[^\[\]]*\])*)\]"
LINK = re.compile(rf"!?{LABEL}\(\s*<?([^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*)>?[^()\n]*\)")
DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t]*\n?[ \t]*\S+.*$", re.MULTILINE)
SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|>~=:])")
MARKER = re.compile(r"(?<!\[)\[(\d{1,3})\](?![\](:])")


class Button(StrEnum):
    """What can be pressed below an answer."""

    HELPFUL = "Helpful"
    NOT_HELPFUL = "Not helpful"
    FIX = "Fix it"
    AFRESH = "Answer afresh"  # of an answer that was given before alone


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSource:
    """One numbered source; `link` is None where the document can be read only in the ledger."""

    number: int
    title: str
    breadcrumb: str
    quote: str
    link: str | None
    document_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCard:
    """An answer as people see it. `text` is safe Markdown, in which [n] stands for source n.

    In the Markdown `&lt;` and `&amp;` stand for the signs. `reasons` are offered to whoever said
    that the answer did not help. `links` are the addresses that may be followed: those of cited
    sources, those that stand word for word in what is quoted of them, and those that were allowed
    beforehand. `mark` tells in few words what people made of the answer. An `offer` is no answer: it
    asks whether something is to be kept.
    """

    answer_id: str
    text: str
    notice: str | None = None
    badge: str | None = None
    mark: str | None = None
    sources: tuple[CardSource, ...] = ()
    nearest: tuple[CardSource, ...] = ()
    buttons: tuple[Button, ...] = ()
    reasons: tuple[Reason, ...] = ()
    unknown: bool = False
    offer: bool = False
    links: frozenset[str] = frozenset()

    def linked_text(self) -> str:
        """Return the text with every [n] made a link, where source n has one that may be shown."""
        links = {one.number: one.link for one in self.sources if one.link}
        pieces = (piece if code else _link(piece, links) for piece, code in _pieces(self.text))
        return "".join(pieces)


def card_of(answer: Answer, now: datetime, places: Iterable[str] = ()) -> AnswerCard:
    """Return the card of an answer, as it looks at `now`.

    Addresses that begin with one of the `places` may be linked to without being cited.
    """
    learnable = answer.origin not in {Origin.COMMAND, Origin.OFFER}
    unknown = answer.origin is Origin.UNKNOWN
    allowed = {one.link for one in answer.citations if one.link}
    for one in answer.citations:  # what a cited source says word for word may be followed
        allowed.update(found.rstrip(".,;:!?*_") for found in WEB.findall(one.quote))
    allowed.update(_welcome(answer.text, tuple(places)))
    return AnswerCard(
        answer_id=answer.id,
        text=safe_markdown(answer.text, allowed),
        notice=plain(answer.notice) if answer.notice else None,
        badge=_badge_sentence(answer, now),
        mark=mark_of(answer) if learnable and not unknown else None,
        sources=tuple(_source(one) for one in answer.citations),
        nearest=tuple(_source(one) for one in answer.nearest) if unknown else (),
        buttons=_buttons(answer) if learnable else (),
        reasons=tuple(Reason) if learnable else (),
        unknown=unknown,
        offer=answer.origin is Origin.OFFER,
        links=frozenset(allowed),
    )


def _buttons(answer: Answer) -> tuple[Button, ...]:
    again = answer.reused_id is not None
    return tuple(one for one in Button if again or one is not Button.AFRESH)


def plain(text: str) -> str:
    """Return a text for places without Markdown: no signs that cannot be seen, one line."""
    return " ".join(INVISIBLE.sub("", text.replace("\r", "\n")).split())


def safe_markdown(text: str, allowed_urls: Iterable[str] = ()) -> str:
    """Return Markdown in which no link, image or HTML is live but links to the allowed URLs.

    Other links are left as their label, other addresses lose their scheme; code keeps its words.
    Where the tidied text does not parse as harmless, all of its markup is shown as plain signs.
    """
    allowed = {url for url in allowed_urls if is_web_link(url)}
    seen = INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    seen = seen.encode("utf-8", "replace").decode("utf-8")
    tidied = "".join(piece if code else _tidied(piece, allowed) for piece, code in _pieces(seen))
    return tidied if _harmless(tidied, allowed) else _escaped(seen)


def is_web_link(url: str) -> bool:
    """Say whether an address is http(s) and has no sign that could end a link early."""
    return bool(re.fullmatch(r"https?://[^\s<>()\[\]\\\"'`]+", url, re.IGNORECASE))


def stands_in(url: str, place: str) -> bool:
    """Say whether an address is a place, or lies below it, on the same host and by the same scheme."""
    try:
        found, allowed = urlsplit(url), urlsplit(place)
    except ValueError:  # a host that is none
        return False
    if "@" in found.netloc or ".." in unquote(found.path):
        return False
    if (found.scheme.lower(), found.netloc.lower()) != (allowed.scheme, allowed.netloc.lower()):
        return False
    below = allowed.path.removesuffix("/") + "/"
    return found.path in {allowed.path, allowed.path.removesuffix("/")} or found.path.startswith(
        below
    )


def _welcome(text: str, places: Sequence[str]) -> Iterator[str]:
    """Yield the addresses in a text that lie at one of the places."""
    found = (one.rstrip(".,;:!?*_") for one in WEB.findall(text)) if places else ()
    return (one for one in found if any(stands_in(one, place) for place in places))


def _source(citation: Citation) -> CardSource:
    link = citation.link if citation.link and is_web_link(citation.link) else None
    return CardSource(
        number=citation.number,
        title=plain(citation.title),
        breadcrumb=plain(citation.breadcrumb),
        quote=INVISIBLE.sub("", citation.quote).strip(),
        link=link,
        document_id=citation.document_id,
    )


def _badge_sentence(answer: Answer, now: datetime) -> str | None:
    if answer.badge is not None:
        return badge_sentence(answer.badge)
    if answer.author is not None:
        days = max((now - answer.created_at).days, 0)
        return f"Written by {plain(answer.author.name)} · {_age(days)}"
    return None


def badge_sentence(badge: Badge) -> str:
    """Return what people made of a stored answer, as "Written by Ana · 12 days ago · …"."""
    origin = f"Written by {plain(badge.author)}" if badge.author else "Answered before"
    told = {
        Standing.VERIFIED: "verified",
        Standing.STALE: "its source changed since",
        Standing.RETIRED: "withdrawn",
    }.get(badge.standing, "not verified yet")
    helped = f"{badge.helpful} found it helpful" if badge.helpful else "nobody rated it yet"
    return " · ".join([origin, _age(badge.age_days), helped, told])


def mark_of(answer: Answer) -> str:
    """Return in few words what people made of an answer, as "verified 12 days ago · 14 helpful"."""
    badge = answer.badge
    if badge is None:
        return "not verified yet"
    told = {
        Standing.VERIFIED: f"verified {_age(badge.age_days)}",
        Standing.STALE: "its source changed since",
        Standing.RETIRED: "withdrawn",
    }.get(badge.standing, f"{_age(badge.age_days)} · not verified yet")
    by = [f"written by {plain(badge.author)}"] if badge.author else []
    return " · ".join([*by, told, *([f"{badge.helpful} helpful"] if badge.helpful else [])])


def _age(days: int) -> str:
    if days <= 0:
        return "today"
    return "yesterday" if days == 1 else f"{days} days ago"


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the text in pieces, each with whether it is code."""
    end = 0
    for found in CODE.finditer(text):
        yield text[end : found.start()], False
        yield found.group(), True
        end = found.end()
    yield text[end:], False


def _tidied(prose: str, allowed: set[str]) -> str:
    """Return prose with links to allowed addresses only, and no HTML."""

    def link(found: re.Match[str]) -> str:
        kept = found.group(2) in allowed and not found.group().startswith("!")
        return f"[{found.group(1)}]({found.group(2)})" if kept else found.group(1)

    def bare(found: re.Match[str]) -> str:
        address = found.group()
        return address if address.rstrip(".,;:!?'*_~") in allowed else _schemeless(address)

    prose = LINK.sub(link, LINK.sub(link, DEFINITION.sub("", prose)))  # an image in a link
    prose = re.sub(r"<(?=[^\s=\d])", "&lt;", prose)
    return BARE.sub(bare, prose)


def _schemeless(text: str) -> str:
    while SCHEME.search(text):
        text = SCHEME.sub("", text)
    return text


def _escaped(text: str) -> str:
    """Return a text whose every sign is shown as it is, without any address."""
    signs = text.replace("&", "&amp;").replace("<", "&lt;")
    lines = (SPECIAL.sub(r"\\\1", line.strip()) for line in _schemeless(signs).splitlines())
    return "\n".join(lines)


def _harmless(markdown: str, allowed: set[str]) -> bool:
    """Say whether a parser that lets everything through finds nothing but allowed links."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    hrefs = {parser.normalizeLink(url) for url in allowed}
    return all(_token_is_harmless(token, hrefs, allowed) for token in _all(parser.parse(markdown)))


def _all(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or ())


def _token_is_harmless(token: Token, hrefs: set[str], allowed: set[str]) -> bool:
    if token.type == "link_open":
        return token.attrGet("href") in hrefs
    if token.type == "text":
        addresses = (found.group().rstrip(".,;:!?'*_~") for found in BARE.finditer(token.content))
        return all(address in allowed for address in addresses)
    return token.type not in {"image", "html_inline", "html_block"}


def _link(prose: str, links: dict[int, str]) -> str:
    def marked(found: re.Match[str]) -> str:
        link = links.get(int(found.group(1)))
        return f"[\\[{found.group(1)}\\]]({link})" if link else found.group()

    return MARKER.sub(marked, prose)
