"""Commands: what people ask for by `/name`."""

import re
from collections.abc import Sequence
from datetime import datetime

from core.answers import Answer, Origin, Presented, Question
from core.audience import narrowest
from core.documents import content_hash
from core.interfaces import Call, Command, Reply
from core.messages import Message

CALL = re.compile(r"\s*/([\w-]+)(?:\s+(.*))?", re.DOTALL)


def is_command(text: str) -> bool:
    """Say whether a message calls a command; one that begins with a path does not."""
    return CALL.fullmatch(text) is not None


async def run_command(
    commands: Sequence[Command], message: Message, answer_id: str, reply: Reply, now: datetime
) -> Answer:
    """Return what the called command says, or that there is none; `is_command` holds."""
    called = CALL.fullmatch(message.text)
    name, arguments = called.groups(default="") if called else ("", "")
    command = next((one for one in commands if one.name == name.lower()), None)
    if command is None:
        text = f"There is no command `/{name}`. `/help` lists what there is."
    else:
        call = Call(
            arguments=arguments.strip(),
            person=message.person,
            answer_id=answer_id,
            conversation=message.conversation,
            thread=message.thread,
            private=message.private or message.conversation.direct,
        )
        text = await command.run(call, reply.progress)
    if isinstance(text, Presented):
        return _presented(text, answer_id, message, now)
    asked = message.text.strip()
    return Answer(
        id=answer_id,
        question=question_of(answer_id, asked, asked),
        text=text,
        origin=Origin.COMMAND,
        audience=message.conversation.audience,
        created_at=now,
    )


def _presented(text: Presented, answer_id: str, message: Message, now: datetime) -> Answer:
    """Return a command's reply as a stored answer given again: what is said of it is said of that one."""
    stored = text.answer
    return Answer(
        id=answer_id,
        question=question_of(answer_id, stored.question.text, stored.question.asked),
        text=str(text),
        origin=stored.origin,
        audience=narrowest([stored.audience, message.conversation.audience]),
        created_at=now,
        citations=stored.citations,
        author=stored.author,
        badge=stored.badge,
        reused_id=stored.id,
    )


def question_of(answer_id: str, text: str, asked: str) -> Question:
    """Return the question that an answer is first given to, whose identity follows from both."""
    return Question(id=content_hash(answer_id, text)[:32], text=text, asked=asked)
