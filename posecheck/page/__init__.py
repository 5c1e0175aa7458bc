"""Pages in the browser: their server, templates, style, scripts and words.

In: a `PageView` (which page it is and what may be sent each way) and values. Out: a page on this
machine's own address, for this user only. The page shows and asks; it computes no angle, no
verdict and no second.

`server` serves one view, `templates` fills in HTML with words of the catalogue (``words/en.toml``),
``assets`` holds HTML, style and ES modules, which run as they are (no build step).

Messages: each part of a view's state is sent whole when it has changed, as text
``{"kind": NAME, "value": ...}``. A picture is a binary message: four bytes, big endian, with the
length of a JSON head, the head, then the JPEG (or nothing). A page acknowledges each picture, and
gets the newest one then. A page sends commands as JSON objects, checked by the view's schema; an
invalid one closes its connection.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DOCUMENT_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data: blob:; media-src data: blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox allow-scripts allow-modals allow-downloads"
)
"""Content security policy of a whole HTML file that is shown as it is, such as a report."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that a view gives to its page under ``/documents/NAME``.

    Attributes:
        content: its bytes.
        media_type: such as ``image/webp`` or ``text/html; charset=utf-8``.
        policy: its own content security policy; None for that of the pages.
    """

    content: bytes
    media_type: str
    policy: str | None = None


def no_document(_: str) -> Document | None:
    """Return None for every name: a view without documents."""
    return None


@dataclass(frozen=True, slots=True)
class PageView:
    """One page: its template and what may be sent.

    Attributes:
        name: name of the template (``assets/NAME.html``) and of its section in the catalogue.
        title: title of the browser's tab, plain text.
        parts: the type of each part of the state, by the part's name.
        head: the type of a picture's head.
        commands: the type of a command; an object with the literal ``do`` in it.
        document: gives the document of a name; None if there is none. It is called in the
            server's thread.
        facts: values for the template.
    """

    name: str
    title: str
    parts: Mapping[str, TypeAdapter[Any]]
    head: TypeAdapter[Any]
    commands: TypeAdapter[Any]
    document: Callable[[str], Document | None] = no_document
    facts: Mapping[str, object] = field(default_factory=dict)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of all messages: ``anyOf`` parts, picture heads and commands."""
        kinds = [*self.parts, "picture", "command"]
        adapters = [*self.parts.values(), self.head, self.commands]
        found, shared = TypeAdapter.json_schemas(
            [
                (kind, "serialization", adapter)
                for kind, adapter in zip(kinds, adapters, strict=True)
            ]
        )
        own: dict[str, Any] = {kind: schema for (kind, _), schema in found.items()}
        for kind in self.parts:
            own[kind] = {
                "type": "object",
                "properties": {"kind": {"const": kind}, "value": own[kind]},
                "required": ["kind", "value"],
            }
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:posecheck:{self.name}-page",
            "$defs": {
                **shared.get("$defs", {}),
                **{f"{kind}-message": schema for kind, schema in own.items()},
            },
            "anyOf": [{"$ref": f"#/$defs/{kind}-message"} for kind in own],
        }


class Picture:
    """One picture for the page, encoded when the first page takes it.

    Attributes:
        number: increases from picture to picture.
        head: what belongs to this very picture; of the view's head type.
    """

    def __init__(self, number: int, head: object, encode: Callable[[], bytes] | None) -> None:
        """Keep a picture.

        Args:
            number: increases from picture to picture.
            head: what belongs to this very picture.
            encode: gives its JPEG; called at most once, in the server's thread. None for a
                picture that is only a head.
        """
        self.number, self.head, self._encode = number, head, encode

    @cached_property
    def jpeg(self) -> bytes:
        """The JPEG file; empty without an image."""
        return b"" if self._encode is None else self._encode()


__all__ = ["DOCUMENT_POLICY", "Document", "PageView", "Picture", "no_document"]
