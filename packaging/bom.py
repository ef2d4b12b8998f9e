"""The crates of a program: a CycloneDX document, and the texts of their licences.

`cargo tree` says which crates a target and its features need, as the build does;
`cargo metadata` their licences; Cargo.lock their checksums.
"""

import json
import re
import subprocess
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import archive

NAME = "bluegreen-worker"
LINE = re.compile(r"(?P<depth>\d+)(?P<name>\S+) v(?P<version>\S+)")
LICENSE_FILE = re.compile(r"(LICEN[CS]E|COPYING|COPYRIGHT|NOTICE)", re.IGNORECASE)
# Two documents of the same content get the same serial number.
NAMESPACE = uuid.UUID("6f0d7c52-3b5f-4a43-9d0e-5a1f0a9f5c11")

# A crate's name and version. `deny.toml` allows only one source for each.
Crate = tuple[str, str]


@dataclass
class Linked:
    """What one program needs."""

    root: Crate
    compiler: Crate
    # Each crate with its dependencies.
    crates: dict[Crate, set[Crate]]
    # The crates that only run during the build.
    build_only: set[Crate]
    # Their entries in the manifests and in the lock file.
    packages: dict[Crate, dict] = field(repr=False)
    checksums: dict[Crate, str] = field(repr=False)


class Dependencies:
    """Of the programs for one target."""

    def __init__(self, root: Path, target: str):
        self.root = root
        self.target = target
        words = ["cargo", "metadata", "--locked", "--format-version=1"]
        packages = json.loads(self.output(*words, f"--filter-platform={target}"))["packages"]
        self.packages = {(it["name"], it["version"]): it for it in packages}
        self.version = next(it["version"] for it in packages if it["name"] == NAME)
        self.checksums = checksums((root / "Cargo.lock").read_text())

    def linked(self, features: tuple[str, ...]) -> Linked:
        used = self.tree(features, "normal,build")
        in_program = self.tree(features, "normal,no-proc-macro")
        _, version, *_ = self.output("rustc", "--version").split()
        return Linked(
            root=(NAME, self.version),
            compiler=("rustc", version),
            crates=used,
            build_only=set(used) - set(in_program),
            packages=self.packages,
            checksums=self.checksums,
        )

    def tree(self, features: tuple[str, ...], edges: str) -> dict[Crate, set[Crate]]:
        """Every crate with those that it needs directly."""
        words = ["cargo", "tree", "--locked", "--package", NAME, "--target", self.target]
        words += ["--edges", edges, "--prefix", "depth", "--format", "{p}", *features]
        found: dict[Crate, set[Crate]] = {}
        path: list[Crate] = []
        for line in self.output(*words).splitlines():
            read = LINE.match(line)
            if read is None:
                raise ValueError(f"cargo tree printed {line!r}")
            crate = read["name"], read["version"]
            del path[int(read["depth"]) :]
            if path:
                found[path[-1]].add(crate)
            found.setdefault(crate, set())
            path.append(crate)
        return found

    def output(self, *words: str) -> str:
        return subprocess.run(
            words, cwd=self.root, stdout=subprocess.PIPE, text=True, check=True
        ).stdout


def checksums(lock: str) -> dict[Crate, str]:
    found = {}
    for block in lock.split("[[package]]")[1:]:
        pairs = dict(line.split(" = ", 1) for line in block.splitlines() if " = " in line)
        values = {key: value.strip('"') for key, value in pairs.items()}
        if "checksum" in values:
            found[values["name"], values["version"]] = values["checksum"]
    return found


def cyclonedx(linked: Linked, program: Path, moment: int) -> str:
    """The document, in the specification's version 1.6."""
    components = [component(linked, crate) for crate in sorted(linked.crates)]
    [subject] = [it for it in components if it["bom-ref"] == purl(linked.root)]
    components.remove(subject)
    digest = {"alg": "SHA-256", "content": archive.sha256(program)}
    subject |= {"type": "application", "hashes": [digest]}
    del subject["scope"]
    compiler, version = linked.compiler
    content = {
        "metadata": {
            "timestamp": datetime.fromtimestamp(moment, timezone.utc).isoformat(),
            # It brings the standard library and the C library that are linked in.
            "tools": {
                "components": [{"type": "application", "name": compiler, "version": version}]
            },
            "component": subject,
        },
        "components": components,
        "dependencies": [
            {"ref": purl(crate), "dependsOn": sorted(map(purl, needed))}
            for crate, needed in sorted(linked.crates.items())
        ],
    }
    serial = uuid.uuid5(NAMESPACE, json.dumps(content))
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": serial.urn}
    return json.dumps(head | {"version": 1} | content, indent=1) + "\n"


def component(linked: Linked, crate: Crate) -> dict:
    name, version = crate
    of_crate = {
        "type": "library",
        "bom-ref": purl(crate),
        "name": name,
        "version": version,
        "scope": "excluded" if crate in linked.build_only else "required",
        "purl": purl(crate),
    }
    if license := linked.packages[crate]["license"]:
        # Old manifests separate alternatives by a slash.
        of_crate["licenses"] = [{"expression": license.replace("/", " OR ")}]
    if crate in linked.checksums:
        of_crate["hashes"] = [{"alg": "SHA-256", "content": linked.checksums[crate]}]
    return of_crate


def purl(crate: Crate) -> str:
    name, version = crate
    return f"pkg:cargo/{name}@{version.replace('+', '%2B')}"


def licenses(linked: Linked, others: list[Path]) -> str:
    """The licences that the crates in the program come with, and others, each
    text once."""
    texts: dict[str, list[str]] = {}
    for crate in sorted(set(linked.crates) - linked.build_only):
        # Crates of this project have no licence file of their own.
        if crate not in linked.checksums:
            continue
        package = linked.packages[crate]
        folder = Path(package["manifest_path"]).parent
        # `LICENSES` is a folder where a crate follows REUSE.
        files = [it for it in [*folder.iterdir(), *folder.glob("LICENSES/*")] if it.is_file()]
        found = sorted(it for it in files if LICENSE_FILE.match(str(it.relative_to(folder))))
        name = " ".join(crate)
        for path in found:
            text = path.read_text(errors="replace").strip()
            texts.setdefault(text, []).append(f"{name}, {path.relative_to(folder)}")
        if not found:
            text = f"No text in the package. Its manifest says: {package['license']}"
            texts.setdefault(text, []).append(name)
    for path in others:
        texts.setdefault(path.read_text(errors="replace").strip(), []).append(path.name)
    line = "=" * 79
    return f"\n\n{line}\n\n".join("\n".join([*of, "", text]) for text, of in texts.items()) + "\n"
