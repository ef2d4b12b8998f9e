"""A machine whose systemd really boots: systemd-nspawn over a Debian tree."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from simulator import ROOT, Unexpected

TREE = ROOT / ".tools/rootfs"

# Booting takes a second, on a busy machine several.
BOOT_SECONDS = 60
# Everything that is waited for takes seconds; the test ends when it is there.
PATIENCE_SECONDS = 90
LOOK_AGAIN_SECONDS = 0.2


Seen = TypeVar("Seen")


class Machine:
    """One machine, for one `with` block. It shares the host's network, and
    keeps nothing: the tree below it is never written to."""

    def __init__(self, files: dict[str, Path]) -> None:
        self.files = files
        self.home = tempfile.TemporaryDirectory(prefix="machine-")
        self.console = Path(self.home.name) / "console"

    def __enter__(self) -> "Machine":
        binds = [f"--bind-ro={host}:{inside}" for inside, host in self.files.items()]
        with self.console.open("wb") as console:
            self.process = subprocess.Popen(
                [
                    "systemd-nspawn",
                    "--quiet",
                    "--register=no",
                    "--keep-unit",
                    "--boot",
                    "--console=pipe",
                    "--volatile=overlay",
                    f"--machine=worker-{os.getpid()}",
                    f"--directory={TREE}",
                    *binds,
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        try:
            self.leader = self.wait_for("a booting machine", self.first_child, BOOT_SECONDS)
            self.wait_for("a machine that has booted", self.has_booted, BOOT_SECONDS)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            print(self.run("journalctl", "--no-pager", "--lines=60").stdout)
        self.run("systemctl", "poweroff")
        self.stop()

    def stop(self) -> None:
        try:
            self.process.wait(timeout=BOOT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.home.cleanup()

    def first_child(self) -> int | None:
        if self.process.poll() is not None:
            raise Unexpected(f"systemd-nspawn ended:\n{self.console.read_text()}")
        task = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        children = Path(task).read_text().split()
        return int(children[0]) if children else None

    def has_booted(self) -> bool:
        state = self.run("systemctl", "is-system-running").stdout.strip()
        return state in ("running", "degraded")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs a command inside, whatever becomes of it."""
        inside = ["nsenter", f"--target={self.leader}", "-m", "-u", "-i", "-n", "-p", "-r", "-w"]
        return subprocess.run(
            [*inside, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def do(self, *words: str) -> str:
        """Runs a command inside that has to succeed."""
        done = self.run(*words)
        if done.returncode != 0:
            raise Unexpected(f"{' '.join(words)}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def unit(self, name: str) -> str:
        """One property of the unit."""
        shown = self.do("systemctl", "show", "bluegreen-worker", f"--property={name}", "--value")
        return shown.strip()

    def wait_for(
        self, what: str, look: Callable[[], Seen | None], seconds: float = PATIENCE_SECONDS
    ) -> Seen:
        """Looks until there is something, and returns it."""
        end = time.monotonic() + seconds
        while True:
            seen = look()
            if seen:
                return seen
            if time.monotonic() > end:
                raise Unexpected(f"waited {seconds} s in vain for {what}")
            time.sleep(LOOK_AGAIN_SECONDS)
