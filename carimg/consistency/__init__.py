"""Is it one car in every view? Views with their angles → a report in words, numbers and swatches.

`examine` is the heavy part, once a view; `conclude` draws the report over the views so far; `report` does both.
"""

from carimg.consistency.evidence import Evidence, ViewInput, examine, overlay
from carimg.consistency.findings import PairKind, PairReport, Plausibility, Report, State, Swatch, Verdict, ViewReport
from carimg.consistency.limits import LIMITS, Limits
from carimg.consistency.messages import Message
from carimg.consistency.verdict import conclude, report

__all__ = [
    "LIMITS",
    "Evidence",
    "Limits",
    "Message",
    "PairKind",
    "PairReport",
    "Plausibility",
    "Report",
    "State",
    "Swatch",
    "Verdict",
    "ViewInput",
    "ViewReport",
    "conclude",
    "examine",
    "overlay",
    "report",
]
