"""The command line: the only place that parses flags, prints and exits."""

import argparse
import dataclasses
import json
import logging
import sys
import time
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

Progress = Callable[[str, int, int], None]
"""Called with what is being done, the steps done and the steps in all (0: not known)."""


@dataclasses.dataclass(frozen=True)
class Command:
    """One command: its config dataclass, the fields that are positional, what runs and shows it."""

    help: str
    config: str
    positional: tuple[str, ...]
    run: Callable[[Any, Progress], Any]
    show: Callable[[Any], None]
    check: Callable[[Any], None] = lambda result: None
    """Raises ValueError where what was found is to end with exit code 1."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command; returns 0, or 1 for an error that the user can cure (2 is for usage)."""
    argv = sys.argv[1:] if argv is None else argv
    arguments = vars(_parser(argv).parse_args(argv))
    command: Command = arguments.pop("command")
    as_json: bool = arguments.pop("json")
    # transformers imports torchao where it is, which tells of kernels for other machines.
    for name in ("torchao", "torch.utils._pytree"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with _progress() as progress:
            result = command.run(_load(command.config)(**arguments), progress)
        if result is None:
            return 0  # another rank of the same run shows the result
        if as_json:
            print(json.dumps(_jsonable(result), ensure_ascii=False, indent=1))
        else:
            command.show(result)
        command.check(result)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: nothing half-written is left", file=sys.stderr)
        return 1
    return 0


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """The parser; only the command in `argv` gets its flags, so that `--help` stays instant."""
    parser = argparse.ArgumentParser(
        prog="distilbert-mobile",
        description="Take a BERT-class model to a phone: distil, export, prove, measure.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        sub = commands.add_parser(
            name, help=command.help, description=command.help, allow_abbrev=False
        )
        sub.set_defaults(command=command)
        if name in argv[:1]:
            _add_fields(sub, _load(command.config), command.positional)
            sub.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser


# ---- flags from a config dataclass ----


def _load(name: str) -> Any:
    module, attribute = name.split(":")
    return getattr(import_module(module), attribute)


def _add_fields(parser: argparse.ArgumentParser, config: Any, positional: Sequence[str]) -> None:
    """One argument for each field of the dataclass, with its type, default and help text."""
    hints = typing.get_type_hints(config)
    for item in dataclasses.fields(config):
        settings = _argument(hints[item.name])
        if "auto" in item.metadata:
            settings["type"] = _or_auto(settings["type"], item.metadata["auto"])
        settings["help"] = _help(item)
        required = item.default is dataclasses.MISSING
        if not required:
            settings["default"] = item.default
        if item.name in positional:
            if settings.get("nargs"):
                settings["nargs"] = "+" if required else "*"
            settings["metavar"] = item.name.upper()
            parser.add_argument(item.name, **settings)
            continue
        names = [f"--{item.name.replace('_', '-')}"]
        if item.name == "runtimes":
            names.insert(0, "--runtime")
        parser.add_argument(*names, dest=item.name, required=required, **settings)


class _Tuple(argparse.Action):
    """Several values of one flag as a tuple."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        setattr(namespace, self.dest, tuple(values))


def _argument(hint: Any) -> dict[str, Any]:
    """How argparse reads a value of this type: numbers and words as `1,2,3`, files as `A B C`."""
    if isinstance(hint, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
    if hint is bool:
        return {"action": "store_true"}
    if typing.get_origin(hint) is not tuple:
        return {"type": hint, "metavar": {int: "N", float: "X", Path: "PATH"}.get(hint, "TEXT")}
    part = typing.get_args(hint)[0]
    if part is Path or isinstance(part, types.UnionType):  # of folders or Hub ids
        kind = Path if part is Path else str
        return {"type": kind, "nargs": "+", "action": _Tuple, "metavar": "PATH"}
    return {"type": _listed(part), "metavar": "N,N" if part is int else "NAME,NAME"}


def _listed(part: Any) -> Callable[[str], tuple[Any, ...]]:
    def read(text: str) -> tuple[Any, ...]:
        return tuple(part(piece) for piece in text.split(",") if piece)

    read.__name__ = f"list of {part.__name__}"
    return read


def _or_auto(read: Callable[[str], Any], auto: Any) -> Callable[[str], Any]:
    def read_or_auto(text: str) -> Any:
        return auto if text == "auto" else read(text)

    read_or_auto.__name__ = f"{getattr(read, '__name__', 'value')} or auto"
    return read_or_auto


def _help(item: dataclasses.Field[Any]) -> str:
    text = str(item.metadata.get("help", ""))
    value = item.default
    if value is dataclasses.MISSING or value in (None, ()) or value is False or "default" in text:
        return text.replace("%", "%%")
    shown = ",".join(map(str, value)) if isinstance(value, tuple) else value
    return f"{text} (default: {shown})".replace("%", "%%")  # argparse formats it


# ---- what a person sees ----


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on a terminal; elsewhere a line for each new step, and one every half minute."""
    if not sys.stderr.isatty():
        yield _plain_progress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        SpinnerColumn(),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=0, visible=False)
        yield lambda text, done, total: bars.update(
            task, description=text, completed=done, total=total, visible=True
        )


def _plain_progress() -> Progress:
    last_text, last_time = "", 0.0

    def show(text: str, done: int, total: int) -> None:
        nonlocal last_text, last_time
        now = time.monotonic()
        if text != last_text or now - last_time > 30:
            last_text, last_time = text, now
            print(f"[{done}/{total}] {text}" if total else text, file=sys.stderr, flush=True)

    return show


def _jsonable(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _jsonable(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _show_path(path: Path) -> None:
    print(f"wrote {path}")


def _show_corpus(folder: Path) -> None:
    totals = _load("distill.corpus:read_record")(folder)["totals"]
    pieces, tokens = totals["pieces"], totals["tokens"]
    print(
        f"{folder}: {totals['documents']} documents; {pieces['train']} sequences with "
        f"{tokens['train']} tokens to train on, {pieces['held_out']} with {tokens['held_out']} "
        f"held out; {100 * totals['unknown_share']:.3f} % [UNK]; dropped: "
        f"{totals['dropped_short']} short and {totals['dropped_unknown']} unknown pieces"
    )


def _show_student(path: Path) -> None:
    print("\n".join([f"wrote {path}", *_load("distill.prune_report:summary")(path)]))


def _show_pruned(path: Path) -> None:
    kept = json.loads((path / "distill.json").read_text(encoding="utf-8"))["metrics"]
    for part in ("heads", "neurons"):
        print(f"{part} that stay, by layer: {', '.join(map(str, kept[part]))}")
    _show_path(path)


def _show_answers(reply: Any) -> None:
    print(reply.answer.text if reply.answer else "(no answer in this passage)")
    for number, span in enumerate(reply.n_best, 1):
        before = reply.context[max(0, span.start - 25) : span.start].replace("\n", " ")
        after = reply.context[span.end : span.end + 25].replace("\n", " ")
        place = f"{span.start}-{span.end}"
        print(f"{number}. {span.score:7.2f}  {place:>11}  ...{before}[{span.text}]{after}...")
    times = f"{reply.load_ms:.0f} ms to load and check, {reply.answer_ms:.1f} ms to answer"
    print(f"{reply.runtime}: {times}")


def _show_scores(results: Sequence[Any]) -> None:
    for result in results:
        found = result.accuracy
        data = ", ".join(file.name for file in found.data)
        low, high = _load("tasks.intervals:bootstrap_interval")(found.question_f1)
        print(
            f"{result.subject.model} {result.subject.recipe} {result.runtime}: F1 {found.f1:.2f} "
            f"({low:.2f} to {high:.2f}), exact match {found.exact_match:.2f} on {found.n} "
            f"questions of {data}"
        )
        if rule := found.null_threshold:
            parts = {"with": rule.has_answer_f1, "without": rule.no_answer_f1}
            chosen = "the best on these questions" if rule.tuned else "as given"
            shown = [
                f"F1 {part:.2f} {kind} an answer"
                for kind, part in parts.items()
                if part is not None
            ]
            print(f"  {', '.join((f'null threshold {rule.value:.4g} ({chosen})', *shown))}")


def _show_bundle(bundle: Any) -> None:
    for runtime, model in bundle.manifest.models.items():
        size = bundle.manifest.files[model.file].bytes / 1e6
        parity = model.parity
        print(
            f"{bundle.folder / model.file}: {size:.1f} MB, {runtime}, "
            f"cosine >= {parity.min_cosine:.5f} against float32, "
            f"same answer in {100 * parity.agreement:.0f} % of {parity.windows} windows"
        )
        gate = model.accuracy
        if gate is not None:
            print(
                f"  F1 {gate.f1:.2f} against the checkpoint's {gate.checkpoint_f1:.2f} on {gate.n} "
                f"examples of {gate.data} (95 % interval of the change: {gate.f1_change_low:+.2f} "
                f"to {gate.f1_change_high:+.2f}), {gate.changed} answers changed"
            )


def _show_tuned(found: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    columns = ("candidate", "runtime", "MB", "F1", "F1 lost", "times faster", "fits", "front")
    table = Table(*columns)
    for one in found.tried:
        if one.refused is not None:
            table.add_row(one.candidate, one.runtime, one.refused[:60], "", "", "", "no", "")
            continue
        table.add_row(
            *(one.candidate, one.runtime, f"{one.mb:.1f}", f"{one.f1:.2f}"),
            *(f"{one.f1_drop:.2f}", f"{one.speedup:.2f}"),
            *("yes" if one.fits else "no", "yes" if one.on_front else ""),
        )
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    print(f"all of it: {found.folder / 'tune.json'}, {found.folder / 'tune.png'}")
    if found.winner is None:
        raise ValueError("no candidate is within all limits; allow more, or try more recipes")
    print(f"winner: {found.winner}")


def _show_inspection(found: Any) -> None:
    manifest = found.manifest
    signed = ", the signature too" if found.signed else ""
    print(f"task {manifest.task}, recipe {manifest.recipe}; every hash is right{signed}")
    for runtime, one in found.accounts.items():
        outside = ", ".join(f"{count} {name}" for name, count in one.operators.left_over.items())
        print(
            f"{runtime}: {one.bytes / 1e6:.1f} MB, golden difference "
            f"{found.golden_difference[runtime]:.2g}; "
            f"{one.operators.delegated} operators in {one.operators.delegates} delegates, "
            f"{one.outside} outside: {outside or 'none'}"
        )
        for part in one.parts:
            size, share = part.bytes / 1e6, 100 * part.share
            print(f"  {part.kind:<16} {part.dtype:<8} {size:8.2f} MB  {share:5.1f} %")
        share = 100 * one.duplicate_bytes / one.bytes
        print(f"  stored more than once     {one.duplicate_bytes / 1e6:8.2f} MB  {share:5.1f} %")
        for twice in one.duplicates:
            name = f"{twice.copies} x {twice.bytes:,} bytes"
            print(f"    {twice.kind:<16} {twice.dtype:<8} {name}")


def _show_installed(found: Any) -> None:
    change = found.now - found.before
    print(
        f"{found.folder}: {found.now / 1e6:.1f} MB; the {found.system} app's assets have "
        + (f"{change:+,} bytes" if change else "as many bytes as before")
    )
    for name, (before, now) in found.files.items():
        was = "new" if before is None else f"was {before:,}"
        print(f"  {name:<14} " + (f"removed, {was}" if now is None else f"{now:>13,}, {was}"))


def _show_results(results: Sequence[Any]) -> None:
    from rich.console import Console

    # A file or a pipe has no width of its own; 80 columns would break the tables' words.
    width = None if sys.stdout.isatty() else 140
    Console(width=width).print(_load("bench.report:terminal_tables")(results))


def _show_bench(found: Any) -> None:
    _show_results(found.results)
    if found.comparison is not None:
        _show_comparison(found.comparison)


def _show_comparison(found: Any) -> None:
    print("\n".join(_load("bench.compare:comparison_lines")(found)))


def _refuse_regressions(found: Any) -> None:
    _load("bench.compare:refuse_regressions")(found)


def _show_study(study: Any) -> None:
    _show_results(study.results)
    for line in study.left_out:
        print(f"left out: {line}")
    print(f"report: {study.page}")


def _show_peers(found: Any) -> None:
    print(_load("bench.speed_page:render")(found.out))
    for one in found.refused:
        print(f"did not run: {one.peer} of {one.model} at {one.tokens} tokens: {one.said}")


def _show_pretrained(found: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    print(f"wrote {found.folder}")
    if not found.scores:
        return
    table = Table("student", "held-out perplexity", "agreement with the teacher")
    for name, scores in found.scores.items():
        agreement = scores.get("agreement")
        shown = "" if agreement is None else f"{100 * agreement:.1f} %"
        table.add_row(name, f"{scores['perplexity']:.2f}", shown)
    if found.teacher_perplexity is not None:
        table.add_row("(teacher)", f"{found.teacher_perplexity:.2f}", "")
    Console(width=None if sys.stdout.isatty() else 100).print(table)


def _show_finetuned(found: Any) -> None:
    print(f"wrote {found.folder}")
    scores = ", ".join(f"{name} {value:.2f}" for name, value in found.scores.items())
    if scores:
        print(f"{scores} (after update {found.update})")


def _show_glue(found: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("task", "score", "metrics")
    for task, scores in found.scores.items():
        parts = [f"{name} {value:.2f}" for name, value in scores.items() if name != "score"]
        table.add_row(task, f"{scores['score']:.2f}", ", ".join(parts))
    if found.macro is not None:
        table.add_section()
        table.add_row("macro", f"{found.macro:.2f}", "all nine tasks")
        table.add_row("macro", f"{found.macro_without_wnli:.2f}", "without WNLI")
    Console(width=None if sys.stdout.isatty() else 100).print(table)
    print(f"wrote {found.folder}")


def _show_train_bench(found: Any) -> None:
    medians = found.medians()
    print(
        f"tokens a second: {medians['ours_tokens_per_second']:.0f} against "
        f"{medians['reference_tokens_per_second']:.0f} of the authors' method on "
        f"{found.machine['device']}, {found.machine['precision']}"
    )
    print(
        f"ratio {medians['ratio_wall']:.2f} in wall time, {medians['ratio_cpu']:.2f} in CPU time "
        f"(medians of {len(found.rounds)} paired updates); our share of the peak of matrix "
        f"products: {100 * medians['share_of_peak']:.0f} %"
    )
    print(
        f"with --kl-positions sampled: {medians['sampled_tokens_per_second']:.0f}, ratio "
        f"{medians['sampled_ratio_wall']:.2f} in wall time, {medians['sampled_ratio_cpu']:.2f} in "
        "CPU time"
    )
    for memory in found.memory:
        free = f"did not fit in {memory.limit_bytes / 1e9:.1f} GB"
        shown = free if memory.loss_bytes is None else f"{memory.loss_bytes / 1e9:.2f} GB"
        print(f"memory of the losses at {memory.tokens} tokens, {memory.form}: {shown}")


# ---- the commands ----


def _run_student(config: Any, progress: Progress) -> Path:
    path: Path = _load("distill.student:make_student")(config, progress)
    return path


def _run_pretrain(config: Any, progress: Progress) -> Any:
    return _load("distill.pretrain:pretrain")(config, _training_report(progress), progress)


def _training_report(progress: Progress) -> Callable[[Any], None]:
    """Shows what a training loop tells: losses on the bar, notes and scores as own lines."""

    def report(now: Any) -> None:
        if now.note is not None:
            print(now.note, file=sys.stderr, flush=True)
        elif now.scores is not None:
            scores = ", ".join(f"{name} {value:.4g}" for name, value in now.scores.items())
            print(f"update {now.update}: {scores}", file=sys.stderr, flush=True)
        # Without a terminal every new text is a new line: one for fifty updates will do.
        elif sys.stderr.isatty() or now.update % 50 == 0 or now.share >= 1:
            losses = ", ".join(f"{name} {value:.3f}" for name, value in now.losses.items())
            rate, left = f"lr {now.learning_rate:.2g}", _duration(now.eta_seconds)
            speed = f"{now.tokens_per_second:.0f} tokens/s"
            text = f"update {now.update}: {losses}, {rate}, {speed}, {left} left"
            progress(text, int(1000 * now.share), 1000)

    return report


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"


def _run_finetune(config: Any, progress: Progress) -> Any:
    return _load("distill.finetune:finetune")(config, _training_report(progress))


def _run_glue(config: Any, progress: Progress) -> Any:
    return _load("distill.glue:glue")(config, _training_report(progress))


def _run_pack(config: Any, progress: Progress) -> Path:
    def report(done: int, total: int) -> None:
        progress("scoring the float16 weights", done, total)

    path: Path = _load("distill.pack:pack")(config, report)
    return path


def _run_ask(config: Any, progress: Progress) -> Any:
    if config.context == "-":
        context = sys.stdin.read()
    elif not Path(config.context).is_file():
        raise FileNotFoundError(
            f"no such passage: {config.context}; give a text file, or - to type"
        )
    else:
        context = Path(config.context).read_text(encoding="utf-8")
    return _load("bench.ask:ask")(config, context)


COMMANDS = {
    "tokenize": Command(
        "tokenise text once for pretrain; continues an interrupted run",
        "distill.corpus_config:CorpusConfig",
        (),
        lambda config, progress: _load("distill.corpus_build:build_corpus")(config, progress),
        _show_corpus,
    ),
    "student": Command(
        "cut a student out of a teacher's layers",
        "distill.student_config:StudentConfig",
        (),
        _run_student,
        _show_student,
    ),
    "pretrain": Command(
        "distil a student on text with the triple loss; continues an interrupted run",
        "distill.pretrain_config:PretrainConfig",
        (),
        _run_pretrain,
        _show_pretrained,
    ),
    "train-bench": Command(
        "measure our pre-training step against the authors' method",
        "distill.benchmark_config:TrainBenchConfig",
        (),
        lambda config, progress: _load("distill.benchmark:train_bench")(config, progress),
        _show_train_bench,
    ),
    "finetune": Command(
        "train on questions or labels, with or without a teacher; continues an interrupted run",
        "distill.finetune_config:FinetuneConfig",
        (),
        _run_finetune,
        _show_finetuned,
    ),
    "prune": Command(
        "silence the attention heads and neurons that a task needs least, for export to leave out",
        "distill.structured_pruning_config:PruneConfig",
        ("checkpoint",),
        lambda config, progress: _load("distill.structured_pruning:prune")(config, progress),
        _show_pruned,
    ),
    "glue": Command(
        "train on all GLUE tasks, one after the other, and print their scores and the mean",
        "distill.glue_config:GlueConfig",
        (),
        _run_glue,
        _show_glue,
    ),
    "pack": Command(
        "pack a fine-tuned checkpoint for handing on: float16, scores, model card",
        "distill.config:PackConfig",
        ("checkpoint",),
        _run_pack,
        _show_path,
    ),
    "evaluate": Command(
        "exact match and F1 of a checkpoint or of a bundle's files",
        "bench.config:EvaluateConfig",
        ("model",),
        lambda config, progress: _load("bench.device:evaluate")(config, progress),
        _show_scores,
    ),
    "export": Command(
        "write and prove .tflite and .pte files from a checkpoint",
        "export.config:ExportConfig",
        ("checkpoint",),
        lambda config, progress: _load("export.build:build_bundle")(
            config, lambda line: progress(line, 0, 0)
        ),
        _show_bundle,
    ),
    "tune": Command(
        "search recipes, depths, vocabularies and buckets for the smallest bundle within limits",
        "bench.config:TuneConfig",
        ("checkpoints",),
        lambda config, progress: _load("bench.tune:tune")(config, progress),
        _show_tuned,
    ),
    "inspect": Command(
        "check a bundle's hashes and golden outputs; account for its bytes and operators",
        "export.config:InspectConfig",
        ("bundle",),
        lambda config, progress: _load("export.inspection:inspect_bundle")(config),
        _show_inspection,
    ),
    "install": Command(
        "put a verified bundle into an app's assets; tell what changes in its size",
        "export.config:InstallConfig",
        ("bundle", "app"),
        lambda config, progress: _load("export.install:install")(
            config, lambda line: progress(line, 0, 0)
        ),
        _show_installed,
    ),
    "bench": Command(
        "measure a bundle on this host or on phones; or fail where it got slower",
        "bench.config:BenchConfig",
        ("bundle",),
        lambda config, progress: _load("bench.compare:bench_against")(
            config, lambda line: progress(line, 0, 0)
        ),
        _show_bench,
        lambda found: _refuse_regressions(found.comparison),
    ),
    "compare": Command(
        "two measurements of the same settings; exit code 1 where the second is slower",
        "bench.config:CompareConfig",
        ("before", "after"),
        lambda config, progress: _load("bench.compare:compare")(config),
        _show_comparison,
        _refuse_regressions,
    ),
    "peers": Command(
        "measure our files against ONNX Runtime, torch and the stock exports, in turns",
        "bench.peers_config:PeersConfig",
        ("models",),
        lambda config, progress: _load("bench.peers:compare_peers")(config, progress),
        _show_peers,
    ),
    "study": Command(
        "the main job: export, prove, score and measure the student and the paper's two shapes",
        "bench.config:StudyConfig",
        (),
        lambda config, progress: _load("bench.study:study")(config, progress),
        _show_study,
    ),
    "report": Command(
        "write the report of result files",
        "bench.config:ReportConfig",
        ("results",),
        lambda config, progress: _load("bench.report:report")(config),
        _show_path,
    ),
    "ask": Command(
        "answer a question on a passage with a bundle",
        "bench.config:AskConfig",
        ("bundle", "question"),
        _run_ask,
        _show_answers,
    ),
}

if __name__ == "__main__":
    sys.exit(main())
