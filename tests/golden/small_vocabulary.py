"""The small vocabulary of the cases of windows, answers and classifiers."""

from tasks.tokenizer import WordPieceTokenizer

SMALL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz", *"?.!"]
SMALL += ["##" + letter for letter in "abcdefghijklmnopqrstuvwxyz"] + ["東", "京", "😀", "é"]
SMALL += ["ᄒ", "##ᅡ", "##ᆫ"]


def small_tokenizer() -> WordPieceTokenizer:
    """The tokenizer of the cases of windows and answers."""
    return WordPieceTokenizer({token: i for i, token in enumerate(SMALL)}, lowercase=True)


def letters(count: int) -> str:
    """A passage of `count` tokens that repeats only after 26."""
    return " ".join(chr(ord("a") + i % 26) for i in range(count))
