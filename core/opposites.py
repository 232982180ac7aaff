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
        "unable impossible unsuccessful unavailable fail fails failed failing broken refuse refuses "
        "except nicht kein keine "
        "keinen ohne niemals pas sans jamais aucun nunca"
    )
)
# Phrases that negate the asker's knowledge, or nothing.
HARMLESS = re.compile(
    r"\b(?:not sure|not clear|no idea|whether or not|or not|not only|no longer sure|"
    r"(?:do|did)(?:n't| not|nt) (?:know|understand|see how|get how)|"
    r"can(?:'t|not|t| not) (?:figure|find out|find how|work out|see how|remember)|"
    r"leave (?:\w+ )?(?:feedback|comments?|reviews?|notes?|messages?)|"
    r"(?:annual|sick|parental|maternity|paternity|paid|unpaid|my|your|'s|of) leave)\b"
    r"|([\u3400-\u9fff])[不没]\1|不知道|不清楚|不同|不过|不仅|不但|不错|差不多|对不起|不好意思"
    r"|无线|未来|停车|(?:区|分|特|级|类|个|性)别|别[的人]",
    re.IGNORECASE,
)
CHINESE_NEGATIONS = re.compile("失败|[不没無无未别勿]")
# What stands for a negation without being a word of it.
ALL_BUT = re.compile(r"\b(every(?:one|body)|any(?:one|body)|all) but\b", re.IGNORECASE)
AWAY = re.compile(r"\b(is|are|was|were|goes|went) down\b", re.IGNORECASE)

# Kinds of words; two questions of which only one has such a word do not mean the same.
HALTING = frozenset(
    words_in(
        "disable disabled disables disabling deactivate deactivated deactivating off stop stopped "
        "stops stopping halt quit kill shutdown shut prevent prevents preventing forbid forbidden "
        "forbidding block blocked blocking avoid avoiding exclude excluding mute silence pause "
        "suspend cancel cancelling canceling quiet"
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
        "backup backups|restore restoring recover recovering",
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
        "approve approves approved accept accepts accepted|"
        "reject rejects rejected decline declines declined",
        "include includes included including|exclude excludes excluded excluding",
        "cheap cheaper cheapest|expensive",
        "fast faster fastest|slow slower slowest",
        "ascending|descending",
        "borrow borrowing|lend lending",
        "buy buying purchase|sell selling",
        "deposit depositing|withdraw withdrawing withdrawal",
        "hire hiring|fire firing",
        "expand|collapse",
        "pin pinned|unpin unpinned",
        "zoomin|zoomout",
        "open|closed shut",
        "yesterday|today|tomorrow",
        "thisweek|nextweek|lastweek",
        "thismonth|nextmonth|lastmonth",
        "thisyear|nextyear|lastyear",
        "am|pm",
        "seconds|minutes|hours|days|weeks|months|years",
        "kb|mb|gb|tb",
        "dollar dollars usd|euro euros eur|pound pounds gbp",
        "kg kilo kilos|g gram grams|lb lbs",
        "m metre metres|km kilometre kilometres|mile miles",
        "vor|nach",
        "an|ab",  # German; English has no "ab"
        "offen geöffnet|geschlossen",
        "上班|下班",
        "前|后",
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
    r"\b(log|sign|check|opt|zoom)(?:ged|ned|ed|ging|ing)?[ -](in|out)\b", re.IGNORECASE
)
PERIOD = re.compile(r"\b(this|next|last) (week|month|year)\b", re.IGNORECASE)
# A unit behind its number, and a currency's sign; "am" is a unit only there.
MEASURED = re.compile(r"(?<=\d) ?(am|pm|kb|mb|gb|tb|kg|lb|km|m|g)\b", re.IGNORECASE)
VERB_AM = re.compile(r"(?<!\d)(?<!\d )\b(?:am|m|g)\b", re.IGNORECASE)
CURRENCIES = {"$": " dollar ", "€": " euro ", "£": " pound "}
PREFIXES = tuple(words_in("un in im il ir dis non de"))


def negated(text: str) -> bool:
    """Say whether a question is asked in the negative: twice negated is not."""
    told = ALL_BUT.sub(r"\1 except", AWAY.sub(r"\1 not", text.replace("’", "'")))
    told = HARMLESS.sub(" ", told)
    words = words_in(told)
    counted = sum(word in NEGATIONS or word.endswith("n't") for word in words)
    return (counted + len(CHINESE_NEGATIONS.findall(told))) % 2 == 1


def reversals(text: str) -> tuple[bool, bool]:
    """Say whether a question is about halting something, and about removing something."""
    told = HARMLESS.sub(" ", text.replace("’", "'"))
    words = set(words_in(told))
    return (
        bool(words & HALTING or CHINESE_HALTING.search(told)),
        bool(words & REMOVING or CHINESE_REMOVING.search(told)),
    )


def opposed(one: str, other: str) -> bool:
    """Say whether two texts name different sides of some opposition, such as before and after."""
    mine, theirs = set(words_in(one)), set(words_in(other))
    if _prefixed(mine - theirs, theirs - mine) or _prefixed(theirs - mine, mine - theirs):
        return True
    told = [_joined(text) for text in (one, other)]
    words = [set(words_in(text)) for text in told]
    return any(
        left and right and left != right
        for sides in OPPOSITES
        for left, right in [[_sides(*pair, sides) for pair in zip(told, words, strict=True)]]
    )


def _prefixed(words: set[str], others: set[str]) -> bool:
    """Say whether one has a word that the other has with a prefix which reverses it."""
    return any(prefix + word in others for word in words if len(word) > 3 for prefix in PREFIXES)


def _sides(text: str, words: set[str], sides: tuple[frozenset[str], ...]) -> set[int]:
    return {
        number
        for number, side in enumerate(sides)
        if any(word in words or (HAN.match(word) and word in text) for word in side)
    }


def _joined(text: str) -> str:
    """Return a text in which what is one word of sense is one word, and units stand by themselves."""
    for sign, name in CURRENCIES.items():
        text = text.replace(sign, name)
    text = MEASURED.sub(r" \1", VERB_AM.sub(" ", text))
    return PERIOD.sub(r"\1\2", PARTICLE.sub(r"\1\2", text))
