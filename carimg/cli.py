"""`python -m carimg generate | batch | serve`: arguments in, exit codes out (0 fine, 1 a view failed, 2 bad input)."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from carimg.domain.order import DEFAULT_ANGLES, Fallback, Strategy
from carimg.errors import CarimgError, InputError, SettingsError, TemplateError
from carimg.generation.live import Snapshot

OK, A_VIEW_FAILED, BAD_INPUT = 0, 1, 2
CAR_FIELDS = ("brand", "model", "year", "color", "body_type")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Progress goes to standard error, results to standard output."""
    from carimg.generation.jobs import close_shared
    from carimg.logs import log_to_stderr
    from carimg.settings import settings

    given = _parser().parse_args(arguments)
    try:
        log_to_stderr(settings().secrets)
        return int(given.run(given))
    except (InputError, TemplateError, SettingsError) as exc:
        print(f"carimg: {exc}", file=sys.stderr)
        return BAD_INPUT
    except CarimgError as exc:
        print(f"carimg: {exc}", file=sys.stderr)
        return A_VIEW_FAILED
    finally:
        close_shared()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="carimg", description="Pictures of one car from many angles.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("generate", help="draw one set")
    for name in CAR_FIELDS:
        one.add_argument(f"--{name.replace('_', '-')}", required=True)
    _add_drawing_options(one)
    one.add_argument("--session-id", help="repeat the set of this id (CAR-1a2b3c4d)")
    one.set_defaults(run=_generate)

    many = commands.add_parser("batch", help="draw one set a row of a CSV file (brand,model,year,color,body_type)")
    many.add_argument("file", type=Path)
    _add_drawing_options(many)
    many.set_defaults(run=_batch)

    server = commands.add_parser("serve", help="serve the pages and the REST routes")
    server.add_argument("--port", type=int, default=8501)
    server.add_argument("--address", default="127.0.0.1", help="127.0.0.1: this machine alone; 0.0.0.0: any that asks")
    server.set_defaults(run=_serve)
    return parser


def _add_drawing_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--angles", nargs="+", default=list(DEFAULT_ANGLES), metavar="ANGLE")
    parser.add_argument("--spin", type=int, metavar="N", help="N frames all the way round instead of --angles")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--engines", nargs="+", default=[], metavar="ENGINE", help="the fallback chain, first to last")
    parser.add_argument("--size", default="768x512", metavar="WxH")
    parser.add_argument("--free", action="store_true", help="only engines that cost nothing")
    parser.add_argument("--strategy", choices=[s.value for s in Strategy], default=Strategy.HINTS.value)
    parser.add_argument("--fallback", choices=[f.value for f in Fallback], default=Fallback.VIEW.value)
    parser.add_argument("--report", action="store_true", help="say whether it is one car, and why, in the manifest")
    parser.add_argument("--json", action="store_true", help="print the manifest on standard output")


def _generate(given: argparse.Namespace) -> int:
    manifest = _draw(_order(given, {name: getattr(given, name) for name in CAR_FIELDS}), given.out, given.report)
    if given.json:
        print(json.dumps(manifest, ensure_ascii=False, indent=2))
    return A_VIEW_FAILED if manifest["failed"] else OK


def _batch(given: argparse.Namespace) -> int:
    orders = [_order(given, row) for row in _rows(given.file)]
    for number, order in enumerate(orders, 1):
        _check(order, f"{given.file.name}, row {number}")
    manifests = [_draw(order, given.out / f"{number:03d}", given.report) for number, order in enumerate(orders, 1)]
    if given.json:
        print(json.dumps(manifests, ensure_ascii=False, indent=2))
    return A_VIEW_FAILED if any(manifest["failed"] for manifest in manifests) else OK


def _serve(given: argparse.Namespace) -> NoReturn:
    """Become the server: signals reach it as they are sent, also where this is a container's first process."""
    from carimg.settings import ROOT

    command = [sys.executable, "-P", "-m", "streamlit", "run", str(ROOT / "app.py")]  # -P: no module of where we are
    options = [f"--server.port={given.port}", f"--server.address={given.address}"]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [*command, *options])


def _order(given: argparse.Namespace, car: dict[str, Any]) -> dict[str, Any]:
    from carimg.domain.catalog import catalog

    if given.spin is not None and not 2 <= given.spin <= 72:
        raise InputError("spin", "A spin has 2 to 72 frames.")
    angles = [angle.id for angle in catalog().spin(given.spin)] if given.spin else given.angles
    return {
        "car": car,
        "angles": angles,
        "session_id": getattr(given, "session_id", None),
        "engines": given.engines,
        "size": given.size,
        "free_only": given.free,
        "strategy": given.strategy,
        "fallback": given.fallback,
    }


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [name for name in CAR_FIELDS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError("file", f"{file.name} has no column {', '.join(missing)}.")
            rows = [{name: row[name] or "" for name in CAR_FIELDS} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise InputError("file", f"{file} cannot be read: {exc}") from exc
    if not rows:
        raise InputError("file", f"{file.name} has no rows.")
    return rows


def _check(order: dict[str, Any], where: str) -> None:
    from carimg.domain.order import Order

    try:
        Order.parse(order)
    except InputError as exc:
        raise InputError(exc.field, f"{where}: {exc.message}") from exc


def _draw(order: dict[str, Any], out: Path, report: bool) -> dict[str, Any]:
    """Draw one set and write DIR/<angle>.<ext>, DIR/manifest.json and DIR/contact-sheet.png; with `report` the manifest
    says whether it is one car."""
    from carimg.generation.jobs import shared

    jobs = shared()
    parsed = jobs.parse(order)
    _make_folder(out)
    set_id = jobs.start(parsed)
    try:
        snapshot = jobs.wait(set_id)
    except KeyboardInterrupt:
        jobs.cancel(set_id)
        snapshot = jobs.wait(set_id)
    return _write(snapshot, out, report)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise InputError("out", f"The folder {out} cannot be made: {exc.strerror}.") from exc


def _write(snapshot: Snapshot, out: Path, report: bool) -> dict[str, Any]:
    from carimg.export import contact_sheet, manifest, picture_with_parameters
    from carimg.generation.jobs import shared

    store = shared().store
    stored = store.load_set(snapshot.set_id)
    answer = manifest(stored)
    for view, image in zip(stored.drawn, answer["images"], strict=True):
        image["file"] = f"{view.angle}.png"
        data = picture_with_parameters(stored, view, store.read_picture(view.sha256), "png")
        (out / image["file"]).write_bytes(data)
    if report:
        found = shared().report(snapshot.set_id)
        answer["report"] = found.to_json()
        answer["opinions"] = [opinion.to_json() for opinion in shared().opinions.ask(stored)]
        print(f"{stored.display_id}: {found.sentence.text}", file=sys.stderr)
    (out / "manifest.json").write_text(json.dumps(answer, ensure_ascii=False, indent=2), "utf-8")
    if stored.drawn:
        (out / "contact-sheet.png").write_bytes(contact_sheet(stored, store.read_picture))
    print(f"{stored.display_id}: {len(stored.drawn)} of {len(stored.views)} views in {out}", file=sys.stderr)
    return answer
