"""Terms: what people write is found again."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.terms import LONGEST_TERM, scripts_of, terms_of


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Running runs", ["run", "run"]),
        ("Die ﬁnen Ｆｕｌｌ STRASSE", ["die", "finen", "full", "strass"]),
        ("upgrade to v2.3.5, not 2.3.6.", ["upgrad", "to", "2.3.5", "not", "2.3.6"]),
        ("audience_id", ["audienc", "id", "audience_id"]),
        ("`--dry-run` and -v", ["dri", "run", "--dry-run", "and", "v", "-v"]),
        ("__init__", ["init", "__init__"]),
        ("C++ or C#", ["c", "c++", "or", "c", "c#"]),
        ("milvus.io", ["milvus", "io", "milvus.io"]),
        ("state-of-the-art", ["state", "of", "the", "art"]),
        ("I don’t", ["i", "don't"]),
        ("支持混合", ["支持", "持混", "混合"]),
        ("用Milvus", ["用", "milvus"]),
        ("東京タワー", ["東京", "京タ", "タワ", "ワー"]),
        ("한국어", ["한국", "국어"]),
        ("ภาษา", ["ภา", "าษ", "ษา"]),
        ("Привет, мир", ["привет", "мир"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("", []),
        ("🙂 — …", []),
        ("\ud800a\0b\udfff", ["a", "b"]),
    ],
)
def test_terms(text: str, terms: list[str]) -> None:
    """Each kind of writing becomes the terms that it is looked for by."""
    assert terms_of(text) == terms


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("how do I install it?", "Installing"),
        ("what is audience id", "audience_id"),
        ("dry run", "--dry-run"),
        ("混合检索是什么", "支持混合检索"),
        ("version 2.3.5", "v2.3.5"),
        ("CAFE\u0301", "café"),
    ],
)
def test_question_and_passage_meet(question: str, passage: str) -> None:
    """A question shares a term with a passage that uses its words in another form."""
    assert set(terms_of(question)) & set(terms_of(passage))


@given(st.text(st.characters(), max_size=300))
@settings(deadline=None)
def test_terms_of_anything(text: str) -> None:
    """Whatever is written, terms are short, hold no whitespace and can be encoded."""
    for term in terms_of(text):
        assert 0 < len(term) <= LONGEST_TERM
        assert term.split() == [term]
        assert term.encode()


@given(st.text(st.characters(), max_size=300))
@settings(deadline=None)
def test_shares_sum_to_one(text: str) -> None:
    """The shares of the writing systems are fractions that sum to one, or there are none."""
    shares = scripts_of(text)
    assert sum(shares.values()) == pytest.approx(1 if shares else 0)
    assert all(0 < share <= 1 for share in shares.values())


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10**6,
        "word runs " * 10**5,
        "漢" * 10**6,
        "_" * 10**6,
        "-" * 10**6,
        "a_" * 500_000,
        "\u0315\u0300" * 500_000,
        "'" * 10**6,
    ],
    ids=["letter", "words", "han", "underscores", "dashes", "identifier", "accents", "quotes"],
)
def test_megabytes_take_seconds_at_most(text: str) -> None:
    """No text of a megabyte keeps the machine busy for long."""
    started = time.process_time()
    terms_of(text)
    scripts_of(text)
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("text", "scripts"),
    [
        ("Hello, 42!", {"latin": 1.0}),
        ("漢字かなカナ", {"han": 1 / 3, "hiragana": 1 / 3, "katakana": 1 / 3}),
        ("ab한글", {"latin": 0.5, "hangul": 0.5}),
        ("я", {"cyrillic": 1.0}),
        ("ع", {"arabic": 1.0}),
        ("λ", {"greek": 1.0}),
        ("א", {"hebrew": 1.0}),
        ("अ", {"devanagari": 1.0}),
        ("ก", {"thai": 1.0}),
        ("ა", {"other": 1.0}),
        ("Ｆｕｌｌ々", {"latin": 0.8, "han": 0.2}),
        ("42 🙂", {}),
    ],
)
def test_scripts(text: str, scripts: dict[str, float]) -> None:
    """Letters are counted by their writing system; digits and signs are not."""
    assert scripts_of(text) == pytest.approx(scripts)
