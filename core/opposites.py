"""Words that turn a question into its opposite. Pure.

Word lists are single strings, so that they can be read. Chinese ones hold characters or short words,
because Chinese is written without spaces.
"""

import re

HAN = re.compile(r"[\u3400-\u9fff]+")
WORD = re.compile(r"[^\W_]+(?:['.:_][^\W_]+)*", re.UNICODE)


def words_in(text: str) -> list[str]:
    """Return the words of a text in their order, folded, without a possessive 's.

    Versions and times stay whole; a run of Latin letters or digits within Chinese is a word.
    """
    spaced = HAN.sub(r" \g<0> ", text.replace("’", "'").replace("->", " to ").replace("→", " to "))
    return [word.lower().removesuffix("'s") for word in WORD.findall(spaced)]


NEGATIONS = frozenset(
    words_in(
        "no not non never without cannot none nothing neither nor cant dont doesnt didnt isnt wont "
        "unable impossible fail fails failed failing broken refuse refuses except nicht kein keine "
        "keinen ohne niemals pas sans jamais aucun nunca"
    )
)
# Phrases that negate the asker's knowledge, or nothing.
HARMLESS = re.compile(
    r"\b(?:not sure|not clear|no idea|whether or not|or not|not only|no longer sure|"
    r"(?:do|did)(?:n't| not|nt) (?:know|understand|see how|get how)|"
    r"can(?:'t|not|t| not) (?:figure|find out|find how|work out|see how|remember))\b"
    r"|([\u3400-\u9fff])[不没]\1|不知道|不清楚|不同|不过|不仅|不但|不错|差不多|对不起|不好意思"
    r"|无线|未来|停车|(?:区|分|特|级|类|个|性)别|别[的人]",
    re.IGNORECASE,
)
CHINESE_NEGATIONS = re.compile("[不没無无未别勿]")

# Kinds of words; two questions of which only one has such a word do not mean the same.
HALTING = frozenset(
    words_in(
        "disable disabled disables disabling deactivate deactivated deactivating off stop stopped "
        "stops stopping halt quit kill shutdown shut prevent prevents preventing forbid forbidden "
        "forbidding block blocked blocking avoid avoiding exclude excluding mute silence pause "
        "suspend cancel cancelling canceling"
    )
)
REMOVING = frozenset(
    words_in(
        "remove removes removed removing delete deletes deleted deleting uninstall uninstalling "
        "unset erase drop rid revoke disconnect disconnecting unlink unsubscribe unlock unmute "
        "undo leave leaving detach"
    )
)
CHINESE_HALTING = re.compile("禁|停|关闭|关掉|阻止|防止|取消|屏蔽|暂停")
CHINESE_REMOVING = re.compile("删|移除|卸载|退出|撤销|清除|断开")

# Opposites and alternatives: two questions that both name some of a line must name the same ones.
OPPOSITES = tuple(
    tuple(frozenset(words_in(side)) for side in line.split("|"))
    for line in (
        "before earlier beforehand|after afterwards later",
        "more most maximum max largest longest biggest highest|"
        "less least fewer minimum min smallest shortest lowest",
        "increase increasing raise grow|decrease decreasing reduce reducing lower shrink",
        "import imports importing|export exports exporting",
        "upload uploading|download downloading",
        "upgrade upgrading|downgrade downgrading",
        "public|private",
        "internal|external",
        "incoming inbound|outgoing outbound",
        "send sending|receive receiving",
        "read reading|write writing",
        "open opens opening start starts|close closes closing end ends",
        "encrypt encryption|decrypt decryption",
        "backup backups|restore restoring",
        "first oldest|last latest newest",
        "join joining|leave leaving",
        "show|hide hiding",
        "allow allows allowed enable enabled|disallow deny denied",
        "required mandatory compulsory|optional",
        "manual manually|automatic automatically",
        "login signin checkin optin|logout signout checkout optout",
        "up|down",
        "inside indoors|outside outdoors",
        "free|paid",
        "merge merging|split splitting",
        "grant granting|revoke revoking",
        "client clients|server servers",
        "production|staging|development",
        "hourly|daily|weekly|monthly|yearly annual",
        "导入|导出",
        "上传|下载",
        "升级|降级",
        "增加|减少",
        "之前|之后",
        "登录|登出 注销",
        "加入|离开",
        "公开|私有 私人",
        "最大 最多 最长|最小 最少 最短",
        "开始 打开|结束 关闭",
        "发送|接收",
    )
)
# "log in" is one word in two; "in" alone says nothing.
PARTICLE = re.compile(
    r"\b(log|sign|check|opt)(?:ged|ned|ed|ging|ing)?[ -](in|out)\b", re.IGNORECASE
)
PREFIXES = tuple(words_in("un in im il ir dis non de"))


def negated(text: str) -> bool:
    """Say whether a question is asked in the negative: twice negated is not."""
    told = HARMLESS.sub(" ", text.replace("’", "'"))
    words = words_in(told)
    counted = sum(word in NEGATIONS or word.endswith("n't") for word in words)
    return (counted + len(CHINESE_NEGATIONS.findall(told))) % 2 == 1


def reversals(text: str) -> tuple[bool, bool]:
    """Say whether a question is about halting something, and about removing something."""
    words = set(words_in(text))
    told = HARMLESS.sub(" ", text)
    return (
        bool(words & HALTING or CHINESE_HALTING.search(told)),
        bool(words & REMOVING or CHINESE_REMOVING.search(told)),
    )


def opposed(one: str, other: str) -> bool:
    """Say whether two texts name different sides of some opposition, such as before and after."""
    mine, theirs = set(words_in(one)), set(words_in(other))
    if _prefixed(mine - theirs, theirs - mine) or _prefixed(theirs - mine, mine - theirs):
        return True
    return any(
        left and right and left != right
        for sides in OPPOSITES
        for left, right in [(_sides(one, sides), _sides(other, sides))]
    )


def _prefixed(words: set[str], others: set[str]) -> bool:
    """Say whether one has a word that the other has with a prefix which reverses it."""
    return any(prefix + word in others for word in words if len(word) > 3 for prefix in PREFIXES)


def _sides(text: str, sides: tuple[frozenset[str], ...]) -> set[int]:
    words = set(words_in(PARTICLE.sub(r"\1\2", text)))
    return {
        number
        for number, side in enumerate(sides)
        if any(word in words or (HAN.match(word) and word in text) for word in side)
    }
