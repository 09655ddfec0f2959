"""What every tokenizer here does, whatever its kind: text to ids, spans and model inputs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tokenizers import Tokenizer

_RECENT = 8
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Pieces:
    """Token ids and, for each, its half-open span in Unicode code points of the original text."""

    ids: list[int]
    spans: list[tuple[int, int]]


class TextTokenizer:
    """Text to ids. A special token typed by a user is plain text: it can never inject a separator.

    `tokens` are the names of the ids from 0 on.
    """

    kind: ClassVar[str]
    """What a bundle's manifest calls this kind of tokenizer."""
    file: ClassVar[str]
    """The name of its file in a bundle."""
    special_tokens: ClassVar[tuple[str, str, str, str, str]]
    """The names of padding, unknown, start, separator and mask."""
    separators: ClassVar[int]
    """How many separators stand between the two texts of a pair."""
    second_type: ClassVar[int]
    """The token type of a pair's second text."""

    def __init__(
        self, backend: Tokenizer, vocab: dict[str, int], lowercase: bool, strip_accents: bool
    ) -> None:
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        self.tokens = sorted(vocab, key=vocab.__getitem__)
        self.vocab_size = len(vocab)
        self.pad_id, self.unk_id, self.cls_id, self.sep_id, self.mask_id = (
            vocab[token] for token in self.special_tokens
        )
        # Built without registered special tokens: nothing in the text can match one, which is what
        # `encode_special_tokens=True` means; the flag is set too, so that both roads agree.
        self._tokenizer = backend
        self._tokenizer.encode_special_tokens = True
        self._recent: dict[str, Pieces] = {}

    @property
    def pair_specials(self) -> int:
        """How many special tokens a pair of texts needs."""
        return 2 + self.separators

    def pair(self, first: Sequence[int], second: Sequence[int]) -> tuple[list[int], list[int]]:
        """Input ids and token types of two texts with all special tokens.

        The second text starts at position `len(first) + 1 + separators`.
        """
        head = [self.cls_id, *first, *[self.sep_id] * self.separators]
        types = [0] * len(head) + [self.second_type] * (len(second) + 1)
        return [*head, *second, self.sep_id], types

    def encode(self, text: str) -> Pieces:
        """Tokenises plain text; adds no special token.

        The last few texts are remembered: many questions in a row are about one passage.
        """
        found = self._recent.get(text)
        if found is None:
            found = self._encode(text)
            self._recent = dict([*list(self._recent.items())[1 - _RECENT :], (text, found)])
        return found

    def _encode(self, text: str) -> Pieces:
        # Lone surrogates are not Unicode text and make `tokenizers` raise; each counts as the
        # replacement character, so the other offsets stay where they were.
        clean = _LONE_SURROGATE.sub("\ufffd", text)
        encoding = self._tokenizer.encode(clean, add_special_tokens=False)
        return Pieces(encoding.ids, encoding.offsets)

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """The token ids of each text, as `encode` gives them; on all cores, without spans."""
        clean = [_LONE_SURROGATE.sub("\ufffd", text) for text in texts]
        encodings = self._tokenizer.encode_batch_fast(clean, add_special_tokens=False)
        return [encoding.ids for encoding in encodings]
