"""Settings of `student`: what is kept of a teacher, and what shape the student has."""

from dataclasses import dataclass
from pathlib import Path

from distill.config import option

FAMILIES = ("bert", "distilbert")
HEADS = ("mlm", "qa", "classification", "none")


@dataclass(frozen=True)
class StudentConfig:
    """How a student is cut out of a teacher."""

    teacher: str | Path = option("checkpoint of the teacher (BERT): a folder or a Hub id")
    out: Path = option("folder to write the student to")
    layers: tuple[int, ...] | None = option(
        "teacher layers to keep, counted from 0 (default: every other one)", default=None
    )
    family: str = option("architecture of the student: distilbert or bert", default="distilbert")
    depth: int | None = option(
        "layers of the student, evenly spread over the teacher's (default: half of them)",
        default=None,
    )
    head: str = option(
        "head of the student: mlm, qa, classification, none, or auto: the teacher's", default="auto"
    )
    width: int | None = option(
        "hidden size (default: the teacher's); a narrower student gets the teacher's embeddings "
        "projected, all else starts random",
        default=None,
    )
    heads: int | None = option("attention heads (default: the teacher's)", default=None)
    intermediate: int | None = option(
        "inner width of the feed-forward parts; a smaller one keeps the neurons with the largest "
        "weights (default: as many times the width as in the teacher)",
        default=None,
    )
    random_start: bool = option(
        "take the shape and the tokenizer of the teacher, but no weight", default=False
    )
    seed: int = option("seed of all weights that start random", default=0)
    vocab_from: tuple[Path, ...] = option(
        "text whose words the student's vocabulary keeps: text files, .gz, SQuAD or JSON lines",
        default=(),
    )
    vocab_min_count: int = option("times a token must occur in that text to be kept", default=1)
    vocab_size: int | None = option(
        "largest size of the cut vocabulary: the most frequent tokens stay (default: no limit)",
        default=None,
    )
    table_bits: int | None = option(
        "4: round the embedding tables to what an int8-embed4 or int4 file stores, so that "
        "`finetune --freeze embeddings` trains with the words that ship",
        default=None,
    )
    force: bool = option("replace the output folder if it exists", default=False)

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise ValueError(f"family {self.family!r} is unknown; known: {', '.join(FAMILIES)}")
        if self.head not in ("auto", *HEADS):
            raise ValueError(f"head {self.head!r} is unknown; known: auto, {', '.join(HEADS)}")
        if self.layers is not None and self.depth is not None:
            raise ValueError(
                f"layers {list(self.layers)} and depth {self.depth} both say how deep the student "
                "is; give one of them"
            )
        sizes = ("depth", "width", "heads", "intermediate", "vocab_min_count", "vocab_size")
        for name in sizes:
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1: {value}")
        if self.table_bits not in (None, 4):
            raise ValueError(f"table_bits {self.table_bits}: only 4 is known")
        if not self.vocab_from and (self.vocab_min_count != 1 or self.vocab_size is not None):
            raise ValueError(
                "vocab_min_count and vocab_size count the tokens of a text; give --vocab-from"
            )
