"""What Claude's API says of the models that the settings name."""

import anthropic
from anthropic.types import ModelInfo

from core.errors import ModelError
from core.models.request import offers
from core.settings import AnthropicSettings

LOOKUP_SECONDS = 5.0


class Catalogue:
    """Asks the API for models, and remembers what it said."""

    def __init__(self, client: anthropic.AsyncAnthropic, settings: AnthropicSettings) -> None:
        """Use a client that somebody else closes."""
        self._client = client
        self._settings = settings
        self._known: dict[str, ModelInfo | None] = {}

    async def known(self, model: str) -> ModelInfo | None:
        """Return a model's description, or None where the API has none to give.

        A proxy need not have this endpoint, so its refusal is no failure; only a lost connection is.
        """
        if model not in self._known:
            try:
                self._known[model] = await self._asked(model)
            except anthropic.NotFoundError:
                self._known[model] = None
            except anthropic.APIStatusError:
                return None
        return self._known[model]

    async def check(self) -> str:
        """Return one sentence on both models; raise `ModelError` naming the setting that is wrong."""
        settings = self._settings
        answering = await self._usable("anthropic.answering_model", settings.answering_model)
        rewriting = await self._usable("anthropic.rewriting_model", settings.rewriting_model)
        if not offers(answering, "citations"):
            raise ModelError(
                f"anthropic.answering_model: {answering.id} cannot cite its sources; choose another model."
            )
        if answering.max_tokens and answering.max_tokens < settings.max_tokens:
            raise ModelError(
                f"anthropic.max_tokens is {settings.max_tokens}, but {answering.id} writes "
                f"{answering.max_tokens} at most."
            )
        ends = [ending_of(model) for model in {m.id: m for m in (answering, rewriting)}.values()]
        return (
            f"Claude answers with {answering.display_name} and rewrites follow-ups with "
            f"{rewriting.display_name}{''.join(ends)}."
        )

    async def _usable(self, setting: str, model: str) -> ModelInfo:
        """Return a model that can be called, or raise `ModelError` with the setting's name."""
        try:
            info = await self._asked(model)
        except anthropic.NotFoundError as error:
            raise ModelError(f"{setting}: the API knows no model named {model}.") from error
        except (anthropic.AuthenticationError, anthropic.PermissionDeniedError) as error:
            raise ModelError("ANTHROPIC_API_KEY: the API does not accept this key.") from error
        except anthropic.APIStatusError as error:
            raise ModelError(
                f"Claude's API has trouble at the moment (HTTP status {error.status_code}); try again later."
            ) from error
        except anthropic.AnthropicError as error:
            raise ModelError(
                "anthropic.base_url: nothing answers at "
                f"{self._client.base_url.host}; check the address and the network."
            ) from error
        if info is None:
            raise ModelError(
                f"anthropic.base_url: what answers at {self._client.base_url.host} is not Claude's API."
            )
        if info.lifecycle == "retired":
            raise ModelError(f"{setting}: {model} is retired; choose another model.")
        self._known[model] = info
        return info

    async def _asked(self, model: str) -> ModelInfo | None:
        """Ask the API; None when what came back describes no model."""
        found: object = await self._client.models.retrieve(model, timeout=LOOKUP_SECONDS)
        return found if isinstance(found, ModelInfo) else None


def ending_of(model: ModelInfo) -> str:
    """Return a clause on when a deprecated model ends, or nothing."""
    if model.lifecycle != "deprecated":
        return ""
    when = f" and retires on {model.retires_at:%Y-%m-%d}" if model.retires_at else ""
    return f"; {model.id} is deprecated{when}"
