"""Archives that depend on their files alone: sorted, with one owner and time."""

import gzip
import hashlib
import tarfile
from pathlib import Path


def write(packed: Path, top: str, files: dict[str, Path], moment: int) -> None:
    """Packs the files, by name, below one folder. Programs stay executable."""
    with (
        packed.open("wb") as raw,
        # Without a name, which would be that of the archive.
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=moment) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, path in sorted(files.items()):
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size = path.stat().st_size
            entry.mtime = moment
            entry.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            entry.uname = entry.gname = "root"
            with path.open("rb") as content:
                tar.addfile(entry, content)


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as content:
        while block := content.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
