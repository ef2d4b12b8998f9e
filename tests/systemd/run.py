#!/usr/bin/env python3
"""Boots a machine with the shipped unit, and lets it work, hang, reload, stop.

The worker inside talks to the simulator on the host's loopback. Needs root,
systemd-nspawn and the Debian tree that `tests/run systemd` makes.
"""

import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from machine import Machine
from simulator import ROOT, Simulator, Unexpected

# A release takes a quarter of an hour of the simulator's time; its credentials
# for the artifacts live as long.
SPEED = 100

# The scale of `systemd-analyze security` has tenths of points.
MOST_EXPOSURE = 20

# As short as a busy machine allows, so that the test need not wait a minute.
DROP_IN = """[Service]
WatchdogSec=5
RestartSec=1
"""

SETTINGS = """poll_interval = "500ms"
observe_interval = "500ms"
watch = "2s"
listen = "127.0.0.1:{port}"
controls = "{controls}"
"""

BUNDLE = ROOT / "examples/webapp"
JOURNAL = "/var/lib/private/bluegreen-worker"


class Scene:
    """The machine, the simulator, and the files that an operator may edit."""

    def __init__(self, machine: Machine, simulator: Simulator, etc: Path, port: int) -> None:
        self.machine = machine
        self.simulator = simulator
        self.settings = etc / "bluegreen-worker.toml"
        self.port = port

    def release(self) -> str:
        """Starts a release, and returns the id of its action."""
        names = ("taskdef.json", "appspec.yaml", "imageDetail.json")
        files = {name: (BUNDLE / name).read_text() for name in names}
        order = {
            "configuration": {
                "ApplicationName": "webapp",
                "DeploymentGroupName": "webapp",
                "TaskDefinitionTemplateArtifact": "Bundle",
                "AppSpecTemplateArtifact": "Bundle",
                "Image1ArtifactName": "Bundle",
                "Image1ContainerName": "IMAGE1_NAME",
            },
            "artifacts": {"Bundle": {"files": files}},
        }
        return self.simulator.control("POST", "actions", order)["action_execution_id"]

    def action(self, action: str) -> dict:
        return self.simulator.control("GET", f"actions/{action}")

    def wait_for_end(self, action: str, status: str) -> dict:
        def ended() -> dict | None:
            seen = self.action(action)
            return None if seen["status"] == "InProgress" else seen

        seen = self.machine.wait_for(f"the end of {action}", ended)
        expect(seen["status"] == status, f"a release that has {status}", seen)
        return seen

    def wait_for_deployment(self, action: str) -> None:
        def deployment() -> str | None:
            return self.action(action)["external_execution_id"]

        self.machine.wait_for("a deployment", deployment)

    def write(self, controls: str) -> None:
        # In place: the machine sees this very file.
        self.settings.write_text(SETTINGS.format(port=self.port, controls=controls))

    def health(self) -> bool:
        address = f"127.0.0.1:{self.port}"
        asked = self.machine.run("bluegreen-worker", "health", "--ready", "--listen", address)
        return asked.returncode == 0

    def status_text(self) -> str:
        return self.machine.unit("StatusText")

    def log(self) -> str:
        return self.machine.do(
            "journalctl", "--unit=bluegreen-worker", "--no-pager", "--output=cat"
        )


def the_unit_has_no_mistake(scene: Scene) -> None:
    unit = "/etc/systemd/system/bluegreen-worker.service"
    scene.machine.do("systemd-analyze", "verify", "--recursive-errors=yes", "--man=no", unit)
    exposure = ["--offline=yes", f"--threshold={MOST_EXPOSURE}", unit]
    scene.machine.do("systemd-analyze", "security", *exposure)


def it_starts_and_is_ready(scene: Scene) -> None:
    # With `Type=notify` this returns when the worker has said so.
    scene.machine.do("systemctl", "start", "bluegreen-worker")
    expect(scene.machine.unit("ActiveState") == "active", "an active unit", scene.log())
    scene.machine.wait_for("a worker that polls", scene.health)
    scene.machine.wait_for("a status in words", lambda: "Polling" in scene.status_text())


def it_is_confined(scene: Scene) -> None:
    status = scene.machine.do("cat", f"/proc/{scene.machine.unit('MainPID')}/status")
    has = {name: rest.split() for name, _, rest in map(split_line, status.splitlines())}
    expect("0" not in has["Uid"], "an unprivileged user", has["Uid"])
    expect(int(has["CapBnd"][0], 16) == 0, "no capability", has["CapBnd"])
    expect(has["NoNewPrivs"] == ["1"], "no new privileges", has["NoNewPrivs"])
    expect(has["Seccomp"] == ["2"], "a filter of system calls", has["Seccomp"])


def split_line(line: str) -> tuple[str, str, str]:
    return line.partition(":")


def it_releases(scene: Scene) -> None:
    """The policy's confined process works under the unit's confinement, too."""
    scene.wait_for_end(scene.release(), "Succeeded")


def a_hanging_worker_is_restarted_and_its_job_finished(scene: Scene) -> None:
    action = scene.release()
    scene.wait_for_deployment(action)
    first = scene.machine.unit("MainPID")
    scene.machine.do("kill", "-STOP", first)

    def another() -> bool:
        return scene.machine.unit("MainPID") not in ("0", first) and scene.health()

    scene.machine.wait_for("a worker in place of the one that hung", another)
    expect(scene.machine.unit("NRestarts") == "1", "one restart", scene.log())
    expect("watchdog" in scene.log().lower(), "the watchdog's bite", scene.log())
    scene.wait_for_end(action, "Succeeded")


def a_reload_drops_nothing(scene: Scene) -> None:
    action = scene.release()
    scene.wait_for_deployment(action)
    process = scene.machine.unit("MainPID")
    scene.write(controls="all=deny")
    scene.machine.do("systemctl", "reload", "bluegreen-worker")
    # The release that is under way goes on; the next one meets the new rules.
    scene.wait_for_end(action, "Succeeded")
    refused = scene.wait_for_end(scene.release(), "Failed")
    expect(refused["error"]["code"] == "ConfigurationError", "a refusal", refused)
    expect(scene.machine.unit("MainPID") == process, "the same process", scene.log())


def a_wrong_file_changes_nothing(scene: Scene) -> None:
    process = scene.machine.unit("MainPID")
    scene.settings.write_text('pol_interval = "500ms"\n')
    scene.machine.do("systemctl", "reload", "bluegreen-worker")
    scene.machine.wait_for("a complaint", lambda: "pol_interval" in scene.log())
    expect(scene.machine.unit("MainPID") == process, "the same process", scene.log())
    expect(scene.health(), "a worker that goes on", scene.log())
    # A start with such a file is refused before anything is done.
    refused = scene.machine.run("bluegreen-worker", "doctor", "--offline", "--config", CONFIG)
    expect(refused.returncode == 2, "exit code 2 of doctor", refused)
    scene.write(controls="all=warn")
    scene.machine.do("systemctl", "reload", "bluegreen-worker")


def a_stop_hands_back_and_a_start_goes_on(scene: Scene) -> None:
    action = scene.release()
    scene.wait_for_deployment(action)
    before = time.monotonic()
    scene.machine.do("systemctl", "stop", "bluegreen-worker")
    took = time.monotonic() - before
    result = scene.machine.unit("Result")
    expect(result == "success", f"a clean stop, took {took:.0f} s", f"{result}\n{scene.log()}")
    status = scene.machine.unit("ExecMainStatus")
    expect(status == "0", "exit code 0", f"{status}\n{scene.log()}")
    expect(scene.action(action)["status"] == "InProgress", "a release under way", action)
    # The journal's directory outlives the dynamic user.
    scene.machine.do("test", "-d", JOURNAL)
    scene.machine.do("systemctl", "start", "bluegreen-worker")
    scene.wait_for_end(action, "Succeeded")
    deployments = scene.simulator.aws(
        "deploy list-deployments", application_name="webapp", deployment_group_name="webapp"
    )["deployments"]
    # Four releases were deployed, each once; the refused one was not.
    expect(len(deployments) == 4, "one deployment for each release", deployments)


def the_credentials_came_from_the_file(scene: Scene) -> None:
    """`LoadCredential`: the simulator's own key, whose signatures it verifies."""
    environment = scene.machine.unit("Environment")
    expect("AWS_SHARED_CREDENTIALS_FILE" in environment, "the file's place", environment)
    polls = scene.simulator.control("GET", "ledger?operation=PollForJobs")
    expect(polls, "signed polls", polls)


def expect(holds: object, what: str, instead: object) -> None:
    if not holds:
        raise Unexpected(f"expected {what}, got {instead}")


STORIES: list[Callable[[Scene], None]] = [
    the_unit_has_no_mistake,
    it_starts_and_is_ready,
    it_is_confined,
    it_releases,
    a_hanging_worker_is_restarted_and_its_job_finished,
    a_reload_drops_nothing,
    a_wrong_file_changes_nothing,
    a_stop_hands_back_and_a_start_goes_on,
    the_credentials_came_from_the_file,
]

CONFIG = "/etc/bluegreen-worker.toml"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="etc-") as folder, Simulator(SPEED) as simulator:
        etc = Path(folder)
        exports = simulator.exports
        names = ("AWS_ENDPOINT_URL", "AWS_REGION")
        (etc / "default").write_text("".join(f"{name}={exports[name]}\n" for name in names))
        (etc / "credentials").write_text(
            f"[default]\naws_access_key_id = {exports['AWS_ACCESS_KEY_ID']}\n"
            f"aws_secret_access_key = {exports['AWS_SECRET_ACCESS_KEY']}\n"
        )
        (etc / "credentials").chmod(0o600)
        (etc / "drop-in").write_text(DROP_IN)
        (etc / "bluegreen-worker.toml").touch()
        units = "/etc/systemd/system"
        files = {
            "/usr/local/bin/bluegreen-worker": ROOT / "target/debug/bluegreen-worker",
            f"{units}/bluegreen-worker.service": ROOT / "systemd/bluegreen-worker.service",
            f"{units}/bluegreen-worker.service.d/test.conf": etc / "drop-in",
            CONFIG: etc / "bluegreen-worker.toml",
            "/etc/default/bluegreen-worker": etc / "default",
            "/etc/bluegreen-worker.credentials": etc / "credentials",
        }
        try:
            with Machine(files) as machine:
                scene = Scene(machine, simulator, etc, free_port())
                scene.write(controls="all=warn")
                for story in STORIES:
                    started = time.monotonic()
                    name = story.__name__.replace("_", " ")
                    print(f"{name}: ", end="", flush=True)
                    story(scene)
                    print(f"ok, {time.monotonic() - started:.0f} s", flush=True)
        except Unexpected as fault:
            print(f"FAILED\n{fault}", file=sys.stderr)
            return 1
    return 0


def free_port() -> int:
    """The machine shares the host's network, and the settings name a port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())
