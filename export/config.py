"""What `export` can be asked for, with every default."""

from dataclasses import dataclass, field
from pathlib import Path

from export.recipes import RECIPES, STATIC, find_recipe

ELSEWHERE = ("coreml", "coreml-int8", "vulkan")
RUNTIMES = ("tflite", "pte")
PICTURES = (".svg", ".png")
SHORTEST_BUCKET = 8
MOST_BUCKETS = 5
"""Room for the special tokens, one question piece and a few context pieces."""


@dataclass(frozen=True)
class ExportConfig:
    """One export: a checkpoint folder, the bundle folder to write, and the form of the files."""

    checkpoint: Path = field(
        metadata={"help": "Hugging Face checkpoint folder, or Hub id as OWNER/NAME[@REVISION]"}
    )
    out: Path = field(metadata={"help": "bundle folder to write"})
    runtimes: tuple[str, ...] = field(
        default=RUNTIMES, metadata={"help": "files to write: tflite (LiteRT), pte (ExecuTorch)"}
    )
    also: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "files for accelerators of phones, written and not run here: coreml (float16), "
            "coreml-int8, vulkan (float16); for the largest bucket"
        },
    )
    recipe: str = field(default="int8", metadata={"help": f"numeric recipe: {', '.join(RECIPES)}"})
    keep: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "modules that stay float32, such as head, tokens, layers.0, layers.2.down"
        },
    )
    calibration: tuple[Path, ...] = field(
        default=(),
        metadata={
            "help": "texts that settle the scales of a static recipe: questions in SQuAD's format, "
            "or a classification set; our samples where none are given"
        },
    )
    buckets: tuple[int, ...] = field(
        default=(384,),
        metadata={
            "help": "input lengths in tokens, or auto (by the lengths in --bucket-data); one "
            ".tflite signature each, the .pte takes any length up to the largest",
            "auto": (),
        },
    )
    bucket_data: tuple[Path, ...] = field(
        default=(),
        metadata={"help": "questions (or a classification set) whose lengths settle auto buckets"},
    )
    max_buckets: int = field(default=4, metadata={"help": "how many auto buckets at most"})
    bucket_memory: float = field(
        default=64.0, metadata={"help": "MB that the activations of all auto buckets may take"}
    )
    vocab_from: tuple[Path, ...] = field(
        default=(),
        metadata={
            "help": "cut the vocabulary to the words of these texts (or SQuAD files); needs "
            "--gate-data, for it changes answers"
        },
    )
    vocab_min_count: int = field(
        default=1, metadata={"help": "keep tokens that occur so often in them"}
    )
    vocab_size: int | None = field(
        default=None, metadata={"help": "keep at most N tokens, the most frequent (default: all)"}
    )
    force: bool = field(default=False, metadata={"help": "replace an existing bundle folder"})
    revision: str | None = field(
        default=None, metadata={"help": "branch, tag or commit of a checkpoint of the Hub"}
    )

    gate_data: tuple[Path, ...] = field(
        default=(),
        metadata={"help": "questions (or a classification set) that checkpoint and files answer"},
    )
    gate_questions: int | None = field(
        default=None, metadata={"help": "take the first N of them (default: all)"}
    )
    max_f1_drop: float = field(
        default=0.5,
        metadata={"help": "F1 points a file may lose of its checkpoint's, or there is no bundle"},
    )
    sign: Path | None = field(
        default=None,
        metadata={"help": "private Ed25519 key in PEM: signs the manifest (manifest.sig)"},
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be built before anything heavy is loaded."""
        recipe = find_recipe(self.recipe)
        unknown = [runtime for runtime in self.runtimes if runtime not in RUNTIMES]
        if unknown or not self.runtimes or len(set(self.runtimes)) != len(self.runtimes):
            raise ValueError(
                f"runtimes must name each of {', '.join(RUNTIMES)} at most once, "
                f"found {','.join(self.runtimes) or 'none'}"
            )
        refused = [runtime for runtime in self.runtimes if runtime not in recipe.runtimes]
        if refused:
            raise ValueError(
                f"recipe {recipe.name} is for {', '.join(recipe.runtimes)} only, found "
                f"{', '.join(refused)}; name the runtimes (--runtime {','.join(recipe.runtimes)}) "
                "or choose another recipe"
            )
        strange = [target for target in self.also if target not in ELSEWHERE]
        if strange:
            raise ValueError(f"also knows {', '.join(ELSEWHERE)}, found {', '.join(strange)}")
        if self.calibration and recipe.activations != STATIC:
            raise ValueError(
                f"recipe {recipe.name} needs no calibration; leave it out or choose a static recipe"
            )
        if self.gate_questions is not None and not self.gate_data:
            raise ValueError("gate_questions is given without gate_data; name the data")
        if self.vocab_from and not self.gate_data:
            raise ValueError(
                "a cut vocabulary changes answers; name questions in --gate-data, so that its cost "
                "is measured"
            )
        if self.vocab_min_count < 1 or (self.vocab_size is not None and self.vocab_size < 1):
            raise ValueError(
                f"vocab_min_count and vocab_size must be at least 1, found {self.vocab_min_count} "
                f"and {self.vocab_size}"
            )
        if not self.vocab_from and (self.vocab_size is not None or self.vocab_min_count != 1):
            raise ValueError("vocab_size and vocab_min_count belong to vocab_from; name its texts")
        self._check_buckets()

    def _check_buckets(self) -> None:
        if not self.buckets:
            if not self.bucket_data:
                raise ValueError("auto buckets need lengths to go by; name files in --bucket-data")
            if not 1 <= self.max_buckets <= MOST_BUCKETS or self.bucket_memory <= 0:
                raise ValueError(
                    f"max_buckets must be from 1 to {MOST_BUCKETS} and bucket_memory over 0, found "
                    f"{self.max_buckets} and {self.bucket_memory:g}"
                )
            return
        if self.bucket_data:
            raise ValueError("bucket_data is given without auto buckets; add --buckets auto")
        if list(self.buckets) != sorted(set(self.buckets)):
            raise ValueError(
                "buckets must be different lengths in rising order, such as 64,128,384; "
                f"found {','.join(map(str, self.buckets))}"
            )
        if self.buckets[0] < SHORTEST_BUCKET:
            raise ValueError(
                f"a bucket needs at least {SHORTEST_BUCKET} tokens, found {self.buckets[0]}"
            )


@dataclass(frozen=True)
class InstallConfig:
    """A bundle to put into an app."""

    bundle: Path = field(metadata={"help": "bundle folder"})
    app: Path = field(metadata={"help": "folder of the app: android_demo or ios_demo"})


@dataclass(frozen=True)
class InspectConfig:
    """A second look at a bundle."""

    bundle: Path = field(metadata={"help": "bundle folder to check"})
    public_key: Path | None = field(
        default=None,
        metadata={"help": "public Ed25519 key in PEM; a missing or wrong signature is an error"},
    )
    picture: Path | None = field(
        default=None, metadata={"help": "draw the account into this file, .svg or .png"}
    )
    max_outside: int | None = field(
        default=None,
        metadata={"help": "operators that a file may run outside its delegates (error above it)"},
    )
    max_bytes: int | None = field(
        default=None, metadata={"help": "bytes that a model file may have (error above it)"}
    )

    def __post_init__(self) -> None:
        """Refuse a picture of another kind and budgets that mean nothing."""
        if self.picture is not None and self.picture.suffix not in PICTURES:
            raise ValueError(
                f"a picture is {' or '.join(PICTURES)} by its name, found {self.picture}"
            )
        for name, budget in (("max_outside", self.max_outside), ("max_bytes", self.max_bytes)):
            if budget is not None and budget < 0:
                raise ValueError(f"{name} must not be negative, found {budget}")
