"""Prompts from templates: a small, closed part of Jinja2, so that a template can do no harm and cannot run away.

A template may print variables, filter them through a short list of filters and branch with `if`. Loops, calls,
attributes, assignments and imports are refused with the line they stand in.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from traceback import walk_tb

from jinja2 import StrictUndefined, Template, TemplateRuntimeError, TemplateSyntaxError, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from carimg.domain.car import Car
from carimg.domain.catalog import Angle, catalog
from carimg.domain.identity import canonical_id
from carimg.domain.order import Order
from carimg.errors import CatalogError, TemplateError

DATA = Path(__file__).parent / "data" / "prompt.json"
FILTERS = ("lower", "upper", "title", "capitalize", "trim", "default", "truncate")
"""`replace` is left out: a few of them in a row can blow a text up to gigabytes."""
MAX_PROMPT = 8_000
MAX_VARIANTS = 64

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.CondExpr, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Filter, nodes.Concat, nodes.Test, nodes.Keyword,
)  # fmt: skip
_WORDS = {
    nodes.For: "loops", nodes.Call: "function calls", nodes.Getattr: "attributes", nodes.Getitem: "attributes",
    nodes.Assign: "assignments", nodes.Include: "includes", nodes.Import: "imports", nodes.Macro: "macros",
}  # fmt: skip
_SIGNS = {
    "begin of print statement": "{{", "end of print statement": "}}", "begin of statement block": "{%",
    "end of statement block": "%}",
}  # fmt: skip
"""What Jinja calls signs, and the signs."""
_QUOTED = re.compile(r"""(['"])(.+?)\1""")
_VARIANT = re.compile(r"(?<!\{)\{([^{}%#|]*(?:\|[^{}%#|]*)+)\}(?!\})")


@dataclass(frozen=True, slots=True)
class PromptParts:
    """The built-in prompt: its template, its hint blocks by name, and one reference block a strategy."""

    template: str
    hints: Mapping[str, str]
    strategies: Mapping[str, str]


@cache
def built_in() -> PromptParts:
    """The prompt that ships with carimg. Raises CatalogError when its file is damaged."""
    try:
        data = json.loads(DATA.read_text("utf-8"))
        return PromptParts(data["template"], data["hints"], data["strategies"])
    except (ValueError, KeyError) as exc:
        raise CatalogError(f"prompt.json: {exc!r}") from exc


@dataclass(frozen=True, slots=True)
class PromptContext:
    """What a template may use about one view. Texts are as typed; `seed` is 0 … 999,999."""

    car: Car
    angle: Angle
    session_id: str
    seed: int
    badge: str
    paint_hex: str = ""
    strategy: str = "hints"
    is_main: bool = False

    def variables(self) -> dict[str, object]:
        return {
            "brand": self.car.brand,
            "model": self.car.model,
            "year": self.car.year,
            "color": self.car.color,
            "body_type": self.car.body_type,
            "angle": self.angle.prompt,
            "angle_id": self.angle.id,
            "yaw": self.angle.yaw,
            "elevation": self.angle.elevation,
            "session_id": self.session_id,
            "seed": self.seed,
            "badge": self.badge,
            "paint_hex": self.paint_hex,
            "strategy": self.strategy,
            "is_main": self.is_main,
        }


VARIABLES = (
    "brand", "model", "year", "color", "body_type", "angle", "angle_id", "yaw", "elevation", "session_id", "seed",
    "badge", "paint_hex", "strategy", "is_main",
)  # fmt: skip


@lru_cache(maxsize=1024)
def render_prompt(context: PromptContext, template: str | None = None, hints_off: frozenset[str] = frozenset()) -> str:
    """One view's prompt as one line. `template` None = the built-in one; names in `hints_off` render as nothing.

    The same prompt is rendered once, however often it is asked for: checked before a set begins, then sent.

    Raises TemplateError with the line for syntax errors, unknown variables, everything a prompt has no use for, an
    empty prompt, and one beyond 8,000 characters.
    """
    parts = built_in()
    variables = context.variables()
    for name, source in {**parts.hints, "references": parts.strategies.get(context.strategy, "")}.items():
        variables[name] = "" if name in hints_off else _render(source, context.variables())
    text = " ".join(_render(parts.template if template is None else template, variables).split())
    if not text:
        raise TemplateError("The prompt is empty: the template has to print something.", reason="empty")
    return _not_too_long(text)


def prompt_of(order: Order, angle: Angle, session_id: str, badge: str) -> str:
    """The prompt of one view of an order, in the language it was typed in. Raises TemplateError."""
    if angle.id in order.prompts:
        return _word_for_word(order.prompts[angle.id])
    context = PromptContext(
        car=order.car,
        angle=angle,
        session_id=canonical_id(session_id),
        seed=order.seed(session_id, angle),
        badge=badge,
        paint_hex=catalog().color(order.car.color).hex,
        strategy=order.strategy.value,
        is_main=angle == order.main_angle,
    )
    return render_prompt(context, order.template, order.hints_off)


def _not_too_long(text: str) -> str:
    if len(text) > MAX_PROMPT:
        message = f"The prompt has {len(text):,} characters; at most {MAX_PROMPT:,} can be sent."
        raise TemplateError(message, reason="long", about=str(MAX_PROMPT))
    return text


def _word_for_word(text: str) -> str:
    if not text.strip():
        raise TemplateError("The prompt of a view is empty: write what is to be drawn.", reason="blank")
    return _not_too_long(text)


def check_prompts(order: Order) -> None:
    """Render every prompt of an order once, with the catalogue's badge. Raises TemplateError."""
    for angle in order.angles:
        prompt_of(order, angle, order.session_id or "0" * 8, catalog().badge(order.car.brand))


def check_template(source: str) -> None:
    """Raise TemplateError with line and reason unless `source` is a template that prompts can use."""
    _compiled(source)


def hint_names() -> tuple[str, ...]:
    """The hint blocks that can be switched off one by one, in the order of the built-in prompt."""
    return (*built_in().hints, "references")


def expand_variants(source: str) -> list[str]:
    """`a {red|blue} car` → two sources, one a choice; several groups multiply. At most 64, else TemplateError."""
    return ["".join(option) for option in _variants(source)]


def variant_names(source: str) -> list[str]:
    """What tells the sources of `expand_variants` apart, in the same order: their choices, '' where there are none."""
    return [" · ".join(choice.strip() or "–" for choice in option[1::2]) for option in _variants(source)]


def _variants(source: str) -> list[tuple[str, ...]]:
    """One tuple a variant: text, choice, text, choice, …, text. Raises TemplateError for more than 64."""
    pieces = _VARIANT.split(source)
    choices = [piece.split("|") if index % 2 else [piece] for index, piece in enumerate(pieces)]
    count = math.prod(len(options) for options in choices)
    if count > MAX_VARIANTS:
        message = f"These choices make {count} prompts; at most {MAX_VARIANTS} can be run at once."
        raise TemplateError(message, reason="variants", about=str(MAX_VARIANTS))
    return list(product(*choices))


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    environment.globals = {}
    return environment


_ENVIRONMENT = _environment()


def _render(source: str, variables: Mapping[str, object]) -> str:
    template = _compiled(source)
    try:
        return template.render(variables)
    except UndefinedError as exc:
        name = str(exc).split("'")[1] if "'" in str(exc) else "?"
        line, known = _line_of(exc), ", ".join(sorted(variables))
        message = f"Line {line}: there is no variable '{name}'. There are: {known}."
        raise TemplateError(message, line, reason="unknown", about=name) from exc
    except (TemplateRuntimeError, TypeError, ValueError, ArithmeticError, AssertionError) as exc:
        line = _line_of(exc)
        raise TemplateError(f"Line {line}: this cannot be filled in: {exc}.", line, reason="filling") from exc


@lru_cache(maxsize=256)
def _compiled(source: str) -> Template:
    try:
        tree = _ENVIRONMENT.parse(source)
        _refuse(tree)
        return _ENVIRONMENT.from_string(tree)
    except TemplateSyntaxError as exc:
        reason, about = _kind_of(exc.message or "")
        raise TemplateError(f"Line {exc.lineno}: {exc.message}", exc.lineno, reason=reason, about=about) from exc
    except (RecursionError, SyntaxError, MemoryError) as exc:  # the last two: Python's own limits on nested code
        raise TemplateError("The template is nested too deeply.", reason="nested") from exc


def _refuse(tree: nodes.Template) -> None:
    for node in _walk(tree):
        if not isinstance(node, _ALLOWED):
            what = next((word for kind, word in _WORDS.items() if isinstance(node, kind)), type(node).__name__.lower())
            message = f"Line {node.lineno}: {what} cannot be used in a prompt template."
            raise TemplateError(message, node.lineno, reason="refused", about=what)
        if isinstance(node, nodes.Filter) and node.name not in FILTERS:
            message = f"Line {node.lineno}: there is no filter '{node.name}'."
            raise TemplateError(message, node.lineno, reason="filter", about=node.name)


def _kind_of(message: str) -> tuple[str, str]:
    """Reason and word of a TemplateError for what Jinja says of a syntax error."""
    words = [word for _, word in _QUOTED.findall(message)]
    if "unknown tag" in message or message.startswith("No test"):
        return "tag" if "tag" in message else "test", words[0]
    if "end of template" in message or message.startswith("Missing end") or not words:
        return "unclosed", ""
    return "syntax", _SIGNS.get(words[-1], words[-1])


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def _line_of(exc: Exception) -> int:
    """The line of a template that was being filled in: Jinja writes it into the traceback."""
    lines = [line for frame, line in walk_tb(exc.__traceback__) if frame.f_code.co_filename == "<template>"]
    return lines[-1] if lines else 1
