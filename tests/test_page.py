"""The report's page in a real browser, used as a person would: sort, filter, dark, on a phone.

A script at the end of a copy of the page clicks and types, and writes down what is seen then.
"""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from bench.report import write_report
from bench.result import find_result_files, read_result

STUDY = Path(__file__).resolve().parents[1] / "docs" / "study" / "results"
GOLDEN = Path(__file__).parent / "golden" / "results"
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no chromium here: apt-get install chromium"
)

SEE = """
<pre id="seen"></pre><script>
const table = document.querySelector("table");
const rows = () => [...table.tBodies[0].rows].filter(row => row.getClientRects().length)
  .map(row => [...row.cells].map(cell => cell.textContent));
const head = name => [...table.tHead.rows[0].cells].find(cell => cell.textContent === name);
const click = name => head(name).querySelector("button").click();
const type = text => { const box = document.querySelector("input"); box.value = text;
  box.dispatchEvent(new Event("input")); };
const colour = (what, part) => getComputedStyle(document.querySelector(part))[what];
const seen = {};
(async () => { %s
document.getElementById("seen").textContent = JSON.stringify(seen); })();
</script>
"""


def look(page: Path, script: str, *flags: str) -> dict[str, Any]:
    """What `script` puts into `seen` when a browser shows `page`."""
    copy = page.with_name("looked-at.html")
    text = page.read_text(encoding="utf-8")
    copy.write_text(text.replace("</body>", SEE % script + "</body>"), encoding="utf-8")
    assert BROWSER is not None
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,900",
        "--virtual-time-budget=5000", f"--user-data-dir={page.parent / 'profile'}", *flags,
    ]  # fmt: skip
    done = subprocess.run(
        [*command, "--dump-dom", copy.as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    seen: dict[str, Any] = json.loads(unescape(found[1]))
    return seen


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    paths = find_result_files([STUDY])
    return write_report([read_result(path) for path in paths], folder, paths)


def test_a_click_sorts_and_another_turns_it_round(page: Path) -> None:
    script = """
      seen.before = rows(); click("MB"); seen.up = rows(); seen.mark = head("MB").ariaSort;
      click("MB"); seen.down = rows(); click("model"); seen.names = rows();
      click("128 tokens, ms"); seen.times = rows();
      seen.place = head("128 tokens, ms").cellIndex;
    """
    seen = look(page, script)
    sizes = [float(row[3].replace(",", "")) for row in seen["before"]]
    assert len(sizes) > 10
    assert [float(row[3].replace(",", "")) for row in seen["up"]] == sorted(sizes)
    assert [float(row[3].replace(",", "")) for row in seen["down"]] == sorted(sizes, reverse=True)
    assert seen["mark"] == "ascending"
    names = [row[0] for row in seen["names"]]
    assert names == sorted(names)
    times = [row[seen["place"]] for row in seen["times"]]
    known = [float(time.split(" / ")[0].replace(",", "")) for time in times if time != "–"]
    assert known == sorted(known)
    assert set(times[len(known) :]) == {"–"}  # what was not measured comes last


def test_typing_filters_rows(page: Path) -> None:
    script = """
      seen.all = rows(); type("INT8 litert"); seen.some = rows();
      seen.note = document.querySelector(".filter span").textContent;
      type("nothing like it"); seen.none = rows(); type(""); seen.again = rows();
    """
    seen = look(page, script)
    assert 0 < len(seen["some"]) < len(seen["all"])
    assert all("int8" in row[1] and row[2] == "LiteRT" for row in seen["some"])
    assert seen["note"] == f"{len(seen['some'])} of {len(seen['all'])} rows"
    assert seen["none"] == []
    assert seen["again"] == seen["all"]


@pytest.mark.parametrize(("scheme", "is_dark"), [(1, False), (0, True)])
def test_the_page_follows_light_and_dark(page: Path, scheme: int, is_dark: bool) -> None:
    script = """
      seen.page = colour("backgroundColor", "body"); seen.ink = colour("color", "body");
      seen.label = colour("fill", "svg text"); seen.soft = colour("opacity", "p.soft");
    """
    seen = look(page, script, f"--blink-settings=preferredColorScheme={scheme}")
    brightness = {
        name: sum(map(int, re.findall(r"\d+", seen[name])[:3])) for name in ("page", "ink", "label")
    }
    assert (brightness["page"] < brightness["ink"]) == is_dark
    assert (brightness["page"] < brightness["label"]) == is_dark
    assert abs(brightness["page"] - brightness["ink"]) > 400
    assert seen["soft"] == "1"  # a picture's style must not reach the page's


def test_a_phone_shows_it_without_sideways_scrolling(page: Path) -> None:
    script = """
      seen.inner = innerWidth; seen.width = document.documentElement.scrollWidth;
      seen.table = document.querySelector(".scroll").scrollWidth;
    """
    seen = look(page, script, "--window-size=500,900")
    assert seen["width"] <= seen["inner"] <= 500
    assert seen["table"] > seen["inner"]  # the table scrolls by itself


def test_what_must_be_seen_is_seen(page: Path) -> None:
    script = """
      const text = part => document.querySelector(part).innerText;
      seen.headline = text(".headline"); seen.caveats = text(".caveats");
      seen.body = document.body.innerText;
      seen.pictures = [...document.querySelectorAll("#device1 svg")].map(one => one.clientWidth);
      seen.devices = [...document.querySelectorAll("main > section")].map(
        part => part.querySelectorAll("svg").length);
      seen.links = [...document.querySelectorAll(".raw a")].map(link => link.getAttribute("href"));
      seen.fetched = performance.getEntriesByType("resource").length;
      dispatchEvent(new Event("beforeprint"));
      seen.open = [...document.querySelectorAll("details")].every(part => part.open);
    """
    seen = look(page, script)
    assert re.search(r"answers \d+ tokens on 1 thread in [\d.]+ ms .* with F1 \d", seen["headline"])
    assert "not on a phone" in seen["caveats"]
    assert "random weights" in seen["caveats"]
    assert "1.63x" in seen["body"]
    assert len(seen["pictures"]) == 3
    assert min(seen["pictures"]) > 300
    assert seen["devices"] == [3, 3, 0]  # the emulated one has counts, no times
    assert len(seen["links"]) == len(find_result_files([STUDY]))
    assert all((page.parent / link).resolve().is_file() for link in seen["links"])
    assert seen["fetched"] == 0
    assert seen["open"]


def test_devices_have_a_page_each(tmp_path: Path) -> None:
    paths = find_result_files([GOLDEN])
    page = write_report([read_result(path) for path in paths], tmp_path, paths)
    script = """
      const shown = () => [...document.querySelectorAll("main > section")]
        .filter(part => part.getClientRects().length).map(part => part.id);
      seen.links = [...document.querySelectorAll("nav a")].map(link => link.textContent);
      seen.first = shown(); document.querySelectorAll("nav a")[1].click();
      await new Promise(done => setTimeout(done, 100)); seen.second = shown();
    """
    seen = look(page, script)
    assert len(seen["links"]) == 3
    assert seen["first"] == ["device1"]
    assert seen["second"] == ["device2"]
