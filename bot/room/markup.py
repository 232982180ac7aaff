"""Markdown -> HTML for the room: nothing that people or models write becomes live HTML."""

import re
from collections.abc import Collection, Mapping, Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from bot.card import MARKER, is_web_link, plain, safe_markdown


def answer_html(markdown: str, links: Collection[str], markers: Mapping[int, str]) -> str:
    """Return an answer card's text as HTML; [n] becomes a button that names source n.

    `markers` gives the title of each source. Only links in `links` are live.
    """
    parser = _Parser(links, breaks=False)
    titles = dict(markers)

    def text(
        renderer: RendererHTML,
        tokens: Sequence[Token],
        index: int,
        options: OptionsDict,
        env: EnvType,
    ) -> str:
        del renderer, options, env
        return MARKER.sub(lambda found: _marker(found, titles), escape(tokens[index].content))

    parser.add_render_rule("text", text)
    return str(parser.render(markdown))


def message_html(text: str) -> str:
    """Return a person's message, or an answer that is still being written, without any link."""
    return str(_Parser((), breaks=True).render(safe_markdown(text)))


def document_html(markdown: str) -> str:
    """Return a document's page; its web links open in a new tab and send no referrer."""
    return str(_Parser(None, breaks=False).render(markdown))


def words_of(markdown: str) -> str:
    """Return the words that `document_html` shows of a text, in one line and without markup."""
    tokens = _Parser(None, breaks=False).parse(markdown)
    parts = (part for token in tokens for part in [*(token.children or [token]), None])
    breaks = {"softbreak", "hardbreak"}
    words = (" " if part is None or part.type in breaks else part.content for part in parts)
    return plain("".join(words))


def _marker(found: re.Match[str], titles: Mapping[int, str]) -> str:
    number = int(found.group(1))
    if number not in titles:
        return found.group()
    title = escape(f"Source {number}: {titles[number]}", quote=True)
    return (
        f'<button type="button" class="cite" data-source="{number}" title="{title}"'
        f' aria-label="{title}">{number}</button>'
    )


class _Parser(MarkdownIt):
    """A parser without HTML and images that asks its own list which links may be live."""

    def __init__(self, links: Collection[str] | None, *, breaks: bool) -> None:
        super().__init__("commonmark", {"html": False, "breaks": breaks})
        self.enable(["table", "strikethrough"]).disable("image")
        self._links = None if links is None else {self.normalizeLink(link) for link in links}
        self.add_render_rule("link_open", _link_open)

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name for it
        return is_web_link(url) if self._links is None else url in self._links


def _link_open(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: EnvType,
) -> str:
    del env
    tokens[index].attrSet("target", "_blank")
    tokens[index].attrSet("rel", "noopener noreferrer nofollow")
    return renderer.renderToken(tokens, index, options, {})
