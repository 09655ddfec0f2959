"""Settings of pre-training distillation; the defaults are the paper's where it names them."""

from dataclasses import dataclass
from pathlib import Path

from distill.config import check, option

KL_POSITIONS = ("all", "masked", "sampled")
VARIANTS = ("full", "no-kl", "no-cosine", "no-mlm", "random")
FREEZE = ("none", "encoder", "embeddings")


@dataclass(frozen=True)
class PretrainConfig:
    """Triple-loss distillation on text; without a teacher, plain masked language modelling."""

    out: Path = option("folder to write the student to")
    teacher: str | None = option(
        "masked-LM checkpoint to learn from: a folder or a Hub id (default: none)", default=None
    )
    student: str | None = option(
        "checkpoint to start from (default: every other layer of the teacher)", default=None
    )
    layers: tuple[int, ...] | None = option(
        "teacher layers to cut the student from, counted from 0 (default: every other)",
        default=None,
    )
    family: str = option(
        "architecture of the student cut from the teacher: distilbert or bert", default="distilbert"
    )
    text: tuple[Path, ...] = option("text to tokenise: files, globs, .gz, hub:NAME", default=())
    corpus: Path | None = option("text as `tokenize` wrote it, instead of --text", default=None)
    ablations: tuple[str, ...] = option(
        f"train several students on one teacher pass: {', '.join(VARIANTS)}", default=()
    )

    weight_kl: float = option("weight of the KL to the teacher", default=5.0)
    weight_mlm: float = option("weight of the masked-LM cross entropy", default=2.0)
    weight_cosine: float = option("weight of the last hidden states' cosine loss", default=1.0)
    weight_hidden: float = option("weight of the layers' mean squared error", default=0.0)
    weight_relation: float = option("weight of the MiniLMv2 relation loss", default=0.0)
    relation_layer: int | None = option(
        "teacher layer of the relation loss, counted from 0 (default: the last)", default=None
    )
    relation_heads: int = option("heads of the relation loss", default=12)
    temperature: float = option("temperature of the KL", default=2.0)
    kl_positions: str = option(
        "where the KL is taken: all, masked, or sampled (masked and a part of the others)",
        default="all",
    )
    kl_sample: float = option("share of the unmasked positions for sampled", default=0.15)
    mask_share: float = option("share of the tokens to predict", default=0.15)
    smoothing: float = option(
        "tokens are masked with chance count^-X, so that rare words come more often; 0: all alike",
        default=0.7,
    )
    whole_words: bool = option("mask all pieces of a word or none", default=False)
    freeze: str = option("parts that do not train: none, encoder or embeddings", default="none")

    epochs: int = option("passes over the text", default=3)
    tokens: int | None = option("end after so many tokens (default: all epochs)", default=None)
    max_length: int = option("longest sequence of --text, in tokens", default=512)
    batch_tokens: int = option("tokens of one update, padding included", default=262_144)
    micro_batch_tokens: int = option("tokens of one forward pass", default=8192)
    learning_rate: float = option("peak learning rate of AdamW", default=5e-4)
    warmup: float = option("share of the run with a rising learning rate", default=0.05)
    weight_decay: float = option("weight decay of matrices", default=0.0)
    clip: float = option("largest norm of a student's gradient", default=5.0)
    dropout: float | None = option("dropout of the student (default: its own)", default=None)
    seed: int = option("seed of order, masks, dropout and new weights", default=42)
    precision: str = option("auto, bf16 or fp32", default="auto")
    compile: bool = option("compile the encoders with torch.compile", default=False)
    shard_teacher: bool = option(
        "spread the teacher's layers over the ranks (FSDP), for one that does not fit",
        default=False,
    )
    chunk: int | None = option(
        "positions whose logits exist at a time (default: by device)", may_change=True, default=None
    )
    workers: int = option("processes that mask ahead", may_change=True, default=0)
    eval_sequences: int = option("held-out sequences to evaluate on", default=1000)
    eval_every: int = option("updates between evaluations (0: at the end)", default=0)
    save_every: int = option("updates between saved states", may_change=True, default=50)
    trackers: tuple[str, ...] = option(
        "where numbers go beside metrics.jsonl: tensorboard",
        may_change=True,
        default=("tensorboard",),
    )
    force: bool = option("discard an existing or unfinished output", default=False)

    def __post_init__(self) -> None:
        check(
            bool(self.text) != (self.corpus is not None),
            "give the text as --text FILES or as --corpus FOLDER: one of the two",
        )
        check(
            self.teacher is not None or self.student is not None,
            "give a --teacher to learn from, or a --student to train without one",
        )
        named = self.layers is not None or self.family != "distilbert"
        check(
            self.student is None or not named,
            "layers and family shape the student cut from the teacher; --student has its own",
        )
        self._check_choices()
        self._check_losses()

    def _check_choices(self) -> None:
        for name, value, known in (
            ("precision", self.precision, ("auto", "bf16", "fp32")),
            ("kl_positions", self.kl_positions, KL_POSITIONS),
            ("freeze", self.freeze, FREEZE),
        ):
            check(value in known, f"{name} {value!r}: expected one of {', '.join(known)}")
        for name in self.ablations:
            check(name in VARIANTS, f"ablation {name!r} is unknown; known: {', '.join(VARIANTS)}")
        check(
            len(set(self.ablations)) == len(self.ablations),
            f"an ablation is named twice: {', '.join(self.ablations)}",
        )
        for name in self.trackers:
            check(name == "tensorboard", f"tracker {name!r} is unknown; known: tensorboard")
        for name in ("epochs", "batch_tokens", "micro_batch_tokens", "save_every"):
            check(getattr(self, name) >= 1, f"{name} must be at least 1: {getattr(self, name)}")
        for name in ("learning_rate", "clip", "temperature"):
            check(getattr(self, name) > 0, f"{name} must be above 0: {getattr(self, name)}")
        for name in ("mask_share", "kl_sample"):
            check(0 < getattr(self, name) <= 1, f"{name} is a share: {getattr(self, name)}")
        check(0 <= self.warmup < 1, f"warmup is a share from 0 to below 1: {self.warmup}")
        check(
            self.micro_batch_tokens <= self.batch_tokens,
            f"micro_batch_tokens is {self.micro_batch_tokens}, more than batch_tokens "
            f"{self.batch_tokens}",
        )

    def _check_losses(self) -> None:
        weights = {
            name: getattr(self, f"weight_{name}")
            for name in ("kl", "mlm", "cosine", "hidden", "relation")
        }
        check(min(weights.values()) >= 0, f"loss weights must not be negative: {weights}")
        check(max(weights.values()) > 0, "all loss weights are 0; nothing would be trained")
        if self.teacher is None:
            check(self.weight_mlm > 0, "without a teacher only the masked-LM loss is left: it is 0")
            check(not self.ablations, "ablations need a --teacher")
        check(
            not self.ablations or (self.student is None),
            "ablations cut their students from the teacher; leave --student out",
        )
