"""The REST routes, as a FastAPI app that the server mounts at /api; its own page is /api/docs."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from carimg import __version__
from carimg.domain.addresses import set_address
from carimg.domain.catalog import catalog
from carimg.domain.order import DEFAULT_ANGLES, Fallback, Few, Strategy
from carimg.errors import InputError, StoreError, TemplateError
from carimg.export import archive, contact_sheet, manifest, picture_file_name, set_file_name
from carimg.generation.jobs import Jobs, shared
from carimg.generation.lab import run as lab
from carimg.generation.live import Snapshot
from carimg.images import SUFFIXES
from carimg.store import HistoryItem

MAX_BODY = 1_000_000
"""Bytes of a request. A form, a recalled file and the command line do not come through here."""
MAX_MESSAGE = 2_000
"""Characters of an error's sentence."""


class CarData(BaseModel):
    """The car. Colour and names may be Ukrainian; `body_type` is one of the catalogue's."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"brand": "Renault", "model": "Clio", "year": 2019, "color": "blue", "body_type": "hatchback"}
        }
    )
    brand: str
    model: str
    year: int
    color: str
    body_type: str


class GenerateRequest(BaseModel):
    """An order. `use_mock_algorithm` keeps to engines that cost nothing; the rest is optional."""

    car_data: CarData
    angles: Annotated[list[str], Few] = Field(default_factory=lambda: list(DEFAULT_ANGLES))
    use_mock_algorithm: bool = False
    session_id: str | None = None
    engines: Annotated[list[str], Few] = Field(default_factory=list)
    size: str = "768x512"
    strategy: Strategy = Strategy.HINTS
    fallback: Fallback = Fallback.VIEW
    template: str | None = None
    hints_off: Annotated[list[str], Few] = Field(default_factory=list)
    seeds: Annotated[dict[str, int], Few] = Field(default_factory=dict)
    prompts: Annotated[dict[str, str], Few] = Field(default_factory=dict)
    budget_usd: float | None = None

    def order(self) -> dict[str, Any]:
        order = self.model_dump(exclude={"car_data", "use_mock_algorithm"})
        return order | {"car": self.car_data.model_dump(), "free_only": self.use_mock_algorithm}


class RedoRequest(BaseModel):
    """Views to draw again; `seeds` and `prompts` change what is drawn, angle by angle."""

    angles: Annotated[list[str], Few] = Field(min_length=1)
    seeds: Annotated[dict[str, int], Few] = Field(default_factory=dict)
    prompts: Annotated[dict[str, str], Few] = Field(default_factory=dict)


def jobs() -> Jobs:
    return shared()


TheJobs = Annotated[Jobs, Depends(jobs)]


def authorised(request: Request, at_hand: TheJobs) -> None:
    """With CARIMG_API_TOKENS set, ask for `Authorization: Bearer …`; without, everybody on the network may call."""
    tokens = [token.get_secret_value() for token in at_hand.settings.api_tokens]
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    known = [hmac.compare_digest(given.strip().encode(), token.encode()) for token in tokens]
    if tokens and not (scheme.lower() == "bearer" and any(known)):
        raise HTTPException(401, "Send one of the server's API tokens as 'Authorization: Bearer …'.")


api = FastAPI(
    title="carimg",
    version=__version__,
    description="Pictures of one car from many angles: order a set, watch it, fetch it.",
)
Protected = Depends(authorised)


class BodyLimit:
    """Refuses bodies over 1 MB, unread, in the shape of our errors: those that say their length here, the others where
    Starlette has counted it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = RequestBodyLimitMiddleware(app, max_body_size=MAX_BODY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        if length.isdecimal() and int(length[:20]) > MAX_BODY:
            await _too_large()(scope, receive, send)
        else:
            await self.app(scope, receive, send)


api.add_middleware(BodyLimit)


@api.post("/chat/generate-car-images/", dependencies=[Protected], tags=["sets"])
@api.post("/chat/generate-car-images", dependencies=[Protected], include_in_schema=False)
async def generate_car_images(body: GenerateRequest, request: Request, at_hand: TheJobs) -> dict[str, Any]:
    """Draw a whole set and answer when it is done: every view at once, in the time of the slowest one."""
    set_id = await _started(body, at_hand)
    try:
        await _unless_gone(request, at_hand, set_id)
    except asyncio.CancelledError:
        at_hand.cancel(set_id)
        raise
    return await _manifest(at_hand, set_id)


@api.post("/sets", status_code=202, dependencies=[Protected], tags=["sets"])
async def start_set(body: GenerateRequest, at_hand: TheJobs) -> dict[str, Any]:
    """Start a set and answer at once; `GET /api/sets/{set_id}` tells how far it is."""
    set_id = await _started(body, at_hand)
    return {"success": True, "set_id": set_id, "url": set_address(set_id)}


@api.get("/sets", dependencies=[Protected], tags=["sets"])
async def history(
    at_hand: TheJobs,
    query: str = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 24,
    page: Annotated[int, Query(ge=1)] = 1,
) -> dict[str, Any]:
    """The sets that were drawn, newest first; `query` looks into car, prompts, session id, engine and tags."""
    found = await asyncio.to_thread(lambda: at_hand.store.history(query, limit=limit, page=page))
    return {"success": True, "total": found.total, "sets": [_item(item) for item in found.items]}


@api.get("/sets/{set_id}", dependencies=[Protected], tags=["sets"])
async def get_set(set_id: str, at_hand: TheJobs) -> dict[str, Any]:
    """A set by its id or its displayed session id, finished or running."""
    return await _manifest(at_hand, set_id)


@api.post("/sets/{set_id}/cancel", dependencies=[Protected], tags=["sets"])
async def cancel_set(set_id: str, at_hand: TheJobs) -> dict[str, Any]:
    """Stop what has not been drawn yet; what is there stays."""
    await _snapshot(at_hand, set_id)
    at_hand.cancel(set_id)
    await at_hand.finished(set_id)
    return await _manifest(at_hand, set_id)


@api.post("/sets/{set_id}/redo", status_code=202, dependencies=[Protected], tags=["sets"])
async def redo_views(set_id: str, body: RedoRequest, at_hand: TheJobs) -> dict[str, Any]:
    """Draw some views again, as new takes; the earlier ones are kept."""
    now = await _snapshot(at_hand, set_id)
    await asyncio.to_thread(at_hand.redo, now.set_id, body.angles, seeds=body.seeds, prompts=body.prompts)
    return {"success": True, "set_id": now.set_id, "url": set_address(now.set_id)}


@api.get("/sets/{set_id}/events", tags=["sets"], response_class=EventSourceResponse)
async def set_events(set_id: str, at_hand: TheJobs) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events: one `data: <version>` whenever the set changes, until nothing more will. Before it, for every
    picture that is new, an event `view` with its angle and the name of its page picture."""
    told: set[tuple[str, str]] = set()
    async for version in at_hand.changes(set_id):
        there = {(view.angle, view.page_sha256) for view in at_hand.snapshot(set_id).views if view.page_sha256}
        for angle, page in sorted(there - told):
            yield ServerSentEvent(event="view", data={"angle": angle, "page": page})
        told |= there
        yield ServerSentEvent(data=version)
    yield ServerSentEvent(event="end", raw_data="end")


async def _known_lab(lab_id: str, at_hand: TheJobs) -> None:
    """An unknown grid is told before the stream begins."""
    await asyncio.to_thread(at_hand.store.load_lab, lab_id)


@api.get("/labs/{lab_id}/events", tags=["sets"], response_class=EventSourceResponse, dependencies=[Depends(_known_lab)])
async def lab_events(lab_id: str, at_hand: TheJobs) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events of a grid of the prompt lab: one `data: <version>` whenever one of its sets changes."""
    async for version in lab.changes(at_hand, lab_id):
        yield ServerSentEvent(data=version)
    yield ServerSentEvent(event="end", raw_data="end")


@api.get("/sets/{set_id}/report", dependencies=[Protected], tags=["sets"])
async def consistency_report(set_id: str, at_hand: TheJobs) -> dict[str, Any]:
    """Is it one car in every view? Verdict, odd one out, paint and angle of each view, with reasons in words. In a list
    of their own, what the optional judges said of these pictures when they were asked."""
    stored = await asyncio.to_thread(at_hand.stored, set_id)
    report = await asyncio.to_thread(at_hand.report, stored.set_id)
    opinions = at_hand.opinions.known(stored)
    return {"success": True, "report": report.to_json(), "opinions": [opinion.to_json() for opinion in opinions]}


@api.post("/sets/{set_id}/opinions", dependencies=[Protected], tags=["sets"])
async def second_opinions(set_id: str, at_hand: TheJobs) -> dict[str, Any]:
    """Ask the judges that the settings name, each for itself; none of them changes the report. A vision model costs
    what its service charges. Without judges the list is empty."""
    opinions = await asyncio.to_thread(lambda: at_hand.opinions.ask(at_hand.stored(set_id)))
    return {"success": True, "opinions": [opinion.to_json() for opinion in opinions]}


@api.get("/sets/{set_id}/archive.zip", dependencies=[Protected], tags=["downloads"])
async def download_archive(set_id: str, at_hand: TheJobs) -> Response:
    """The set as a ZIP: pictures, manifest.json, prompts.csv, contact-sheet.png."""
    stored = await asyncio.to_thread(at_hand.stored, set_id)
    data = await asyncio.to_thread(archive, stored, at_hand.store.read_picture)
    return _download(data, "application/zip", set_file_name(stored, "zip"))


@api.get("/sets/{set_id}/contact-sheet.png", dependencies=[Protected], tags=["downloads"])
async def download_contact_sheet(set_id: str, at_hand: TheJobs, lang: Literal["en", "uk"] = "en") -> Response:
    """All views of the set on one labelled sheet."""
    stored = await asyncio.to_thread(at_hand.stored, set_id)
    data = await asyncio.to_thread(contact_sheet, stored, at_hand.store.read_picture, lang)
    return _download(data, "image/png", set_file_name(stored, "png"))


@api.get("/pictures/{set_id}/{angle}.{extension}", tags=["downloads"])
async def picture(set_id: str, angle: str, extension: Literal["png", "jpg", "webp"], at_hand: TheJobs) -> Response:
    """One view's picture as its engine made it. The set id in the address is the key to it."""
    stored = await asyncio.to_thread(at_hand.stored, set_id)
    view = next((view for view in stored.views if view.angle == angle and view.sha256), None)
    if view is None or SUFFIXES.get(view.mime) != extension:
        raise HTTPException(404, f"This set has no picture {angle}.{extension}.")
    data = await asyncio.to_thread(at_hand.store.read_picture, view.sha256, "original")
    headers = {"ETag": f'"{view.sha256}"', "Cache-Control": "private, max-age=60"}
    name = picture_file_name(stored, view)
    return Response(data, media_type=view.mime, headers=headers | {"Content-Disposition": f'inline; filename="{name}"'})


@api.get("/pictures/{set_id}/pages/{sha256}.jpg", tags=["downloads"])
async def page_picture(set_id: str, sha256: str, at_hand: TheJobs) -> Response:
    """The JPEG of a view that pages show, at most 1400 px wide, under the name that events and board give it."""
    snapshot = await _snapshot(at_hand, set_id)
    if not any(view.page_sha256 == sha256 for view in snapshot.views):
        raise HTTPException(404, "This set has no such picture.")
    data = await asyncio.to_thread(at_hand.store.read_picture, sha256, "page")
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400, immutable"})


@api.get("/engines", dependencies=[Protected], tags=["server"])
async def engines(at_hand: TheJobs) -> dict[str, Any]:
    """The engines in the order they are asked, what each can do, and what it lacks."""
    return {
        "engines": [
            {
                "id": engine.id,
                "title": engine.title,
                "ready": engine.unavailable() is None,
                "lacks": engine.unavailable() or "",
                "costs_money": engine.costs_money,
                "takes_seed": engine.capabilities.takes_seed,
                "max_references": engine.capabilities.max_references,
            }
            for engine in at_hand.engines
        ]
    }


@api.get("/catalog", tags=["server"])
async def whole_catalog() -> dict[str, Any]:
    """Brands, colours, body types and angles that are known by name."""
    known = catalog()
    return {
        "brands": [brand.name for brand in known.brands.values()],
        "colors": [
            {"id": c.id, "en": c.en, "uk": c.uk, "hex": c.hex, "finish": c.finish} for c in known.colors.values()
        ],
        "body_types": [{"id": b.id, "en": b.en, "uk": b.uk} for b in known.bodies.values()],
        "angles": [
            {"id": a.id, "en": a.en, "uk": a.uk, "yaw": a.yaw, "elevation": a.elevation} for a in known.angles.values()
        ],
    }


@api.get("/health", tags=["server"])
async def health() -> dict[str, bool]:
    """Whether the server answers."""
    return {"ok": True}


@api.exception_handler(InputError)
async def _on_input_error(_: Request, exc: InputError) -> JSONResponse:
    return _error(422, exc.message, _FIELDS.get(exc.field, exc.field))


@api.exception_handler(TemplateError)
async def _on_template_error(_: Request, exc: TemplateError) -> JSONResponse:
    return _error(422, exc.message, "template")


@api.exception_handler(StoreError)
async def _on_store_error(_: Request, exc: StoreError) -> JSONResponse:
    return _error(404, str(exc))


@api.exception_handler(RequestValidationError)
async def _on_wrong_body(_: Request, exc: RequestValidationError) -> JSONResponse:
    first = exc.errors()[0]
    path = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
    why = first["msg"].removeprefix("Value error, ")
    return _error(422, f"The field '{path}' cannot be used: {why}.", path)


@api.exception_handler(HTTPException)
async def _on_http_error(_: Request, exc: HTTPException) -> JSONResponse:
    return _too_large() if exc.status_code == 413 else _error(exc.status_code, str(exc.detail))


_FIELDS = {name: f"car_data.{name}" for name in ("brand", "model", "year", "color", "body_type")}


def _error(status: int, message: str, field: str | None = None) -> JSONResponse:
    """An answer that says what is wrong. What it repeats of the request is shortened, and can be encoded."""
    body: dict[str, Any] = {"success": False, "error": {"message": _sendable(message)}}
    if field:
        body["error"]["field"] = _sendable(field)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(body, status_code=status, headers=headers)


def _too_large() -> JSONResponse:
    return _error(413, f"A request has at most {MAX_BODY // 1_000_000} MB.")


def _sendable(text: str) -> str:
    return text[:MAX_MESSAGE].encode("utf-8", "replace").decode("utf-8")


async def _started(body: GenerateRequest, at_hand: Jobs) -> str:
    order = await asyncio.to_thread(at_hand.parse, body.order())
    return await asyncio.to_thread(at_hand.start, order)


async def _unless_gone(request: Request, at_hand: Jobs, set_id: str) -> None:
    """Wait for the set; when the caller hangs up, stop what has not been paid for."""
    done = asyncio.ensure_future(at_hand.finished(set_id))
    while not done.done():
        await asyncio.wait([done], timeout=0.5)
        if not done.done() and await request.is_disconnected():
            at_hand.cancel(set_id)
    await done


async def _snapshot(at_hand: Jobs, set_id: str) -> Snapshot:
    return await asyncio.to_thread(at_hand.snapshot, set_id)


def _item(item: HistoryItem) -> dict[str, Any]:
    return {
        "set_id": item.set_id,
        "session_id": item.display_id,
        "car": asdict(item.car),
        "state": item.state.value,
        "created_at": item.created_at,
        "views": item.total_views,
        "drawn": [angle for angle, _ in item.thumbs],
        "engines": list(item.engines),
        "tags": list(item.tags),
        "favourite": item.favourite,
        "cost_usd": item.cost_usd,
    }


async def _manifest(at_hand: Jobs, set_id: str) -> dict[str, Any]:
    return manifest(await asyncio.to_thread(at_hand.stored, set_id))


def _download(data: bytes, media_type: str, name: str) -> Response:
    return Response(data, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
