"""The report shows what the results say, safely, and nothing that was not measured together."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bench.config import ReportConfig
from bench.details import make_tables
from bench.headline import headline
from bench.measured import by_device, caveats
from bench.plots import front
from bench.report import report, terminal_tables, write_report
from bench.result import RANDOM, TRAINED, Result, Workload, read_result, write_result
from bench.tables import Table, collect_works, number

GOLDEN = Path(__file__).parent / "golden" / "results"
MODELS = {"bert-base": (RANDOM, 8.0), "distilbert": (RANDOM, 4.0), "ours": (TRAINED, 1.0)}
ACCURACY = read_result(GOLDEN / "accuracy.json")
SPEED = read_result(GOLDEN / "speed.json")


def _result(model: str, recipe: str, runtime: str, tokens: int, **changes: object) -> Result:
    weights, factor = MODELS[model]
    factor *= (4 if recipe == "fp32" else 1) * tokens / 100
    subject = replace(
        SPEED.subject,
        model=model,
        recipe=recipe,
        weights=weights,
        bundle=f"{model}-{recipe}",
        file_sha256=f"{model}{recipe}{runtime}".ljust(64, "0"),
        file_bytes=int(factor * 1e7),
    )
    assert SPEED.speed
    speed = replace(
        SPEED.speed,
        wall_ms=(factor,) * 20,
        cpu_ms=(factor,) * 20,
        at_s=(),
        round_sizes=(10, 10),
        session=f"session-{tokens}",
    )
    workload = Workload(1, tokens, tokens, ())
    result = replace(SPEED, subject=subject, runtime=runtime, speed=speed, workload=workload)
    return replace(result, **changes)  # type: ignore[arg-type]


def _study() -> list[Result]:
    results = [
        _result(model, recipe, runtime, tokens)
        for model in MODELS
        for recipe in ("fp32", "int8")
        for runtime in ("tflite", "pte")
        for tokens in (128, 384)
    ]
    scored = [
        replace(r, speed=None, memory=None, workload=None, accuracy=ACCURACY.accuracy)
        for r in results
        if r.subject.model == "ours" and r.workload and r.workload.tokens == 128
    ]
    return results + scored


def _tables(results: list[Result]) -> dict[str, Table]:
    (files,) = by_device(results).values()
    return {table.title: table for table in make_tables(files, collect_works(files))}


def test_numbers_have_three_digits_and_no_exponent() -> None:
    shown = [number(x) for x in (0.071, 1.234, 12.34, 123.4, 1234.5)]
    assert shown == ["0.07", "1.23", "12.3", "123", "1,234"]


def test_every_file_is_on_one_line_of_the_glance() -> None:
    glance = _tables(_study())["At a glance"]
    assert len(glance.rows) == 3 * 2 * 2
    assert glance.rows[0][:3] == ("ours", "float32", "LiteRT")
    row = next(r for r in glance.rows if r[:3] == ("bert-base", "int8", "ExecuTorch"))
    assert row[5:7] == ("10.2", "30.7")


def test_the_papers_comparison_is_like_for_like() -> None:
    rows = _tables(_study())["Against BERT-base"].rows
    assert len(rows) == 2 * 2 * 2  # two models, two recipes, two runtimes
    assert {row[5:] for row in rows if row[0] == "distilbert"} == {("2.00x (2.00 to 2.00)",) * 2}
    assert {row[5:] for row in rows if row[0] == "ours"} == {("8.00x (8.00 to 8.00)",) * 2}


def test_int8_is_compared_with_float32() -> None:
    rows = _tables(_study())["What smaller precisions bring"].rows
    assert {row[3:] for row in rows} == {("25 %", "100 %", *("4.00x (4.00 to 4.00)",) * 2)}


def test_speeds_of_different_sessions_are_not_compared() -> None:
    results = _study()[:1] + [
        replace(r, speed=replace(r.speed, session="later"))
        for r in _study()[1:]
        if r.speed is not None
    ]
    rows = _tables(results)["Against BERT-base"].rows
    assert "–" in {cell for row in rows for cell in row[5:]}


def test_the_latest_measurement_counts_and_two_files_of_one_name_do_not() -> None:
    old = _result("ours", "int8", "tflite", 128, measured_at="2020-01-01T00:00:00+00:00")
    new = _result("ours", "int8", "tflite", 128)
    assert old.speed
    old = replace(old, speed=replace(old.speed, wall_ms=(9.0,) * 20))
    assert _tables([new, old])["At a glance"].rows[0][4] == "1.28"
    other = replace(new, subject=replace(new.subject, file_sha256="f" * 64))
    with pytest.raises(ValueError, match="two different files called ours int8 tflite"):
        by_device([new, other])


def test_the_device_with_the_answers_comes_first() -> None:
    elsewhere = replace(SPEED.device, name="another phone")
    early = "2020-01-01T00:00:00+00:00"
    shapes = [replace(r, device=elsewhere, measured_at=early) for r in _study() if r.speed]
    assert list(by_device([*shapes, *_study()])) == [SPEED.device, elsewhere]
    unscored = [r for r in _study() if r.speed]
    assert list(by_device([*shapes, *unscored])) == [elsewhere, SPEED.device]


def test_devices_of_one_name_are_told_apart(tmp_path: Path) -> None:
    other = replace(SPEED.device, processor="Another CPU")
    newer = replace(SPEED.device, system="Linux 99")
    results = [replace(r, device=d) for r in _study() for d in (SPEED.device, other, newer)]
    write_report(results, tmp_path, [])
    heads = re.findall(r"^## (.*)", (tmp_path / "report.md").read_text(encoding="utf-8"), re.M)
    name = SPEED.device.name
    assert f"{name}, Another CPU" in heads
    assert {f"{name}, {SPEED.device.processor}, {d.system}" for d in (SPEED.device, newer)} <= {
        *heads
    }


def test_caveats_name_random_weights_noise_and_small_data() -> None:
    results = _study()
    assert results[0].speed
    noisy = replace(results[0].speed, wall_ms=(1.0,) * 15 + (9.0,) * 5)
    few = replace(results[1].speed, wall_ms=(1.0,), cpu_ms=(1.0,), round_sizes=(1,))  # type: ignore[type-var]
    results[0] = replace(results[0], speed=noisy)
    results[1] = replace(results[1], speed=few)
    ((device, files),) = by_device(results).items()
    text = "\n".join(caveats(device, files))
    assert "bert-base and distilbert: random weights: size and speed only." in text
    assert "Noisy: in 1 of 24 settings" in text
    assert "Few runs: in 1 of 24 settings (such as: 1 timed run)" in text
    assert "49 questions" in text


def test_the_report_is_written_whole(tmp_path: Path) -> None:
    page = write_report(_study(), tmp_path / "report")
    names = {path.name for path in page.parent.iterdir()}
    pictures = {f"{name}.svg" for name in ("size-latency-f1", "distributions", "speed-up")}
    assert names == {"index.html", "report.md", "paper.md", "results.csv"} | pictures
    html = page.read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|srcset)="', html)
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")  # nothing is fetched
    assert "1.63x" in html
    assert "1.52x" in html
    assert 'name="viewport"' in html
    assert "prefers-color-scheme: dark" in html


def test_the_html_is_well_formed(tmp_path: Path) -> None:
    html = write_report(_study(), tmp_path).read_text(encoding="utf-8")
    open_tags: list[str] = []

    class Check(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "img", "source"):
                open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert open_tags.pop() == tag

    Check().feed(html)
    assert open_tags == []


def test_markdown_tables_have_equal_columns(tmp_path: Path) -> None:
    write_report(_study(), tmp_path)
    blocks = (tmp_path / "report.md").read_text(encoding="utf-8").split("\n\n")
    tables = [block.strip().splitlines() for block in blocks if block.strip().startswith("|")]
    assert len(tables) == 9
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1, table[0]


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    name = "<script>alert(1)</script>|[x](y)`\n# title"
    result = SPEED
    evil = replace(result, subject=replace(result.subject, model=name))
    page = write_report([evil], tmp_path)
    assert "<script>alert" not in page.read_text(encoding="utf-8")
    markdown = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "<script" not in markdown.replace("\\<", "")
    assert "\n# title" not in markdown
    from rich.console import Console

    Console(width=300, file=(tmp_path / "out").open("w")).print(terminal_tables([evil]))


def test_a_report_replaces_an_earlier_one_and_leaves_other_files(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    write_report(_study(), tmp_path)
    first = (tmp_path / "index.html").read_text(encoding="utf-8")
    write_report(_study()[:3], tmp_path)
    assert (tmp_path / "index.html").read_text(encoding="utf-8") != first
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not list(tmp_path.glob(".report.*"))


def test_two_devices_get_a_section_and_pictures_each(tmp_path: Path) -> None:
    phone = replace(SPEED.device, name="Pixel")
    page = write_report([SPEED, replace(SPEED, device=phone)], tmp_path)
    assert page.read_text(encoding="utf-8").count("<section id=") == 2
    assert (tmp_path / "device1-size-latency-f1.svg").is_file()
    assert (tmp_path / "device2-size-latency-f1.svg").is_file()


def test_a_report_reads_result_files(tmp_path: Path) -> None:
    for index, result in enumerate(_study()):
        write_result(result, tmp_path / "results" / f"{index}.json")
    page = report(ReportConfig(results=(tmp_path / "results",), out=tmp_path / "report"))
    assert "from 28 result files" in page.read_text(encoding="utf-8")


def test_no_results_make_no_report(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing to report"):
        write_report([], tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_accuracy_alone_makes_a_report(tmp_path: Path) -> None:
    assert write_report([ACCURACY], tmp_path).is_file()
    assert not list(tmp_path.glob("*.svg"))


def test_the_papers_figures_stand_beside_ours(tmp_path: Path) -> None:
    write_report(_study(), tmp_path)
    page = (tmp_path / "paper.md").read_text(encoding="utf-8")
    line = "| times faster, CPU, float32 | 1.63x | – | LiteRT, 128 tokens, 1 thread "
    assert line + "| 2.00x (2.00 to 2.00) |" in page
    assert "| 207 MB | 265.5 MB |" in page
    for claim in ("71 % faster", "1.52x", "34 % less time", "207,185,526 bytes", "attention"):
        assert claim in page
    half = [
        replace(r, subject=replace(r.subject, recipe="fp16"))
        for r in _study()
        if r.speed and r.subject.recipe == "int8"
    ]
    write_report(half, tmp_path)
    page = (tmp_path / "paper.md").read_text(encoding="utf-8")
    assert "| 71 % | 34 % (1.52x) | LiteRT, 384 tokens, 1 thread | 50 % (2.00x) |" in page


def test_nothing_is_said_of_the_paper_without_its_two_shapes(tmp_path: Path) -> None:
    write_report([r for r in _study() if r.subject.model == "ours"], tmp_path)
    assert not (tmp_path / "paper.md").exists()
    assert "paper" not in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_the_same_results_make_the_same_bytes(tmp_path: Path) -> None:
    results = _study()
    for folder in ("one", "other"):
        write_report(results, tmp_path / folder)
    names = {path.name for path in (tmp_path / "one").iterdir()}
    for name in names:
        one, other = (tmp_path / folder / name for folder in ("one", "other"))
        assert one.read_bytes() == other.read_bytes(), name


def test_the_headline_names_the_fastest_good_file_and_its_evidence() -> None:
    ((_, files),) = by_device(_study()).items()
    found = headline(files)
    assert found.sentence.startswith("ours int8 LiteRT answers 128 tokens on 1 thread in 1.28 ms")
    assert "4.00 times (4.00 to 4.00) as fast as its float32 file" in found.sentence
    assert "8.00 times (8.00 to 8.00) as fast as BERT-base" in found.sentence
    assert "20 runs in 2 rounds" in found.evidence
    assert "49 questions" in found.evidence


def test_a_file_without_a_score_is_no_headline() -> None:
    ((_, files),) = by_device([r for r in _study() if r.speed]).items()
    assert headline(files).sentence == "12 files were measured in 24 settings."


def test_the_front_holds_what_nothing_beats() -> None:
    results = [r for r in _study() if r.subject.model == "ours"]
    ((_, files),) = by_device(results).items()
    assert {file.label[1] for file in front(files)} == {"int8"}


def test_arm_instructions_are_a_column_only_where_they_were_counted() -> None:
    work = read_result(GOLDEN / "work.json")
    counted = replace(work, subject=replace(work.subject, file_sha256="a" * 64))
    host = replace(SPEED, subject=counted.subject)
    devices = by_device([host, counted])
    every = [file for files in devices.values() for file in files]
    tables = {t.title: t for t in make_tables(devices[host.device], collect_works(every))}
    glance = tables["At a glance"]
    assert glance.header[5] == "64 tokens, million ARM instructions"
    assert glance.rows[0][5] == "123"
    assert "instructions executed on emulated Cortex-A76, not time" in glance.note
    assert "ARM" not in "".join(_tables([host])["At a glance"].header)
    (emulated,) = devices[counted.device]
    counts = {t.title: t for t in make_tables([emulated], {})}["Instructions"]
    assert counts.rows[0][5] == "123,456,789"


def test_a_phones_short_row_is_labelled_quick() -> None:
    phone = replace(SPEED, device=replace(SPEED.device, kind="android", name="Pixel"))
    assert _tables([phone])["At a glance"].rows[0][4] == "2.50 (quick)"
    assert _tables([SPEED])["At a glance"].rows[0][4] == "2.50"


def test_the_times_of_an_emulated_device_are_not_shown() -> None:
    device = replace(SPEED.device, kind="emulated")
    ((_, files),) = by_device([replace(SPEED, device=device)]).items()
    assert files[0].speeds == {}
    assert any("times are not" in line for line in caveats(device, files))


def test_the_csv_has_a_line_a_result_and_its_statistics(tmp_path: Path) -> None:
    import csv

    write_report([SPEED, ACCURACY], tmp_path)
    with (tmp_path / "results.csv").open(encoding="utf-8", newline="") as file:
        speed, score = csv.DictReader(file)
    assert (speed["median_ms"], speed["p90_ms"], speed["runs"]) == ("2.5", "3.7", "4")
    assert speed["peak_bytes"] == "8724480"
    assert speed["f1"] == ""
    assert score["f1"].startswith("5.567")
    assert "few runs" in speed["warnings"]
