"""HTML from templates and the catalogue of words.

A template asks for a word by its key, ``{{ word("replay.play") }}``; a missing key is an error in
tests, never an empty place on a page. All values are escaped.
"""

from __future__ import annotations

import json
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import jinja2
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGE: Final = "en"
"""The language of the pages; a further one is one more file in ``words``."""

_HERE: Final = resources.files("posecheck.page")


@cache
def catalogue(language: str = LANGUAGE) -> Mapping[str, Mapping[str, str]]:
    """Return the words of a language: section, key, text."""
    found: dict[str, dict[str, str]] = tomllib.loads(
        (_HERE / "words" / f"{language}.toml").read_text("utf-8")
    )
    return found


def word(key: str, **values: object) -> str:
    """Return a text of the catalogue with values put in.

    Args:
        key: ``SECTION.KEY``.
        values: for the names in braces.

    Raises:
        KeyError: if the catalogue does not have it.
    """
    section, _, name = key.partition(".")
    text = catalogue()[section][name]
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def asset(name: str) -> str:
    """Return the text of a file in ``assets``."""
    return (_HERE / "assets" / name).read_text("utf-8")


def render(template: str, section: str, **values: object) -> str:
    """Return the HTML of a template.

    Args:
        template: its file in ``assets``.
        section: section of the catalogue that its script needs, beside ``kit``.
        values: values for the template.
    """
    words = {name: catalogue()[name] for name in ("kit", section)}
    return (
        _environment()
        .get_template(template)
        .render(language=LANGUAGE, word=word, words=as_data(words), **values)
    )


def as_data(value: Any) -> Markup:  # noqa: ANN401 - JSON types
    """Return JSON that can stand inside a ``<script type="application/json">`` element."""
    text = json.dumps(value, ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - every sign that could end the element is spelled out


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(asset),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
