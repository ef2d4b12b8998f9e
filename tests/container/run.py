#!/usr/bin/env python3
"""Builds the image of the Containerfile, looks into it and lets it work.

The base image is a stand-in of the same Debian release, so that no registry is
needed, and the program is the one that the tests use, linked as the
Containerfile has it: compiling it again takes a quarter of an hour. Needs root,
buildah, podman and the Debian tree of `tests/run`.
"""

import json
import os
import platform
import re
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from simulator import ROOT, Simulator, Unexpected

TREE = ROOT / ".tools/rootfs"
STORE = ROOT / ".tools/containers"
PROGRAM = "usr/local/bin/bluegreen-worker"
IMAGE = "localhost/bluegreen-worker:test"
BASE = "localhost/bluegreen-worker-base:test"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

SPEED = 100
PATIENCE_SECONDS = 120
LOOK_AGAIN_SECONDS = 0.2

# How the Containerfile has the program linked.
LINKED = re.compile(r" -- (-C [^;]*);")

# What is promised of the image. The program that the tests use is made for them
# and larger; of the one that is shipped, the figure is in docs/performance.md.
MOST_MEGABYTES = 25.0
MEASURED = re.compile(r"^\| Program, as in the image \| ([\d.]+) MB, ", re.MULTILINE)

# Beside it: what names and certificates need.
SYSTEM_FILES = {
    "etc/group",
    "etc/nsswitch.conf",
    "etc/passwd",
    "etc/ssl/certs/ca-certificates.crt",
}


def podman(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return tool("podman", *words, check=check)


def tool(name: str, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs podman or buildah over a store of our own, without other images."""
    done = subprocess.run(
        [name, f"--root={STORE}/root", f"--runroot={STORE}/run", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode != 0:
        raise Unexpected(f"{name} {' '.join(words)}:\n{done.stdout}{done.stderr}")
    return done


def make_the_base() -> None:
    if tool("buildah", "inspect", "--type=image", BASE, check=False).returncode == 0:
        return
    container = tool("buildah", "from", "scratch").stdout.strip()
    tool("buildah", "add", "--quiet", container, str(TREE), "/")
    tool("buildah", "commit", "--quiet", "--rm", container, BASE)


def build(folder: Path) -> None:
    """From the context that a release publishes, but for its program."""
    architecture = ARCHITECTURES[platform.machine()]
    program = folder / "bluegreen-worker"
    strip = ["strip", "--strip-debug", "-o", program, link_the_program()]
    subprocess.run(strip, check=True)
    # The program of the tests again, which has the simulator.
    cargo("build", "--locked")
    words = [ROOT / "packaging/build", "image", "--program", program, "--output", folder]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    [packed] = folder.glob(f"*-image-{architecture}.tar.gz")
    with tarfile.open(packed) as files:
        files.extractall(folder, filter="data")
    [context] = folder.glob("*-image")
    arguments = {
        "RUST_IMAGE": BASE,
        "PROGRAM": "prebuilt",
        "TARGETARCH": architecture,
        "REVISION": "abc",
    }
    tool(
        "buildah",
        "bud",
        "--quiet",
        "--isolation=chroot",
        "--format=docker",
        "--pull-never",
        f"--file={context}/Containerfile",
        f"--tag={IMAGE}",
        *(f"--build-arg={name}={value}" for name, value in arguments.items()),
        str(context),
    )


def link_the_program() -> Path:
    flags = LINKED.search((ROOT / "Containerfile").read_text())
    if flags is None:
        raise Unexpected("the Containerfile does not say how the program is linked")
    words = ["rustc", "--locked", "--package=bluegreen-worker", "--no-default-features"]
    cargo(*words, "--bin=bluegreen-worker", "--", *flags[1].split())
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "debug/bluegreen-worker"


def cargo(*words: str) -> None:
    done = subprocess.run(["cargo", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unexpected(done.stderr)


def it_says_what_it_is() -> None:
    image = json.loads(tool("buildah", "inspect", "--type=image", IMAGE).stdout)
    config = image["Docker"]["config"]
    expect(config["User"] == "65532:65532", "a user without privileges", config)
    expect(config["Entrypoint"] == [f"/{PROGRAM}"], "the program", config)
    expect(config["Cmd"] == ["run"], "its command", config)
    asks = config["Healthcheck"]["Test"]
    expect(asks == ["CMD", f"/{PROGRAM}", "health"], "a health check", asks)
    labels = config["Labels"]
    label = "org.opencontainers.image"
    expect(labels[f"{label}.revision"] == "abc", "the revision that was built", labels)
    manifest = (ROOT / "Cargo.toml").read_text()
    version = f'version = "{labels[f"{label}.version"]}"'
    expect(version in manifest, "the version of Cargo.toml", labels)


def it_holds_nothing_else(folder: Path) -> None:
    """No shell, no package manager, nothing of the context."""
    archive = folder / "files.tar"
    container = podman("create", IMAGE).stdout.strip()
    podman("export", f"--output={archive}", container)
    podman("rm", container)
    sizes = {}
    with tarfile.open(archive) as files:
        for file in files:
            if file.isfile() and file.size > 0:
                sizes[file.name] = file.size
    size_of_program = sizes.pop(PROGRAM)
    expect(set(sizes) == SYSTEM_FILES, f"{sorted(SYSTEM_FILES)}", sorted(sizes))
    beside = sum(sizes.values()) / 1e6
    shipped = measured_size_of_program()
    room = MOST_MEGABYTES - shipped
    expect(beside <= room, f"at most {room:.1f} MB beside the program", beside)
    print(f"{beside:.1f} MB beside {shipped} MB of program as shipped, ", end="")
    print(f"{size_of_program / 1e6:.1f} MB as tested: ", end="")


def measured_size_of_program() -> float:
    """In megabytes, as `docs/performance.md` has it of the program as shipped."""
    found = MEASURED.search((ROOT / "docs/performance.md").read_text())
    if found is None:
        raise Unexpected("docs/performance.md does not have the program's size")
    return float(found[1])


def it_works_and_stops(simulator: Simulator) -> None:
    port = free_port()
    exports = dict(simulator.exports)
    # By its name, which the image has to look up.
    exports["AWS_ENDPOINT_URL"] = exports["AWS_ENDPOINT_URL"].replace("127.0.0.1", "localhost")
    settings = {
        "BLUEGREEN_LISTEN": f"0.0.0.0:{port}",
        "BLUEGREEN_POLL_INTERVAL": "500ms",
        "BLUEGREEN_OBSERVE_INTERVAL": "500ms",
        "BLUEGREEN_WATCH": "2s",
        "BLUEGREEN_CONTROLS": "all=warn",
    }
    name = f"bluegreen-test-{os.getpid()}"
    podman(
        "run",
        "--detach",
        f"--name={name}",
        "--network=host",
        "--cgroups=disabled",
        "--ulimit=nofile=1024:1024",
        "--ulimit=nproc=1024:1024",
        # Health is asked by hand below; podman wants systemd for its timer.
        "--no-healthcheck",
        "--read-only",
        "--read-only-tmpfs=false",
        "--cap-drop=all",
        "--security-opt=no-new-privileges",
        *(f"--env={key}={value}" for key, value in (exports | settings).items()),
        IMAGE,
    )
    try:
        wait_for("a healthy worker", lambda: is_healthy(name))
        action = simulator.control("POST", "actions", order())["action_execution_id"]
        wait_for("the end of the release", lambda: status(simulator, action) != "InProgress")
        seen = simulator.control("GET", f"actions/{action}")
        expect(seen["status"] == "Succeeded", "a release that succeeds", seen)
        podman("stop", "--time=15", name)
        code = podman("inspect", "--format={{.State.ExitCode}}", name).stdout.strip()
        expect(code == "0", "exit code 0 after SIGTERM", code)
    except Unexpected as fault:
        logs = podman("logs", name, check=False)
        raise Unexpected(f"{fault}\n{logs.stdout}{logs.stderr}") from None
    finally:
        podman("rm", "--force", name, check=False)


def is_healthy(name: str) -> bool:
    """What the health check does; the image has no other program to run."""
    asked = podman("exec", name, f"/{PROGRAM}", "health", "--ready", check=False)
    return asked.returncode == 0


def status(simulator: Simulator, action: str) -> str:
    return simulator.control("GET", f"actions/{action}")["status"]


def order() -> dict:
    names = ("taskdef.json", "appspec.yaml", "imageDetail.json")
    files = {name: (ROOT / "examples/webapp" / name).read_text() for name in names}
    return {
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


def wait_for(what: str, holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > end:
            raise Unexpected(f"waited {PATIENCE_SECONDS} s in vain for {what}")
        time.sleep(LOOK_AGAIN_SECONDS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def expect(holds: object, what: str, instead: object) -> None:
    if not holds:
        raise Unexpected(f"expected {what}, got {instead}")


def needs_other_groups() -> bool:
    """crun runs without cgroups only where it does not see the old kind."""
    return not Path("/sys/fs/cgroup/cgroup.controllers").exists()


def main() -> int:
    if needs_other_groups():
        mount = "umount -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup"
        script = f'{mount} && exec "$@"'
        again = ["unshare", "--mount", "sh", "-c", script, "sh", sys.executable, *sys.argv]
        os.execvp(again[0], again)
    try:
        with tempfile.TemporaryDirectory(prefix="image-") as folder:
            step("the stand-in base", make_the_base)
            step("the image is built", lambda: build(Path(folder)))
            step("it says what it is", it_says_what_it_is)
            step("it holds nothing else", lambda: it_holds_nothing_else(Path(folder)))
            with Simulator(SPEED) as simulator:
                step("it works and stops", lambda: it_works_and_stops(simulator))
    except Unexpected as fault:
        print(f"FAILED\n{fault}", file=sys.stderr)
        return 1
    return 0


def step(name: str, act: Callable[[], None]) -> None:
    started = time.monotonic()
    print(f"{name}: ", end="", flush=True)
    act()
    print(f"ok, {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
