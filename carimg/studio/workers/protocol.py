"""What the server and a render process say to each other: pickles, each after its length as 8 bytes, little-endian."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from typing import IO

from carimg.studio.spec import Floats, Shot


@dataclass(frozen=True, slots=True)
class Order:
    """Draw the shot, or only its preview."""

    shot: Shot
    preview: bool


@dataclass(frozen=True, slots=True)
class Ready:
    pid: int


@dataclass(frozen=True, slots=True)
class Preview:
    """`jpeg` is a small, early picture; `wall_s` seconds with encoding."""

    jpeg: bytes = field(repr=False)
    wall_s: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A finished picture. `png`, `car_mask`, `paint_mask` are encoded PNGs; `depth` and `normals` as in `Rendering`;
    masks and arrays are None unless the shot asked for passes. `cpu_s` by step, `wall_s` seconds with encoding."""

    png: bytes = field(repr=False)
    size: tuple[int, int]
    samples: int
    cpu_s: dict[str, float]
    wall_s: float
    car_mask: bytes | None = field(default=None, repr=False)
    paint_mask: bytes | None = field(default=None, repr=False)
    depth: Floats | None = field(default=None, repr=False)
    normals: Floats | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """The shot cannot be drawn: an InputError's field and message."""

    field: str
    message: str


Reply = Ready | Preview | Drawn | Refused


def packed(message: Order | Reply) -> bytes:
    """A message as it goes through the pipe."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return len(data).to_bytes(8, "little") + data


def write(stream: IO[bytes], message: Order | Reply) -> None:
    stream.write(packed(message))
    stream.flush()


def stage_key(shot: Shot) -> tuple[object, ...]:
    """What views must share to be drawn on one loaded stage."""
    return shot.shape, shot.paint, shot.scene, shot.plate
