"""A set as the REST answer tells it, and as `manifest.json` keeps it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from carimg.domain.addresses import picture_address
from carimg.domain.set_record import SetRecord
from carimg.domain.view import View

VERSION = 1


def manifest(record: SetRecord, base_url: str = "") -> dict[str, Any]:
    """The answer to a generate request: the contract's fields and more. Plain JSON values throughout.

    `images` are the views that have a picture; the others are in `failed`. `base_url` ('https://host') goes before
    the addresses of the pictures. `success` means that at least one view is there. `order` repeats the set.
    """
    return {
        "success": bool(record.drawn),
        "session_id": record.display_id,
        "images": [_image(record, view, base_url) for view in record.drawn],
        "total_generated": len(record.drawn),
        "debug": {
            "requested_angles": list(record.angles),
            "generated_count": len(record.drawn),
            "failed_angles": list(record.missing),
            "attempts": sum(len(view.attempts) for view in record.views),
        },
        "failed": [_failed(record, view) for view in record.views if not view.drawn],
        "set_id": record.set_id,
        "state": record.state.value,
        "car": record.car.to_json(),
        "strategy": record.order.strategy.value,
        "created_at": iso_time(record.created_at),
        "seconds": record.seconds,
        "work_s": sum(view.work_s for view in record.views),
        "cost_usd": record.cost_usd,
        "spent_usd": record.spent_usd,
        "engines": list(record.engines),
        "mixed": record.mixed,
        "tags": list(record.tags),
        "favourite": record.favourite,
        "order": record.recalled,
        "manifest_version": VERSION,
    }


def view_facts(record: SetRecord, view: View) -> dict[str, Any]:
    """What is known of a view, drawn or not, as plain JSON."""
    prompt = view.prompt
    return {
        "angle": view.angle,
        "seed": view.seed,
        "session_id": record.display_id,
        "prompt": prompt.prompt if prompt else "",
        "prompt_en": prompt.prompt_en if prompt else None,
        "translated_by": prompt.translated_by if prompt else "",
        "badge": prompt.badge if prompt else "",
        "badge_source": prompt.badge_source if prompt else "",
        "references": [reference.to_json() for reference in view.references],
        "attempts": [asdict(attempt) for attempt in view.attempts],
        "seconds": view.seconds,
        "work_s": view.work_s,
        "cost_usd": view.cost_usd,
        "take": view.take,
    }


def iso_time(unix_s: float) -> str:
    """'2026-11-25T14:03:07Z'."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def drawn_facts(record: SetRecord, view: View) -> dict[str, Any]:
    """`view_facts` and what is known of its picture."""
    return view_facts(record, view) | {
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


def _image(record: SetRecord, view: View, base_url: str) -> dict[str, Any]:
    url = picture_address(record.set_id, view, base_url)
    return {"url": url, "isMain": view.is_main, **drawn_facts(record, view)}


def _failed(record: SetRecord, view: View) -> dict[str, Any]:
    return view_facts(record, view) | {"state": view.state.value, "error": view.error}
