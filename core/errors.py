"""Every error that Tavernkeep raises on purpose, and what a person sees of it.

The message of each is one sentence that may be shown to a person as it is: it names what is
wrong and what to do. Drivers translate the errors of their SDKs into these with `raise … from`.
"""


class TavernkeepError(Exception):
    """The root: the command line prints its sentence and exits with 1."""


class SettingsError(TavernkeepError):
    """A setting is unknown, missing or wrong; stops the start."""


class DataFolderInUseError(TavernkeepError):
    """Another process holds the data folder; the command line says which and what to do."""


class LedgerError(TavernkeepError):
    """The ledger cannot be opened or migrated; stops the start."""


class LeaseLostError(LedgerError):
    """Another process took the lease that this work runs under; nothing was written, and it ends."""


class LeaseHeldError(TavernkeepError):
    """Another process runs the jobs; whoever asked for one is told to try again in a minute."""


class ClaimLostError(TavernkeepError):
    """Another process sees an event through by now; nobody is told, and this one leaves it alone."""


class IndexUnavailableError(TavernkeepError):
    """The index does not answer; the asker is told that the memory is being rebuilt."""


class NoSpaceError(TavernkeepError):
    """A disk is nearly full; reading and indexing stop, questions go on, and it heals by itself."""


class EmbedderError(TavernkeepError):
    """The embedding model cannot be loaded or its weights are not the published ones; stops the start."""


class UnsupportedModelError(EmbedderError):
    """The quick engine cannot run this embedding model; sentence-transformers runs it instead."""


class ModelError(TavernkeepError):
    """The language model gave no usable answer; the answerer falls back to quoting and says so."""


class PlatformError(TavernkeepError):
    """A chat platform does not take the bot; it is said once, and the other platforms go on."""


class PlatformAwayError(PlatformError):
    """A chat platform does not answer just now; what was begun is tried again, also the start.

    It `refuses` where it does answer, and takes what it was sent no better the next time.
    """

    def __init__(self, sentence: str, *, refuses: bool = False) -> None:
        """Take the sentence, and whether the platform refuses this rather than being away."""
        super().__init__(sentence)
        self.refuses = refuses


class NoPlaceError(TavernkeepError):
    """A platform has no such place for an answer, such as no moderators' conversation; it is kept unshown."""


class PluginError(TavernkeepError):
    """A plugin cannot be loaded; stops the start with the plugin's name."""


class SourceError(TavernkeepError):
    """A document or a whole source cannot be read; ingestion lists it as failed and goes on."""


class UnknownAnswerError(TavernkeepError):
    """Feedback names an answer that the ledger does not hold; the person is told that it is gone."""


class UnknownEpochError(TavernkeepError):
    """Somebody names an epoch of the ranking that the ledger does not hold."""


class UnknownPersonError(TavernkeepError):
    """The ledger knows nobody by an id; the command line names who may have been meant."""
