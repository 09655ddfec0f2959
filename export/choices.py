"""What an export settles by the user's data: its buckets and its vocabulary."""

import dataclasses
from collections.abc import Callable

from export.buckets import choose_by_data
from export.config import ExportConfig
from export.recipes import find_recipe
from export.shape import Shape
from export.vocabulary import choose_vocabulary, table_bytes
from tasks.text_tokenizer import TextTokenizer
from tasks.vocabulary_cut import held_back_lines


def with_buckets(
    config: ExportConfig, shape: Shape, tokenizer: TextTokenizer, progress: Callable[[str], None]
) -> ExportConfig:
    """Settle the buckets by the lengths of the inputs that the config names."""
    limits = config.max_buckets, int(config.bucket_memory * 1e6)
    choice = choose_by_data(tokenizer, shape, config.bucket_data, *limits)
    progress(
        f"buckets {', '.join(map(str, choice.buckets))} for {choice.inputs} inputs: about "
        f"{100 * choice.relative_time:.0f} % of the time of {choice.buckets[-1]} alone, "
        f"{choice.arena_bytes / 1e6:.0f} MB of activations (both estimated)"
    )
    return dataclasses.replace(config, buckets=choice.buckets, bucket_data=())


def kept_tokens(
    config: ExportConfig, shape: Shape, tokenizer: TextTokenizer, progress: Callable[[str], None]
) -> tuple[int, ...]:
    """Return the ids of the vocabulary that the config asks for; none for all of it."""
    if not config.vocab_from:
        return ()
    limits = config.vocab_min_count, config.vocab_size
    cut = choose_vocabulary(tokenizer, config.vocab_from, *limits, progress)
    width, numbers = shape.embedding or shape.hidden, find_recipe(config.recipe).tables
    saved = table_bytes(tokenizer.vocab_size - len(cut.kept), width, numbers)
    progress(
        f"vocabulary: {len(cut.kept)} of {tokenizer.vocab_size} tokens, about {saved / 1e6:.1f} MB "
        "less in each file"
    )
    for line in held_back_lines(cut.held_back):
        progress(line)
    return tuple(int(token) for token in cut.kept)
