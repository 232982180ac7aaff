"""What a simulation is run with."""

from dataclasses import dataclass
from enum import StrEnum


class Attack(StrEnum):
    """What people do who mean harm."""

    COLLUSION = "collusion"  # together against a fifth of the documents, honest elsewhere
    RANDOM = "random"
    SYBIL = "sybil"  # the same, every vote by an account of its own
    FLOOD = "flood"  # against everything, ten times as often as others vote
    SLEEPER = "sleeper"  # honest for the first half
    ITSELF = "itself"  # no people at all: the bot finds everything right that it says


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Shares and probabilities are 0…1. The noise is what people showed who rated real passages.

    McGill's FeedbackQA (Li et al. 2022): P(👍 | right) = 0.677, P(👍 | wrong) = 0.361.
    """

    interactions: int = 5_000
    vote_rate: float = 0.15
    up_if_right: float = 0.677
    up_if_wrong: float = 0.361
    shown: int = 1  # documents that are shown, each to be voted on
    raters: int = 1  # people who may vote on each of them
    corrections: float = 0.005  # share of interactions in which what is wrong is corrected
    experts: float = 0.0  # share of people who are never wrong, and are curators
    audits: float = 0.0  # share of interactions that a curator judges
    people: int = 200
    zipf: float = (
        1.0  # how uneven: the n-th busiest votes as often as the first, divided by n**zipf
    )
    malicious: float = 0.0
    attack: Attack = Attack.COLLUSION
    until: float = 1.0  # share of the interactions after which they stop to mean harm
    again: bool = False  # at checkpoints the same questions are asked, instead of others
    checkpoints: int = 5
    every: int = 250  # interactions between two re-rankings
    seeds: int = 1
