"""A client without patience: for what is shown meanwhile, which is not worth waiting for."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.client import sdk_logger


def hasty(client: AsyncWebClient) -> AsyncWebClient:
    """Return a client that makes the same calls over the same session, each but once."""
    copy = AsyncWebClient(
        token=client.token,
        base_url=client.base_url,
        session=client.session,
        retry_handlers=[],
        logger=sdk_logger(),
    )
    copy.proxy = client.proxy
    return copy
