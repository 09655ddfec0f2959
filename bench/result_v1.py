"""Result files of version 1 in the form of version 2: older studies and apps are still read."""

from typing import Any

SPEED = (
    "session", "threads", "tokens", "padded_tokens", "load_ms", "first_ms", "first_cpu_ms",
    "warmup", "round_sizes", "wall_ms", "cpu_ms", "bare_bytes", "peak_bytes",
)  # fmt: skip


def upgrade(data: dict[str, Any]) -> dict[str, Any]:
    """Rename and move the fields; what version 1 did not record is null or empty.

    Raises ValueError for a speed that lacks fields; all other faults are found by the reader.
    """
    new = {
        **data,
        "version": 2,
        "runner": "unknown (version 1)",
        "notes": [],
        **dict.fromkeys(("workload", "printed", "memory", "work", "before", "after")),
    }
    accuracy = data.get("accuracy")
    if isinstance(accuracy, dict):
        new["accuracy"] = {**accuracy, "question_f1": []}
    speed = data.get("speed")
    if speed is None:
        return new
    if not isinstance(speed, dict) or set(speed) != set(SPEED):
        raise ValueError(f"result.speed of version 1 must have the fields {', '.join(SPEED)}")
    workload = {name: speed[name] for name in ("threads", "tokens", "padded_tokens")}
    start = {name: speed[name] for name in ("load_ms", "first_ms", "first_cpu_ms")}
    samples = {name: speed[name] for name in ("session", "round_sizes", "wall_ms", "cpu_ms")}
    memory = {name: speed[name] for name in ("bare_bytes", "peak_bytes")}
    return {
        **new,
        "workload": {**workload, "cpus": []},
        "speed": {
            **samples,
            "starts": [{"at_s": 0.0, **start, "warmup_ms": []}],
            "at_s": [],
            "debug_build": None,
        },
        "memory": {"method": "in the timed process (version 1)", **memory},
    }
