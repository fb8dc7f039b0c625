"""A set as the REST answer tells it, and as `manifest.json` keeps it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from carimg.export.file_names import SUFFIXES
from carimg.spec import Strategy
from carimg.store import StoredSet, StoredView

VERSION = 1


def manifest(stored: StoredSet, base_url: str = "") -> dict[str, Any]:
    """The answer to a generate request: the contract's fields and more. Plain JSON values throughout.

    `images` are the views that have a picture; the others are in `failed`. `base_url` ('https://host') goes before
    the addresses of the pictures. `success` means that at least one view is there. `order` repeats the set.
    """
    main = stored.views[0].angle if stored.views else ""
    return {
        "success": bool(stored.drawn),
        "session_id": stored.display_id,
        "images": [_image(view, base_url, view.angle == main) for view in stored.drawn],
        "total_generated": len(stored.drawn),
        "debug": {
            "requested_angles": list(stored.angles),
            "generated_count": len(stored.drawn),
            "failed_angles": list(stored.missing),
            "attempts": sum(len(view.attempts) for view in stored.views),
        },
        "failed": [_failed(view) for view in stored.views if not view.drawn],
        "set_id": stored.set_id,
        "state": stored.state.value,
        "car": asdict(stored.car),
        "strategy": stored.order.get("strategy", Strategy.HINTS.value),
        "created_at": iso_time(stored.created_at),
        "seconds": stored.seconds,
        "work_s": sum(view.work_s for view in stored.views),
        "cost_usd": sum(view.cost_usd for view in stored.views),
        "spent_usd": stored.spent_usd,
        "engines": list(stored.engines),
        "mixed": stored.mixed,
        "tags": list(stored.tags),
        "favourite": stored.favourite,
        "order": stored.recalled,
        "manifest_version": VERSION,
    }


def picture_url(view: StoredView, base_url: str = "") -> str:
    """Where the REST server has a view's picture."""
    return f"{base_url.rstrip('/')}/api/pictures/{view.set_id}/{view.angle}.{SUFFIXES[view.mime]}"


def view_facts(view: StoredView) -> dict[str, Any]:
    """What is known of a view, drawn or not, as plain JSON."""
    return {
        "angle": view.angle,
        "seed": view.seed,
        "session_id": view.display_id,
        "prompt": view.prompt,
        "prompt_en": view.prompt_en,
        "translated_by": view.translated_by,
        "badge": view.badge,
        "badge_source": view.badge_source,
        "references": [asdict(reference) for reference in view.references],
        "attempts": [asdict(attempt) for attempt in view.attempts],
        "seconds": view.seconds,
        "work_s": view.work_s,
        "cost_usd": view.cost_usd,
        "take": view.take,
    }


def iso_time(unix_s: float) -> str:
    """'2026-11-25T14:03:07Z'."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def drawn_facts(view: StoredView) -> dict[str, Any]:
    """`view_facts` and what is known of its picture."""
    return view_facts(view) | {
        "engine": view.engine,
        "model": view.model,
        "seed_honoured": view.seed_honoured,
        "simulated": view.simulated,
        "width": view.width,
        "height": view.height,
        "mime": view.mime,
        "sha256": view.sha256,
        "facts": dict(view.facts),
    }


def _image(view: StoredView, base_url: str, is_main: bool) -> dict[str, Any]:
    return {"url": picture_url(view, base_url), "isMain": is_main, **drawn_facts(view)}


def _failed(view: StoredView) -> dict[str, Any]:
    return view_facts(view) | {"state": view.state.value, "error": view.error}
