"""What a benchmark ran on, and how fast that machine multiplies matrices."""

import os
import platform
import time
from pathlib import Path
from typing import Any

import psutil
import torch
import transformers

_SIZE = {"cpu": 1024, "cuda": 8192}


def machine(device: torch.device, bf16: bool) -> dict[str, Any]:
    """Facts that numbers depend on."""
    facts: dict[str, Any] = {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_bytes": psutil.virtual_memory().total,
        "load_of_last_minute": round(psutil.getloadavg()[0], 2),
        "system": platform.platform(),
        "precision": "bf16" if bf16 else "fp32",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    return facts


def peak_flops(device: torch.device, dtype: torch.dtype, repeats: int = 5) -> float:
    """Operations a second of the fastest of some large square products."""
    size = _SIZE[device.type]
    one, other = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    out, seconds = torch.empty_like(one), []
    for _ in range(repeats + 1):
        wait(device)
        started = time.perf_counter()
        torch.mm(one, other, out=out)
        wait(device)
        seconds.append(time.perf_counter() - started)
    return 2 * size**3 / min(seconds[1:])


def wait(device: torch.device) -> None:
    """Returns when the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
