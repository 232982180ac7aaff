"""The taverns plugin: a feedback loop in small, and the plugin manual's example.

`/taverns WISH` finds a tavern by its facts, a language model describes it, and a description
that people dislike is written anew. The facts are searched; what was written never is.
"""

from datetime import timedelta

from core.hookspecs import Register, Services, hookimpl
from core.interfaces import Command, Listener
from core.job import Job
from plugins.taverns.command import Taverns
from plugins.taverns.improving import Hearing, Retelling
from plugins.taverns.tavern import load_taverns
from plugins.taverns.telling import Teller


@hookimpl
def register_commands(register: Register[Command], services: Services) -> None:
    """Bring `/taverns`."""
    register(Taverns(services, load_taverns()))


@hookimpl
def register_jobs(register: Register[Job], services: Services) -> None:
    """Bring the job that tells disliked tales anew."""
    retelling = Retelling(services.folder, load_taverns(), Teller(services.model))
    register(
        Job(
            name="taverns",
            summary="tells anew what people disliked of the taverns",
            every=timedelta(minutes=10),
            run=retelling.run,
        )
    )


@hookimpl
def register_listeners(register: Register[Listener], services: Services) -> None:
    """Bring the listener that takes the verdicts."""
    register(Hearing(services.folder))
