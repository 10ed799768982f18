"""What kind of disk a folder lies on. SQLite's locks and syncs hold on a local one only."""

from __future__ import annotations

from pathlib import Path

NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs"})
UNSAFE = NETWORK - {"9p"}
"""On these a SQLite file is refused. Sandboxes and virtual machines reach their own local disk through 9p."""


def refusal(folder: Path, found: list[tuple[str, str]]) -> str | None:
    """Why a SQLite file must not lie in ``folder`` (which need not exist yet), one sentence; ``None``: it may."""
    existing = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    kind = file_system_of(existing.resolve(), found)
    if kind in UNSAFE:
        return f"{folder} lies on {kind}: an accepted alert could be lost there. Use a local disk, or PostgreSQL."
    return None


def mounts() -> list[tuple[str, str]]:
    """(mount point, kind of file system) of this machine; empty where there is no such list."""
    try:
        lines = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [(line.split()[1], line.split()[2]) for line in lines if len(line.split()) > 2]


def file_system_of(path: Path, found: list[tuple[str, str]]) -> str:
    """The kind of file system ``path`` lies on, from ``(mount point, kind)`` pairs; empty when unknown."""
    within = [(place, kind) for place, kind in found if path.is_relative_to(place)]
    return max(within, key=lambda one: len(one[0]), default=("", ""))[1]
