"""Starts a process and tells what it has cost, as the kernel counts it."""

import os
import subprocess
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class Measured:
    """A process under measurement, for one `with` block."""

    def __init__(self, command: list, environment: dict[str, str]):
        words = [str(word) for word in command]
        self.process = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL)

    def __enter__(self) -> "Measured":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def cpu(self) -> float:
        """Seconds of processor time, those of children that have ended too."""
        text = Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = text.rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS

    def peak(self) -> float:
        """The most memory that it has held, in MiB."""
        return memory(self.process.pid, "VmHWM")

    def memory(self) -> float:
        """The memory that it holds now, in MiB."""
        return memory(self.process.pid, "VmRSS")


def memory(process: int, name: str) -> float:
    """What the kernel counts under this name, in MiB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    raise SystemExit("the process has ended")


def once(command: list, environment: dict[str, str]) -> tuple[float, float]:
    """Runs a command to its end: seconds of processor time, and peak MiB."""
    words = [str(word) for word in command]
    process = subprocess.Popen(
        words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    _, code, usage = os.wait4(process.pid, 0)
    if code:
        raise SystemExit(f"{' '.join(words)} ended with {code}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
