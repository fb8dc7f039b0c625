"""Optional second opinions: each is reported apart and never part of the report's verdict."""

from carimg.consistency.judges.onnx import OnnxJudge
from carimg.consistency.judges.opinion import Opinion
from carimg.consistency.judges.vision import VisionJudge

__all__ = ["OnnxJudge", "Opinion", "VisionJudge"]
