"""The report shows what the results say, safely, and nothing that was not measured together."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bench.config import ReportConfig
from bench.measured import by_device, caveats
from bench.report import report, terminal_tables, write_report
from bench.result import RANDOM, TRAINED, Result, Workload, read_result, write_result
from bench.tables import Table, make_tables, number

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
    return {table.title: table for table in make_tables(files)}


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
    rows = _tables(_study())["What int8 brings"].rows
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
    assert "Noisy machine: in 1 of 24 settings" in text
    assert "1 of 24 settings rest on fewer than 10 runs" in text
    assert "49 questions" in text


def test_the_report_is_written_whole(tmp_path: Path) -> None:
    page = write_report(_study(), tmp_path / "report")
    names = {path.name for path in page.parent.iterdir()}
    pictures = {
        f"{p}-{t}.png" for p in ("size-latency", "f1", "speed-up") for t in ("light", "dark")
    }
    assert names == {"index.html", "report.md"} | pictures
    html = page.read_text(encoding="utf-8")
    assert set(re.findall(r'(?:src|srcset)="([^"]+)"', html)) == pictures
    assert "http" not in html  # nothing is fetched
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
    assert len(tables) == 7
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1, table[0]


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    name = "<script>alert(1)</script>|[x](y)`\n# title"
    result = SPEED
    evil = replace(result, subject=replace(result.subject, model=name))
    page = write_report([evil], tmp_path)
    assert "<script" not in page.read_text(encoding="utf-8")
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
    assert page.read_text(encoding="utf-8").count("<section>") == 2
    assert (tmp_path / "device1-size-latency-dark.png").is_file()
    assert (tmp_path / "device2-size-latency-dark.png").is_file()


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
    assert not list(tmp_path.glob("size-latency*"))
