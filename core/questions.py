"""What of a question carries its meaning. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from core.opposites import HAN, WORD, negated, opposed, reversals, words_in
from core.terms import stem, terms_of

# Words that a question is asked with rather than about.
ASKING = frozenset(
    terms_of(
        "a an the and or but if then than so of in on at to from for with by about into over as is "
        "are was were be been being am do does did doing done have has had having will would shall "
        "should can could may might must i me my we us our you your he she it its they them their "
        "this that these those there here what which who whom whose when where why how much many "
        "some any each please tell explain show give let know want need get got go going use using "
        "used make way thing anyone someone something just also too very really again hi hello hey"
    )
    + words_in("什么 怎么 如何 为什 么样 哪些 哪个 多少 可以 是否 吗 呢 请问 怎样")
)

# What is asked for, where a question says so; "what" and "how" ask for anything.
ASKED_FOR = (
    re.compile(r"\bwho(?:m|se)?\b|谁", re.IGNORECASE),
    re.compile(r"\bwhen\b|\bwhat time\b|什么时候|何时|几点", re.IGNORECASE),
    re.compile(r"\bwhere\b|哪里|哪儿|在哪", re.IGNORECASE),
    re.compile(r"\bwhy\b|\bhow come\b|为什么|为何", re.IGNORECASE),
    re.compile(r"\bhow (?:much|many)\b|多少|几个", re.IGNORECASE),
)

# How a question begins that is asked without its mark.
BEGINNING = re.compile(
    r"\W*(?:(?:how|what|where|when|why|who|which)(?:'s|’s|\s+(?:do|does|did|is|are|was|were|can|"
    r"could|should|would|will|has|have|to|many|much|long|often))"
    r"|(?:do|does) any(?:one|body)|is there|are there|can (?:i|we|some\w+|any\w+)|any idea)\b",
    re.IGNORECASE,
)
MARKED = re.compile(r"[?？]+(?=[\s)\]\"'”’»*_]|$)")
ASKING_HAN = re.compile(r"怎么|怎样|如何|什么|哪|谁|多少|几点|[吗呢][。！!\s]*$")
NAMED_EMOJI = re.compile(r":[\w+-]+:")
THANKS = frozenset(
    words_in(
        "thanks thank thx ty you u very much so many cheers great perfect nice cool awesome super "
        "excellent lovely ok okay k alright fine good got it that this is was helps helped helpful "
        "works worked yes yep yeah no nope sure right exactly understood clear noted will do i see "
        "a lot all again for the help your 谢谢 好的 明白"
    )
)
GRATEFUL = frozenset(
    words_in(
        "thanks thank thx ty cheers great perfect awesome super excellent helps helped helpful "
        "works worked 谢谢"
    )
)

NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
NUMERALS = dict(
    zip(
        words_in("two three four five six seven eight nine ten eleven twelve"),
        map(str, range(2, 13)),
        strict=True,
    )
)
# Products and days are names even where nobody capitalises them.
KNOWN_NAMES = frozenset(
    words_in(
        "slack discord teams telegram whatsapp matrix zoom windows linux macos mac ubuntu debian "
        "android ios docker kubernetes podman github gitlab jira confluence notion google azure "
        "aws postgres postgresql mysql sqlite milvus redis python java javascript typescript rust "
        "node npm pip chrome firefox safari claude openai anthropic monday tuesday wednesday "
        "thursday friday saturday sunday"
    )
)
NAME = re.compile(
    r"(?<![.!?:]\s)(?<!^)(?<!\n)\b[A-Z][\w-]*|\b\w*[a-z][A-Z]\w*|`[^`]+`|\b\w+_\w+", re.MULTILINE
)
FILE_NAME = re.compile(r"[a-z][\w-]*\.[a-z]\w*")
# Words that name a role by standing before it; "to" does not where it begins an infinitive.
MARKERS = {word: word for word in words_in("from to with by than of before after")} | {
    "into": "to",
    "onto": "to",
}
ARTICLES = frozenset(words_in("a an the my our your their this that all some any"))
PARTICLES = frozenset("吗么呢啊吧你您我的地得了是")
LONGEST_NAME = 3  # words
SUBJECTS = frozenset(words_in("i we you one they he she people somebody someone to"))
BEFORE_THINGS = frozenset(
    words_in("there many much is are was were do does did can should may must which what no")
)
ABOUT = frozenset(words_in("do does mean means for"))  # behind what a question is about
POSSIBLE = frozenset(words_in("allowed possible permitted ok okay fine supported available"))
ASKED_OF = re.compile(
    r"\bwhom?\s+(?:do|does|did|will|would|should|can|could|may|must)\b", re.IGNORECASE
)
BEFORE_INFINITIVES = frozenset(
    words_in(
        "need needs want wants have has had how able like try trying way ways used going supposed "
        "possible allowed where what when whether required"
    )
)


def content_terms_of(text: str) -> list[str]:
    """Return the terms that a question is about; all of its terms where it has no other."""
    terms = terms_of(text)
    return [term for term in terms if term not in ASKING] or terms


def is_question(text: str) -> bool:
    """Say whether a text asks something: by its mark, or by how it begins."""
    return bool(MARKED.search(text) or BEGINNING.match(text) or ASKING_HAN.search(text))


def is_acknowledgement(text: str) -> bool:
    """Say whether a text only thanks or agrees, in words or emoji, and asks nothing."""
    words = words_in(NAMED_EMOJI.sub(" ", text))
    return not MARKED.search(text) and all(word in THANKS for word in words)


def gives_thanks(text: str) -> bool:
    """Say whether a text only thanks or says that it worked: neither a mere "ok" nor "no, thanks"."""
    words = {*words_in(NAMED_EMOJI.sub(" ", text))}
    return is_acknowledgement(text) and bool(words & GRATEFUL) and not words & {"no", "nope"}


def same_meaning(one: str, other: str) -> bool:
    """Say whether nothing that reverses or changes a question's meaning differs between two.

    Compared are negation, opposites, what is asked for, numbers and versions, names, and who does
    what to whom ("from A to B"). Two questions may still mean different things: their similarity
    is the first gate, this the second.
    """
    return (
        negated(one) == negated(other)
        and reversals(one) == reversals(other)
        and not opposed(one, other)
        and not _ask_otherwise(one, other)
        and _numbers(one) == _numbers(other)
        and _names_agree(one, other)
        and not _swapped(one, other)
        and not _turned(one, other)
        and not _replaced(one, other)
    )


def facts_missing(text: str, source: str) -> frozenset[str]:
    """Return the numbers, versions and names of a text that a source does not have."""
    numbers = _numbers(text).keys() - _numbers(source).keys()
    return frozenset(numbers) | (_names(text) - _stems(words_in(source)))


def _ask_otherwise(one: str, other: str) -> bool:
    """Say whether both say what they ask for, and it is not the same: who, when, where, why."""
    left, right = ({kind for kind in ASKED_FOR if kind.search(text)} for text in (one, other))
    return bool(left and right) and left.isdisjoint(right)


def _numbers(text: str) -> Counter[str]:
    found = (re.sub(r"(?<=\d),(?=\d{3}\b)", "", number) for number in NUMBER.findall(text))
    spelled = (NUMERALS[word] for word in words_in(text) if word in NUMERALS)
    return Counter([*found, *spelled])


def _names_agree(one: str, other: str) -> bool:
    """A name in one question must stand in the other, however it is written there."""
    mine, theirs = _names(one), _names(other)
    return mine - theirs <= _stems(words_in(other)) and theirs - mine <= _stems(words_in(one))


def _names(text: str) -> frozenset[str]:
    words = words_in(text)
    named = [word for word in words if word in KNOWN_NAMES or FILE_NAME.fullmatch(word)]
    if HAN.search(text):
        named += [word for word in words if word.isascii() and not word[0].isdigit()]
    elif not _shouted(text):
        named += [word for name in NAME.findall(text) for word in words_in(name)]
    return _stems(word for word in named if len(word) > 1 and stem(word) not in ASKING)


def _shouted(text: str) -> bool:
    """Say whether capitals tell nothing: nearly every word of several has one."""
    words = [word for word in WORD.findall(text) if word[0].isalpha()]
    return len(words) > 3 and sum(word[0].isupper() for word in words) > 0.7 * len(words)


def _stems(words: Iterator[str] | list[str]) -> frozenset[str]:
    return frozenset(stem(word).removesuffix("s") for word in words)  # PDFs has no stem


def _replaced(one: str, other: str) -> bool:
    """Say whether two questions are word for word the same but for one thing that is named.

    A verb may be another one of the same sense, so that the word behind "I" or "to" says nothing.
    """
    left, right = _tokens(one), _tokens(other)
    start = _alike(left, right)
    end = _alike(left[start:][::-1], right[start:][::-1])
    mine, theirs = left[start : len(left) - end], right[start : len(right) - end]
    if not mine or not theirs or max(len(mine), len(theirs)) > LONGEST_NAME:
        return False
    if HAN.match(mine[0]):
        return _named_in_han("".join(mine), "".join(theirs))
    if {stem(word) for word in mine} & {stem(word) for word in theirs}:
        return False
    before = left[start - 1] if start else ""
    if len(mine) > 1 or len(theirs) > 1:
        return before in ARTICLES and not {*mine, *theirs} & MARKERS.keys()
    return _names_a_thing(mine[0], theirs[0], before, left[len(left) - end :])


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words two lists have alike at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _named_in_han(mine: str, theirs: str) -> bool:
    if len(mine) != len(theirs) or len(mine) > 2 or ASKING_HAN.search(f"{mine} {theirs}"):
        return False
    return not {*mine, *theirs} & PARTICLES


def _names_a_thing(mine: str, theirs: str, before: str, after: Sequence[str]) -> bool:
    """Say whether a word in the place of another is a thing in the place of another."""
    if {stem(mine), stem(theirs)} & ASKING or before in SUBJECTS:
        return False
    if {mine, theirs} <= POSSIBLE or NUMBER.search(mine) or NUMBER.search(theirs):
        return False
    return before in ARTICLES | MARKERS.keys() | BEFORE_THINGS or not after or after[0] in ABOUT


def _tokens(text: str) -> list[str]:
    """Return the words of a text, Chinese ones as their characters."""
    return [part for word in words_in(text) for part in (word if HAN.match(word) else [word])]


def _swapped(one: str, other: str) -> bool:
    """Say whether two things changed places, as in "from A to B" and "from B to A"."""
    left, right = _without_articles(one), _without_articles(other)
    differing = [(a, b) for a, b in zip(left, right, strict=False) if a != b]
    if len(left) == len(right) and len(differing) == 2 and differing[0] == differing[1][::-1]:
        return True
    if HAN.search(one) and one != other and Counter(_signs(one)) == Counter(_signs(other)):
        return True
    mine, theirs = _roles(left), _roles(right)
    return any(
        mine[role] - theirs[role] & {*right} and theirs[role] - mine[role] & {*left}
        for role in mine.keys() & theirs.keys()
    ) or bool(
        mine.get("from", set()) & theirs.get("to", set())
        or mine.get("to", set()) & theirs.get("from", set())
    )


def _without_articles(text: str) -> list[str]:
    return [word for word in words_in(text) if word not in ARTICLES]


def _turned(one: str, other: str) -> bool:
    """Say whether one asks who does something, and the other to whom it is done, in the same words."""
    if "who" not in words_in(one) or bool(ASKED_OF.search(one)) == bool(ASKED_OF.search(other)):
        return False
    return set(content_terms_of(one)) == set(content_terms_of(other))


def _signs(text: str) -> str:
    """Return the words of a text as one string, to compare what it is made of."""
    return "".join(words_in(text))


def _roles(words: list[str]) -> dict[str, set[str]]:
    """Return the first word behind each marker, by marker."""
    roles: dict[str, set[str]] = {}
    for place, word in enumerate(words):
        role = MARKERS.get(word)
        infinitive = word == "to" and place > 0 and words[place - 1] in BEFORE_INFINITIVES
        marked = next((one for one in words[place + 1 :] if one not in ARTICLES), None)
        if role and marked and not infinitive:
            roles.setdefault(role, set()).add(marked)
    return roles
