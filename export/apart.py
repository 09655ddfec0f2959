"""Runs one step of an export in a process of its own: `python -m export.<step>`.

The converters and runtimes are large, chatty and settle global state (ExecuTorch's thread pool), so
the build starts one process per step. Job and answer are JSON on stdin and stdout; all chatter,
that of C++ libraries included, goes to stderr, which is shown only when the process dies.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from export import strict_json

Job = TypeVar("Job")
Result = TypeVar("Result")


def run_apart(module: str, job: Any, result: type[Result], doing: str) -> Result:
    """Run a job (a dataclass) in a fresh process of `module`; return its result.

    Raises ValueError for what the user can cure. A process that dies (the converters end it where
    the disk or the memory is full) raises OSError with what it was `doing` and its last words.
    """
    places = [str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-P", "-m", module],  # -P: never from the current folder
        input=json.dumps(asdict(job)),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise OSError(
            f"{doing} stopped with exit code {done.returncode}; "
            f"check the free disk space and memory. Its last words:\n{tail}"
        )
    answer = json.loads(done.stdout)
    if answer["error"] is not None:
        raise ValueError(answer["error"])
    return strict_json.parse(result, json.dumps(answer["result"]), f"the answer of {module}")


def answer_job(kind: type[Job], work: Callable[[Job], Any]) -> None:
    """Answer the job on stdin: with the result, or the user's mistake that stopped it."""
    answer_fd = os.dup(1)
    os.dup2(2, 1)  # from here on whatever libraries print goes to stderr
    job = strict_json.parse(kind, sys.stdin.read(), "the job")
    answer: dict[str, Any] = {"result": None, "error": None}
    try:
        answer["result"] = asdict(work(job))
    except (ValueError, OSError) as error:
        answer["error"] = str(error)
    with os.fdopen(answer_fd, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(answer))
