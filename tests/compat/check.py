"""Are our .tflite files right in other runtimes, and does the golden self-test catch the wrong?

`make test-compat` makes the environments and starts this: the student in models/ is exported in
every LiteRT recipe, each runtime answers the golden cases in its own environment, and what is
found is compared with what docs/runtimes.md promises.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from export.build import build_bundle
from export.config import ExportConfig
from export.recipes import RECIPES
from export.shipped import SHIPPED

ROOT = Path(__file__).resolve().parents[2]
CHECKPOINT = SHIPPED.folder
BUILD = ROOT / "build" / "compat"
LENGTH = 128
RIGHT_IN_OLD = ("fp32", "fp16", "int8-tensor")
"""What tflite-runtime 2.14 must answer rightly; it must be caught answering all else wrongly."""
PACKAGES = ("tensorflow-cpu", "tflite-runtime")


def export_recipes() -> list[Path]:
    """Write the student as a .tflite in every recipe that LiteRT runs."""
    folders = []
    for name, recipe in RECIPES.items():
        if "tflite" in recipe.runtimes:
            print(f"exporting {name}", flush=True)
            config = ExportConfig(
                checkpoint=CHECKPOINT,
                out=BUILD / name,
                runtimes=("tflite",),
                recipe=name,
                buckets=(LENGTH,),
                force=True,
            )
            folders.append(build_bundle(config).folder)
    return folders


def ask_runtime(environment: Path, package: str, folders: list[Path]) -> dict[str, Any]:
    """Let a runtime answer in its own environment, each file in a process that may die of it."""
    found: dict[str, Any] = {"recipes": {}}
    for folder in folders:
        script = Path(__file__).with_name("golden_run.py")
        command = [str(environment / "bin" / "python"), str(script), package, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode < 0:
            answer = {"error": f"the runtime died of signal {-done.returncode}"}
        elif done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
        else:
            told = json.loads(done.stdout.splitlines()[-1])
            found["version"], answer = told["version"], told["recipes"][folder.name]
        found["recipes"][folder.name] = answer
    return found


def faults(answers: dict[str, Any]) -> list[str]:
    """List what is otherwise than promised."""
    found = []
    for recipe, one in answers["tensorflow-cpu"]["recipes"].items():
        if not one.get("right"):
            found.append(f"tensorflow-cpu does not compute {recipe} rightly: {one}")
    for recipe, one in answers["tflite-runtime"]["recipes"].items():
        right = one.get("right", False)
        if right != (recipe in RIGHT_IN_OLD):
            words = "computes" if right else "does not compute"
            found.append(f"tflite-runtime {words} {recipe} rightly, docs say otherwise: {one}")
    return found


def report(answers: dict[str, Any]) -> int:
    """Print a line for each file and what is otherwise than promised; return the exit code."""
    for package, answer in answers.items():
        for recipe, one in answer["recipes"].items():
            shown = one.get("error") or f"off by {one['difference']:.2g} of {one['tolerance']:.2g}"
            verdict = "right" if one.get("right") else "caught by the golden self-test"
            print(f"{package} {answer['version']}, {recipe}: {verdict} ({shown})")
    wrong = faults(answers)
    for fault in wrong:
        print(f"FAILED: {fault}")
    return 1 if wrong else 0


def main() -> int:
    """Export, ask, keep the answers in result.json, and report."""
    environments, folders = Path(sys.argv[1]), export_recipes()
    answers = {one: ask_runtime(environments / one, one, folders) for one in PACKAGES}
    (BUILD / "result.json").write_text(json.dumps(answers, indent=1) + "\n", encoding="utf-8")
    return report(answers)


if __name__ == "__main__":
    sys.exit(main())
