"""What Claude's API says on the wire: events, messages, models and errors as JSON."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

JSON = dict[str, Any]


@dataclass(frozen=True)
class Sentence:
    """One text block of an answer and the sentence of a search result that it is cited from."""

    text: str
    result: int | None = None
    place: int = 0


def search_results(body: JSON) -> list[JSON]:
    """Return the search results of a request, in order."""
    content = body["messages"][-1]["content"]
    return [] if isinstance(content, str) else [b for b in content if b["type"] == "search_result"]


def answer_to(body: JSON) -> list[Sentence]:
    """Answer with the citable sentence that shares most words with the question."""
    question = words_of(body["messages"][-1]["content"][-1]["text"].removeprefix("The question:"))
    found = [
        (len(question & words_of(text["text"])), -result, -place)
        for result, block in enumerate(search_results(body))
        for place, text in enumerate(block["content"])
    ]
    shared, result, place = max(found, default=(0, 0, 0))
    if not shared:
        return [Sentence("NO_ANSWER")]
    said = search_results(body)[-result]["content"][-place]["text"].strip()
    return [Sentence("The documents say: "), Sentence(said, -result, -place), Sentence(" Cheers!")]


def words_of(text: str) -> set[str]:
    """Return the longer words of a text."""
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > 3}


def citation(body: JSON, sentence: Sentence) -> JSON:
    """Return the native citation of a search result's sentence."""
    assert sentence.result is not None
    block = search_results(body)[sentence.result]
    return {
        "type": "search_result_location",
        "source": block["source"],
        "title": block["title"],
        "cited_text": block["content"][sentence.place]["text"],
        "search_result_index": sentence.result,
        "start_block_index": sentence.place,
        "end_block_index": sentence.place + 1,
    }


def event(name: str, **fields: object) -> bytes:
    """Return one server-sent event."""
    return f"event: {name}\ndata: {json.dumps({'type': name, **fields})}\n\n".encode()


def message_start(body: JSON) -> bytes:
    """Return the first event of a stream: 100 tokens went in, 20 of them from the cache."""
    usage = {"input_tokens": 80, "cache_read_input_tokens": 20, "output_tokens": 1}
    return event("message_start", message=message(body, "", stop_reason=None) | {"usage": usage})


def text_block(body: JSON, index: int, sentence: Sentence) -> Iterator[bytes]:
    """Yield the events of one text block, in pieces of a few letters."""
    yield event("content_block_start", index=index, content_block={"type": "text", "text": ""})
    for start in range(0, len(sentence.text), 7):
        delta: JSON = {"type": "text_delta", "text": sentence.text[start : start + 7]}
        yield event("content_block_delta", index=index, delta=delta)
    if sentence.result is not None:
        delta = {"type": "citations_delta", "citation": citation(body, sentence)}
        yield event("content_block_delta", index=index, delta=delta)
    yield event("content_block_stop", index=index)


def thinking_block(index: int) -> Iterator[bytes]:
    """Yield the events of a thinking block whose text is left out."""
    block = {"type": "thinking", "thinking": "", "signature": ""}
    yield event("content_block_start", index=index, content_block=block)
    delta = {"type": "signature_delta", "signature": "c2ln"}
    yield event("content_block_delta", index=index, delta=delta)
    yield event("content_block_stop", index=index)


def message_end(stop_reason: str) -> Iterator[bytes]:
    """Yield the last events of a stream: 50 tokens came out."""
    delta = {"stop_reason": stop_reason, "stop_sequence": None}
    yield event("message_delta", delta=delta, usage={"output_tokens": 50})
    yield event("message_stop")


def message(body: JSON, text: str, *, stop_reason: str | None = "end_turn") -> JSON:
    """Return a whole message."""
    return {
        "id": "msg_loopback",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [{"type": "text", "text": text}] if text else [],
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 100, "output_tokens": 50},
    }


def answered(body: JSON) -> JSON:
    """Return a whole message that answers as a stream would, with native citations."""
    blocks: list[JSON] = [
        {"type": "text", "text": one.text}
        | ({} if one.result is None else {"citations": [citation(body, one)]})
        for one in answer_to(body)
    ]
    return message(body, "") | {"content": blocks}


def reply_to(body: JSON) -> str:
    """Return what a request that does not stream is answered with."""
    said = body["messages"][-1]["content"]
    held = {name: json.loads(text) for name, text in re.findall(r"<(\w+)>\n(.*)\n</\1>", said)}
    if "sources" in held:
        return json.dumps({"verdict": verdict_on(held["answer"], held["sources"])})
    if "question" not in held:
        return f"In short: {held['text'].split('. ')[0]}"
    asked = [turn["text"] for turn in held["conversation"] if turn["by"] == "person"]
    return f"{held['question']} ({asked[0]})"


def verdict_on(answer: str, sources: list[JSON]) -> str:
    """Weigh an answer by its numbers and its longer words."""
    told = " ".join(one["text"] for one in sources)
    if set(re.findall(r"\d+", answer)) - set(re.findall(r"\d+", told)):
        return "contradicted"
    return "supported" if words_of(answer) <= words_of(told) else "missing"


def model(name: str, display_name: str, **changes: object) -> JSON:
    """Return a model's description; `changes` replace its fields."""
    yes = {"supported": True}
    return {
        "id": name,
        "type": "model",
        "display_name": display_name,
        "created_at": "2026-01-01T00:00:00Z",
        "lifecycle": "active",
        "retires_at": None,
        "max_input_tokens": 1_000_000,
        "max_tokens": 128_000,
        "capabilities": {
            "citations": yes,
            "structured_outputs": yes,
            "effort": {"supported": True, "low": yes, "medium": yes, "high": yes, "max": yes},
            "thinking": {
                "supported": True,
                "types": {
                    "adaptive": yes,
                    "between_tools": yes,
                    "disabled": {"supported": "haiku" in name},
                    "enabled": {"supported": False},
                },
            },
        },
    } | changes


def error(kind: str, text: str, code: str | None = None) -> JSON:
    """Return the body of an error."""
    details = {"error_code": code} if code else None
    described = {"type": kind, "message": text, "details": details}
    return {"type": "error", "error": described, "request_id": "req_loopback"}
