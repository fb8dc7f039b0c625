"""Views and sets to put into a store."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageDraw

from carimg.domain.order import Order
from carimg.domain.view import AnglePrompt, Attempt, Picture, Reference, SetState, View, ViewState
from carimg.store import Store
from tests.support.orders import order as order_json

SESSION = "1a2b3c4d5e6f"
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
TYPES = {"front": "image/png", "side": "image/jpeg", "rear": "image/webp"}
"""The type of each picture of the fixture `mixed`."""


def order_of(**changes: Any) -> Order:
    return Order.parse(order_json(**changes))


def image_bytes(
    mime: str = "image/png", size: tuple[int, int] = (96, 64), color: str = "#1f4e9e", mode: str = "RGB"
) -> bytes:
    """A blue disc on grey, or on nothing (mode 'RGBA')."""
    image = Image.new(mode, size, "#c9ccd1" if mode == "RGB" else (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((size[0] // 5, size[1] // 4, size[0] * 4 // 5, size[1] * 3 // 4), fill=color)
    out = io.BytesIO()
    image.save(out, FORMATS[mime])
    return out.getvalue()


def prompt_of(
    order: Order, angle: str, *, seed: int = 123456, text: str = "", session_id: str = SESSION
) -> AnglePrompt:
    car = order.car
    text = text or f"{car.year} {car.brand} {car.model} {car.body_type}, {car.color}, {angle} view."
    return AnglePrompt(car, angle, text, seed, session_id)


def done(order: Order, angle: str, *, mime: str = "image/png", engine: str = "studio", **changes: Any) -> View:
    """A drawn view; `changes`: seed, text, session_id, color, size, model, cost_usd, seed_honoured."""
    size = changes.get("size", (96, 64))
    picture = Picture(
        data=image_bytes(mime, size, changes.get("color", "#1f4e9e")),
        mime=mime,
        width=size[0],
        height=size[1],
        engine=engine,
        model=changes.get("model", f"{engine}-1"),
        seed_honoured=changes.get("seed_honoured", True),
        cost_usd=changes.get("cost_usd", 0.0),
        simulated=engine == "studio",
        work_s=0.4,
    )
    known = {name: changes[name] for name in ("seed", "text", "session_id") if name in changes}
    prompt = prompt_of(order, angle, **known)
    attempt = Attempt(engine, "ok", "", 0.5, picture.cost_usd)
    return View(angle, ViewState.DONE, prompt, seed=prompt.seed).ended((attempt,), 0.5, picture)


def failed(order: Order, angle: str, *, seed: int = 123456, cost_usd: float = 0.0) -> View:
    prompt = prompt_of(order, angle, seed=seed)
    attempts = (Attempt("openai", "moderation", "The engine refused this prompt.", 1.5, cost_usd),)
    return View(angle, ViewState.FAILED, prompt, seed=seed, error="Nobody drew it.").ended(attempts, 1.5)


def reference() -> Reference:
    return Reference(image_bytes("image/jpeg"), "image/jpeg", "https://example.org/clio.jpg", "Clio", "photo")


def drawn_set(store: Store, *angles: str, owner: str = "me", session_id: str = SESSION, **changes: Any) -> str:
    """A finished set with every view drawn; `changes` go to the order."""
    ordered = order_of(angles=list(angles) or ["front", "side", "rear"], **changes)
    set_id = store.create_set(ordered, session_id, owner=owner)
    for number, angle in enumerate(ordered.angles):
        store.save_view(set_id, done(ordered, angle.id, seed=100 + number, session_id=session_id))
    store.finish_set(set_id, SetState.DONE, 1.5)
    return set_id
