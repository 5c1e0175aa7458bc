"""What a clip is made of, as one hash, and whether a folder holds it already (numpy only)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from sample_videos.render.body import BODIES_DIR
from sample_videos.render.looks import LOOKS
from sample_videos.render.outfit import OUTFITS

if TYPE_CHECKING:
    from pathlib import Path

    from sample_videos.render.clips import Clip

RENDERER = 2
"""Raise this when the same clip would look or be told differently."""


def recipe_of(clip: Clip) -> str:
    """Return a hash of everything that the clip is made of, except the program."""
    parts = {
        "renderer": RENDERER,
        "clip": asdict(clip),
        "look": asdict(LOOKS[clip.look]),
        "outfit": asdict(OUTFITS[clip.outfit]),
        "body": hashlib.sha256(path_of(clip.body).read_bytes()).hexdigest(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def is_done(name: str, clip: Clip, out: Path) -> bool:
    """Tell whether a folder holds this clip, made after the same recipe."""
    video, truth = (out / f"{name}{ending}" for ending in (".mp4", ".truth.json"))
    try:
        with truth.open(encoding="utf-8") as file:
            head = file.readline()
    except OSError:
        return False
    return video.exists() and f'"recipe": "{recipe_of(clip)}"' in head


def path_of(body: str) -> Path:
    """Return the file of a body."""
    return BODIES_DIR / f"{body}.npz"
