"""The keys of the report's sentences, as the locales have them."""

from carimg.texts import texts

KINDS = ("gate", "hint", "paint", "angle", "pair", "verdict", "judge")
NAMES = ("judge.onnx", "judge.vision")
"""What the judges themselves are called."""
KEYS = tuple(
    key.removeprefix("report.")
    for key in texts("en").entries
    if key.startswith(tuple(f"report.{kind}." for kind in KINDS)) and key.removeprefix("report.") not in NAMES
)
