"""Reader: opens the stored page that an answer cites, at the quoted words."""

import json
from urllib.parse import quote as percent_encoded

from nicegui import ui

from bot.card import CardSource, plain
from bot.room.controls import box, dialog, mark, press, say
from bot.room.markup import document_html, words_of
from bot.room.seat import Seat
from bot.room.tavern import Tavern
from core.documents import Document

GONE = "This page is no longer in the ledger: its source was removed or is not open to everyone."
STARTING = "The tavern is still opening. Please reload this page in a moment."


async def open_source(seat: Seat, source: CardSource) -> None:
    """Show a source in a dialog, with the cited words marked."""
    assistant = seat.tavern.assistant
    document = await assistant.document(source.document_id) if assistant else None
    with seat.client:
        shown, sheet = dialog("tk-reader")
        mark(sheet, "source-dialog", f"Source: {source.title}")
        with sheet:
            _head(source, document, shown)
            with box("tk-reader-body"):
                _body(document, source.quote, f"page-{shown.id}")
        shown.open()


async def source_page(tavern: Tavern, document_id: str, quote: str) -> None:
    """Show a stored document as a page of its own."""
    document = await tavern.assistant.document(document_id) if tavern.assistant else None
    with box("tk-sheet", "main"):
        if tavern.assistant is None:
            say(STARTING)
            return
        say(document.title if document else "Not here", "tk-brand")
        if document and document.link:
            ui.link("Open the original", document.link, new_tab=True)
        _body(document, quote, "page")


def address(source: CardSource) -> str:
    """Return the address of the page that shows a source on its own."""
    asked = f"?quote={percent_encoded(source.quote[:600])}" if source.quote else ""
    return f"/source/{source.document_id}{asked}"


def _head(source: CardSource, document: Document | None, shown: ui.dialog) -> None:
    with box("tk-reader-head"):
        with box("tk-grow"):
            say(plain(document.title) if document else source.title, "", "h2")
            say(source.breadcrumb, "tk-muted")
            with box("tk-row"):
                ui.link("Open as a page", address(source), new_tab=True).classes("tk-muted")
                if source.link:
                    original = ui.link("Open the original", source.link, new_tab=True)
                    original.classes("tk-muted").props('rel="noopener noreferrer"')
        press("", shown.close, icon="close", label="Close", test="source-close")


def _body(document: Document | None, quote: str, page_id: str) -> None:
    if document is None:
        say(GONE, "tk-failed")
        if quote:
            say(quote, "tk-quote")
        return
    page = ui.html(document_html(document.text), sanitize=False).classes("tk-page")
    mark(page, "source-page", id=page_id)
    if quote:
        words = words_of(quote)  # the page shows no numbers of lists and no addresses of links
        # After the dialog has moved into place, so that the quote can be scrolled to.
        ui.run_javascript(
            f"setTimeout(() => tavern.mark({json.dumps(page_id)}, {json.dumps(words)}), 60)"
        )
