"""What a pre-training run reads: teacher, students and text, found or made before it starts."""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from distill.corpus import open_corpus
from distill.corpus_build import build_corpus
from distill.corpus_config import CorpusConfig
from distill.folder import hash_folder
from distill.pretrain_config import PretrainConfig
from distill.state import fixed_settings, hash_sources
from distill.student import make_student
from distill.student_config import StudentConfig
from tasks.hub import checkpoint_folder, checkpoint_name
from tasks.text import find_sources


class Sources:
    """Where a run's teacher and students come from; Hub ids are fetched here, once."""

    def __init__(self, config: PretrainConfig, folder: Path) -> None:
        self._config, self._folder = config, folder
        self.teacher = None if config.teacher is None else checkpoint_folder(config.teacher)
        self._given = None if config.student is None else checkpoint_folder(config.student)
        found = self._given or self.teacher
        assert found is not None  # the config asks for one of them
        self.tokenizer: Path = found
        self.names = config.ablations or ("student",)

    def student(self, name: str) -> Path:
        return self._given or self._folder / "students" / ("random" if name == "random" else "cut")

    def make_students(self) -> None:
        """Cuts the students out of the teacher, unless a checkpoint is given to start from."""
        for name in self.names:
            out = self.student(name)
            if self._given is None and not out.exists():
                assert self.teacher is not None
                make_student(
                    StudentConfig(
                        self.teacher,
                        out,
                        layers=self._config.layers,
                        family=self._config.family,
                        head="mlm",
                        random_start=name == "random",
                        seed=self._config.seed,
                    )
                )

    @property
    def corpus(self) -> Path:
        """The folder of the tokenised text; the run's own is made in its working folder."""
        return self._config.corpus or self._folder / "corpus"

    def tokenise(self, progress: Callable[[str, int, int], None]) -> None:
        """Tokenises the text, unless a corpus is given or an interrupted run has done it."""
        config = self._config
        if config.corpus is None and not self.corpus.exists():
            settings = CorpusConfig(
                self.tokenizer, config.text, self.corpus, max_length=config.max_length
            )
            build_corpus(settings, progress)

    @cached_property
    def hashes(self) -> dict[str, Any]:
        """What identifies the inputs: hashes of checkpoints and of the text."""
        config = self._config
        found = {"teacher": self.teacher, "student": self._given}
        hashes: dict[str, Any] = {
            name: hash_folder(path) for name, path in found.items() if path is not None
        }
        if config.corpus is None:
            return {**hashes, "text": hash_sources(tuple(find_sources(config.text)))}
        return {**hashes, "corpus": open_corpus(config.corpus).hash}

    def named(self) -> PretrainConfig:
        """The settings with checkpoints by name instead of by this machine's paths."""
        config = self._config
        teacher, student = config.teacher, config.student
        return replace(
            config,
            teacher=teacher and checkpoint_name(teacher, checkpoint_folder(teacher)),
            student=student and checkpoint_name(student, checkpoint_folder(student)),
        )

    def settings(self) -> dict[str, Any]:
        return fixed_settings(self.named())
