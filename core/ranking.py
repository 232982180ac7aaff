"""Evidence -> rating -> order. Pure: every function is a formula, with its source beside it."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from core.embedding import Vectors
from core.feedback import Feedback, Rating, Verdict
from core.influence import NOBODY, Influence
from core.priors import NEUTRAL, Prior

SECONDS_A_DAY = 86_400.0
LEARNED_SHARE = 0.25  # the most that feedback may move a score, either way
SOURCE_STRENGTH = 4.0  # verdicts that the prior of a cited passage counts as
ANSWER_STRENGTH = 4.0  # verdicts that the rating everywhere counts as near a question
NEGLIGIBLE = 0.02  # evidence that counts for less is left out


def faded(at: datetime, now: datetime, half_life_days: float) -> float:
    """Return the weight of a verdict by its age: 2^(-age/half-life), 1 for the future."""
    days = max(0.0, (now - at).total_seconds() / SECONDS_A_DAY)
    return float(2.0 ** (-days / half_life_days))


def weight_of(one: Feedback, now: datetime, half_life: float, influence: Influence) -> float:
    """Return what a verdict weighs: by its age in half-lives of days, and by who gave it."""
    return faded(one.at, now, half_life) * influence.of(one)


def rating_of(
    verdicts: Sequence[Feedback], prior: Prior, now: datetime, influence: Influence = NOBODY
) -> Rating:
    """Return the Beta-Binomial posterior mean of weighed verdicts, with the weighed counts."""
    days = prior.half_life_days
    weights = [(one.verdict, weight_of(one, now, days, influence)) for one in verdicts]
    ups = math.fsum(weight for verdict, weight in weights if verdict is Verdict.UP)
    downs = math.fsum(weight for verdict, weight in weights if verdict is Verdict.DOWN)
    value = (prior.ups + ups) / (prior.ups + prior.downs + ups + downs)
    return Rating(value=value, ups=ups, downs=downs)


def wilson_lower(ups: float, downs: float, z: float = 1.2816) -> float:
    """Return the lower bound of the Wilson (1927) interval of a share; 0 without any verdict.

    The default z bounds a one-sided 90 % (a two-sided 80 %) interval.
    """
    n = ups + downs
    if n < 1e-9:  # its square would be no number any more
        return 0.0
    p = ups / n
    spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, (p + z * z / (2 * n) - spread) / (1 + z * z / n))


def wilson_upper(ups: float, downs: float, z: float = 1.2816) -> float:
    """Return the upper bound of the same interval; 1 without any verdict."""
    return 1.0 - wilson_lower(downs, ups, z)


def kernel(similarity: float, width: float) -> float:
    """Return how much evidence given at one question counts at another: exp((cos - 1) / h)."""
    return math.exp((min(similarity, 1.0) - 1.0) / width)


def nearness(question: Vectors, others: Vectors, width: float) -> Vectors:
    """Return the kernel between a question and each row of others, 0 where it is negligible."""
    near = np.exp((np.minimum(others @ question, 1.0) - 1.0) / width)
    return np.where(near < NEGLIGIBLE, 0.0, near).astype(np.float32)


def local_rating(prior: float, strength: float, ups: float, downs: float) -> float:
    """Return the mean of a Beta posterior whose prior has a mean and counts as so many verdicts.

    With the rating everywhere as the prior of the rating here it is the hierarchical model of
    Gelman et al., "Bayesian Data Analysis", chapter 5, with point estimates.
    """
    return (prior * strength + ups) / (strength + ups + downs)


def source_term(ups: float, downs: float) -> float:
    """Return what verdicts near a question add to a passage that was cited there, clamped.

    As many ups as downs say nothing. It is local only: a passage that was wrong for one question
    may well be right for another.
    """
    rating = local_rating(0.5, SOURCE_STRENGTH, ups, downs)
    return max(-LEARNED_SHARE, min(LEARNED_SHARE, rating - 0.5))


def learned_term(rating: float) -> float:
    """Return what a rating adds to a score, clamped so that it reorders near-ties and no more."""
    return max(-LEARNED_SHARE, min(LEARNED_SHARE, 0.25 * 2.0 * (rating - NEUTRAL)))


def penalties_near(
    question: Vectors, penalties: Sequence[tuple[str, Vectors, float]], width: float
) -> dict[str, float]:
    """Return what "wrong sources" verdicts near a question take off each passage (0…LEARNED_SHARE)."""
    taken: dict[str, float] = {}
    for passage_id, vector, weight in penalties:
        near = kernel(float(np.dot(question, vector)), width)
        taken[passage_id] = taken.get(passage_id, 0.0) + LEARNED_SHARE * weight * near
    return {passage_id: min(LEARNED_SHARE, total) for passage_id, total in taken.items()}


def scaled(scores: Mapping[str, float]) -> dict[str, float]:
    """Return scores stretched to 0…1, the worst found at 0 (all 1 where they are equal)."""
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high - low < 1e-9:
        return dict.fromkeys(scores, 1.0)
    return {id_: (score - low) / (high - low) for id_, score in scores.items()}


def fused(
    dense: Mapping[str, float], terms: Mapping[str, float], dense_share: float
) -> dict[str, float]:
    """Return the convex combination of two scaled rankings (0…1); what one lacks counts as its worst.

    Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023), find it
    better than reciprocal ranks and insensitive to how the parts are scaled.
    """
    left, right = scaled(dense), scaled(terms)
    return {
        id_: dense_share * left.get(id_, 0.0) + (1.0 - dense_share) * right.get(id_, 0.0)
        for id_ in {*left, *right}
    }


def coverage(question: Sequence[str], texts: Mapping[str, frozenset[str]]) -> dict[str, float]:
    """Return the share of the question's terms that each text has, rare terms counting more.

    Rarity is the inverse document frequency among the texts given, which are the candidates of
    one search.
    """
    asked = set(question)
    held = {term: sum(term in text for text in texts.values()) for term in asked}
    weight = {
        term: math.log(1.0 + (len(texts) - count + 0.5) / (count + 0.5))
        for term, count in held.items()
    }
    total = math.fsum(weight.values())
    if total <= 0:
        return dict.fromkeys(texts, 0.0)
    return {
        id_: math.fsum(weight[term] for term in asked if term in text) / total
        for id_, text in texts.items()
    }


def match(dense: float, covered: float, spoken: float) -> float:
    """Return how well a passage matches a question (0…1), on a scale that a floor can be set on.

    Where the embedder speaks only a share `spoken` of the question's letters, the shared terms
    take over.
    """
    by_meaning = max(0.0, dense)
    both = 0.7 * by_meaning + 0.3 * covered
    return spoken * both + (1.0 - spoken) * covered
