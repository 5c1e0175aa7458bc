"""Compiling the shim once, with the system's C compiler."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_name("fakecam.c")
HEADER: Final = Path("/usr/include/linux/videodev2.h")
FLAGS: Final = (
    "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", "-shared", "-fPIC",
)  # fmt: skip


def why_not() -> str:
    """Return why there can be no fake camera here; empty if there can."""
    if sys.platform != "linux":
        return "the fake camera imitates V4L2, which only Linux has"
    if _compiler() is None:
        return "the fake camera needs a C compiler (cc, gcc or clang); none is installed"
    if not HEADER.exists():
        return "the fake camera needs the kernel's headers (linux-libc-dev)"
    return ""


@cache
def library() -> Path:
    """Return the compiled shim, from the cache if nothing has changed.

    Raises:
        RuntimeError: if there can be none, or if it does not compile.
    """
    compiler = _compiler()
    if compiler is None or why_not():
        raise RuntimeError(why_not())
    recipe = " ".join([compiler, *FLAGS]).encode()
    name = hashlib.sha256(recipe + SOURCE.read_bytes()).hexdigest()[:16]
    target = _cache() / f"fakecam-{name}.so"
    if target.exists():
        return target
    building = target.with_suffix(f".{os.getpid()}")  # two test runs may build at once
    words = [compiler, *FLAGS, "-o", str(building), str(SOURCE), "-ldl", "-lpthread"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        message = f"{SOURCE.name} does not compile:\n{done.stderr}"
        raise RuntimeError(message)
    building.replace(target)
    return target


def _compiler() -> str | None:
    named = os.environ.get("CC", "").strip()
    return next(filter(None, map(shutil.which, (named or "cc", "cc", "gcc", "clang"))), None)


def _cache() -> Path:
    """Return a folder of this user's own."""
    folder = Path(tempfile.gettempdir()) / f"posecheck-fakecam-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        return Path(tempfile.mkdtemp(prefix="posecheck-fakecam-"))
    return folder
