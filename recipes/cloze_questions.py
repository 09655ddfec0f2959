"""Questions that text asks of itself: a sentence without a name that the passage has again.

python recipes/cloze_questions.py --seed 1 --out cloze.json.gz TEXT...

From each passage a sentence is taken that shares a name or a number, and a word besides, with
another sentence. "what" in its place makes it a question, and the rest of the passage holds the
answer. `finetune --task squad` reads the result. The idea, recurring spans as pre-training for
question answering, is that of Ram et al., "Few-Shot Question Answering by Pretraining Span
Selection", ACL 2021.
"""

import argparse
import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tasks.text import read_documents

WORDS = 160
"""Words of a passage, some more than in SQuAD's; a document of fewer than half is left out."""
QUESTION_WORDS = range(5, 31)
MOST = 3
"""Questions of one passage."""
_SENTENCE = re.compile(
    r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\b(?:Mr|Dr|St|vs|Jr|No)\.)\s+(?=[\"“'(]?[A-Z0-9])"
)
_ANSWER = re.compile(
    r"\b(?:[A-Z][\w’'.-]*\w(?:\s+(?:(?:of|the|and|de|von|van)\s+)?[A-Z][\w’'.-]*\w){0,3}"
    r"|\d[\d,.]*\d|\d)(?=\W|$)"
)
_WORD = re.compile(r"\w+")
_COMMON = frozenset(
    """
    a about after again all also although an and any are as at be because been before being
    between both but by can could did do does during each few first for from had has have he her
    here him his how however i if in into is it its many may more most no not of on one only or
    other our over she since so some such than that the their them then there these they this
    those though through to two under until up was we were what when where which while who whom
    whose why will with within would you
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Cloze:
    """A question, the passage that answers it, the answer and the character where it starts."""

    question: str
    context: str
    answer: str
    start: int


def passages(document: str) -> Iterator[list[str]]:
    """The sentences of a document in groups of about `WORDS` words."""
    group: list[str] = []
    for sentence in _SENTENCE.split(" ".join(document.split())):
        group.append(sentence)
        if sum(len(one.split()) for one in group) >= WORDS:
            yield group
            group = []
    if sum(len(one.split()) for one in group) >= WORDS // 2:
        yield group


def clozes(sentences: list[str], chance: random.Random) -> list[Cloze]:
    """Up to `MOST` questions of a passage, each with another answer."""
    words = [{w for w in _WORD.findall(one.lower()) if w not in _COMMON} for one in sentences]
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, sentence in enumerate(sentences):
        for found in _ANSWER.finditer(sentence):
            if found[0].lower() not in _COMMON:
                places[found[0]].append((number, found.start()))
    pairs: dict[str, list[tuple[int, int, int, int]]] = defaultdict(list)
    for answer, here in places.items():
        own = set(_WORD.findall(answer.lower()))
        for asked, _ in here:
            if len(sentences[asked].split()) not in QUESTION_WORDS:
                continue
            for given, start in here:
                if given != asked and (shared := len((words[asked] & words[given]) - own)):
                    pairs[answer].append((shared, asked, given, start))
    answers = chance.sample(sorted(pairs), min(MOST, len(pairs)))
    return [_cloze(sentences, answer, *max(pairs[answer])[1:]) for answer in answers]


def _cloze(sentences: list[str], answer: str, asked: int, given: int, start: int) -> Cloze:
    blank = re.sub(rf"(?<!\w){re.escape(answer)}(?!\w)", "what", sentences[asked])
    rest = [sentence for number, sentence in enumerate(sentences) if number != asked]
    before = sum(len(sentence) + 1 for n, sentence in enumerate(sentences[:given]) if n != asked)
    return Cloze(blank.rstrip(".!") + "?", " ".join(rest), answer, before + start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", type=Path, nargs="+", help="text, documents parted by blank lines")
    parser.add_argument("--out", type=Path, required=True, help="SQuAD file to write (.json.gz)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the choice of answers")
    arguments = parser.parse_args()
    paragraphs = []
    for path in arguments.text:
        chance = random.Random(f"{arguments.seed} {path.name}")
        for document in read_documents([path]):
            for sentences in passages(" ".join(document)):
                for made in clozes(sentences, chance):
                    assert made.context.startswith(made.answer, made.start)
                    answer = {"text": made.answer, "answer_start": made.start}
                    number = f"cloze-{len(paragraphs)}"
                    asked = {"id": number, "question": made.question, "answers": [answer]}
                    paragraphs.append({"context": made.context, "qas": [asked]})
    text = json.dumps({"version": "1.1", "data": [{"title": "cloze", "paragraphs": paragraphs}]})
    partial = arguments.out.with_name(arguments.out.name + ".partial")
    # The same text gives the same bytes: no time in the header.
    partial.write_bytes(gzip.compress(text.encode(), 6, mtime=0))
    partial.rename(arguments.out)
    print(f"wrote {arguments.out}: {len(paragraphs):,} questions")


if __name__ == "__main__":
    main()
