"""The settings of the feedback loop and of its jobs."""

from pydantic import BaseModel, ConfigDict, Field

from core.feedback import Verdict, Via


class Section(BaseModel):
    """A part of the settings; an unknown name in it stops the start."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ImplicitSettings(Section):
    """What signals weigh that nobody meant as a verdict, beside one that was meant; 0 turns one off."""

    asked_again: float = Field(0.3, ge=0, le=1, description="The asker asks the same again.")
    answered_by_person: float = Field(0.5, ge=0, le=1, description="Somebody else answers, too.")
    thanks: float = Field(0.3, ge=0, le=1, description="The asker says thanks.")
    resolved: float = Field(0.3, ge=0, le=1, description="The asker marks the question with ✅.")

    def weight(self, via: Via) -> float:
        """Return the share (0…1) of a verdict that counts, by what it came by; 1 for a meant one."""
        shares = {
            Via.ASKED_AGAIN: self.asked_again,
            Via.ANSWERED_BY_PERSON: self.answered_by_person,
            Via.THANKS: self.thanks,
            Via.RESOLVED: self.resolved,
        }
        return shares.get(via, 1.0)


class LearningSettings(Section):
    """How feedback becomes better answers."""

    half_life_days: float = Field(90.0, gt=0, description="After so long a verdict counts half.")
    prior_up: float = Field(1.8, gt=0, description="Up-votes that an answer is born with.")
    prior_down: float = Field(1.2, gt=0, description="Down-votes that an answer is born with.")
    kernel_width: float = Field(
        0.15, gt=0, description="h of exp((cos-1)/h): how far evidence reaches."
    )
    budget: float = Field(
        10, gt=0, description="Verdicts of one person in 30 days that count in full."
    )
    light: float = Field(
        0.3, ge=0, le=1, description="What verdicts of guests and new accounts weigh."
    )
    new_days: float = Field(7, ge=0, description="Days for which an account is new.")
    near: float = Field(
        0.7,
        ge=0,
        le=1,
        description="Similarity of questions for a stored answer to be given again.",
    )
    reuse_error: float = Field(
        0.02, gt=0, lt=1, description="Share of answers given again that may be wrong."
    )
    wrong_answers: float = Field(
        0.2, gt=0, le=1, description="Share of answers that may be wrong; 1 learns no floor."
    )
    guide: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Similarity of questions for a stored answer to guide a new one.",
    )
    curators: tuple[str, ...] = Field(
        (), description='People whose verdict alone verifies, as "platform:key".'
    )
    reverify_days: float = Field(90, ge=0, description="Days until an answer lapses; 0 is never.")
    reanswers: int = Field(20, ge=0, description="Fresh answers for review that a day may bring.")
    emoji: dict[str, Verdict] = Field({}, description="What each emoji says of an answer.")
    implicit: ImplicitSettings = ImplicitSettings()
    offer: bool = Field(True, description="Offer people to keep what they answered in a thread.")
    tell: bool = Field(True, description="Tell who asked in vain once there is a verified answer.")
    guess_preferences: bool = Field(
        True, description="Guess from verdicts who likes answers brief."
    )


class JobSettings(Section):
    """How often the scheduled jobs run, in minutes; 0 switches a job off."""

    rerank: float = Field(5, ge=0, description="Folds new verdicts into ratings.")
    reembed: float = Field(60, ge=0, description="Embeds what changed.")
    refresh: float = Field(60, ge=0, description="Reads the sources again.")
    reconcile: float = Field(30, ge=0, description="Compares ledger and index, and heals.")
    reanswer: float = Field(60, ge=0, description="Has fresh answers written for review.")
    tell: float = Field(5, ge=0, description="Tells who asked in vain of what was verified.")
    replay: float = Field(60, ge=0, description="Asks what is known; goes back where it got worse.")
    purge: float = Field(1440, ge=0, description="Wipes from every file what was deleted.")
