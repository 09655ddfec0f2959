"""Texts in several settings, with the ids and spans that Hugging Face `tokenizers` gives."""

from collections.abc import Callable, Sequence
from typing import Any

import texts
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer


def huggingface(
    vocabulary: Sequence[str], lowercase: bool, strip_accents: bool
) -> Callable[[str], tuple[list[int], list[tuple[int, int]]]]:
    """BERT's tokenizer as `tokenizers` has it, with the removal of accents set apart."""
    model = WordPiece(
        {token: number for number, token in enumerate(vocabulary)},
        unk_token="[UNK]",
        max_input_chars_per_word=100,
    )
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = BertNormalizer(lowercase=lowercase, strip_accents=strip_accents)
    tokenizer.pre_tokenizer = BertPreTokenizer()

    def encode(text: str) -> tuple[list[int], list[tuple[int, int]]]:
        encoding = tokenizer.encode(text, add_special_tokens=False)
        return encoding.ids, encoding.offsets

    return encode


def tokenizer_cases() -> dict[str, Any]:
    """Texts in three settings, with the ids and spans that `tokenizers` gives."""
    cases = []
    for name, group in texts.CASES.items():
        vocabulary, lowercase, strip_accents = texts.TOKENIZERS[name]
        tokens = texts.VOCABULARIES[vocabulary]
        encode = huggingface(tokens, lowercase, strip_accents)
        for case, text in group.items():
            ids, spans = encode(text)
            cases.append(
                {
                    "name": case,
                    "tokenizer": name,
                    "text": text,
                    "tokens": [tokens[i] for i in ids],
                    "ids": ids,
                    "spans": spans,
                }
            )
    settings = {
        name: {"vocabulary": vocabulary, "lowercase": lowercase, "strip_accents": strip_accents}
        for name, (vocabulary, lowercase, strip_accents) in texts.TOKENIZERS.items()
    }
    return {"vocabularies": texts.VOCABULARIES, "tokenizers": settings, "cases": cases}
