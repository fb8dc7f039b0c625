"""A judge by an image embedding that the user supplies as an ONNX file (DINOv2, CLIP's image tower, …).

Each car is cut out, put on neutral grey, and embedded; what counts is how alike each view is to the mean of the others.
`onnxruntime` is optional and imported only here.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from carimg.consistency.evidence import Evidence, ViewInput
from carimg.consistency.judges.opinion import Opinion
from carimg.consistency.messages import Message
from carimg.consistency.picture import Bools, Bytes, Floats, decode, decode_mask
from carimg.errors import SettingsError

_GREY = 127
_MARGIN = 0.06  # of the car's longer edge, around it
_DEFAULT_EDGE = 224  # pixels, where the model leaves its size open
_MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)  # ImageNet's, which most image towers are trained with
_STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)


class OnnxJudge:
    """Embeds with the model in `path`: one image input (1, 3, h, w) or (1, h, w, 3) float32, ImageNet-normalised RGB;
    of its first output the vector, or the first token of a sequence, is the embedding. Not thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._session: Any = None

    def judge(self, views: Sequence[ViewInput], evidence: Sequence[Evidence]) -> Opinion:
        """Likeness of each measurable view to the others. Blocking; seconds a view for large models.

        Raises SettingsError when the file or onnxruntime cannot be used.
        """
        started = time.perf_counter()
        cars = {}
        for view, found in zip(views, evidence, strict=True):
            car = _cut_out(view, found)
            if car is not None:
                cars[view.angle] = car
        if len(cars) < 2:
            return Opinion("onnx", self.path.name, Message("judge.onnx.few"), failed=True)
        vectors = np.stack([self._embed(car) for car in cars.values()])
        scores = dict(zip(cars, _likeness(vectors), strict=True))
        odd = min(scores, key=lambda angle: scores[angle])
        rest = float(np.mean([score for angle, score in scores.items() if angle != odd]))
        message = Message("judge.onnx.odd", {"angle": odd, "likeness": scores[odd], "rest": rest})
        return Opinion("onnx", self.path.name, message, scores=scores, seconds=time.perf_counter() - started)

    def _embed(self, car: Bytes) -> Floats:
        """(d,) of unit length from (h, w, 3) uint8."""
        session = self._loaded()
        wanted = session.get_inputs()[0]
        shape = list(wanted.shape)
        last = len(shape) == 4 and shape[3] == 3
        sides = shape[1:3] if last else shape[2:4]
        height, width = (side if isinstance(side, int) and side > 0 else _DEFAULT_EDGE for side in sides)
        pixels = cv2.resize(car, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        batch = ((pixels - _MEAN) / _STD)[None]
        try:
            out = session.run(None, {wanted.name: batch if last else batch.transpose(0, 3, 1, 2)})[0]
        except Exception as exc:  # onnxruntime's errors share no public base
            raise SettingsError(f"CARIMG_ONNX_JUDGE: {self.path.name} does not take one picture: {exc}") from exc
        vector = np.asarray(out, dtype=np.float32)[0]
        flat = vector[0] if vector.ndim == 2 else vector.ravel()
        return np.asarray(flat / max(1e-9, float(np.linalg.norm(flat))), dtype=np.float32)

    def _loaded(self) -> Any:
        if self._session is None:
            self._session = _session(self.path)
        return self._session


def _session(path: Path) -> Any:
    if not path.is_file():
        raise SettingsError(f"CARIMG_ONNX_JUDGE: there is no file {path}.")
    try:
        import onnxruntime
    except ImportError as exc:
        raise SettingsError("CARIMG_ONNX_JUDGE needs onnxruntime: pip install onnxruntime") from exc
    try:
        return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as exc:  # onnxruntime's errors share no public base
        raise SettingsError(f"CARIMG_ONNX_JUDGE: {path.name} cannot be loaded: {exc}") from exc


def _cut_out(view: ViewInput, found: Evidence) -> Bytes | None:
    """(n, n, 3) uint8: the car on grey, square; None when it cannot be measured."""
    frame = decode(view.data)
    if frame is None or found.problem is not None or found.mask_png is None:
        return None
    mask = decode_mask(found.mask_png, (frame.rgb.shape[1], frame.rgb.shape[0]))
    return _squared(np.where(mask[..., None], frame.rgb, np.uint8(_GREY)), mask) if mask is not None else None


def _squared(rgb: Bytes, mask: Bools) -> Bytes:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    car = rgb[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    edge = round(max(car.shape[:2]) * (1 + 2 * _MARGIN))
    square = np.full((edge, edge, 3), _GREY, dtype=np.uint8)
    top, left = (edge - car.shape[0]) // 2, (edge - car.shape[1]) // 2
    square[top : top + car.shape[0], left : left + car.shape[1]] = car
    return square


def _likeness(vectors: Floats) -> list[float]:
    """Cosine of each row with the mean of the others."""
    total = vectors.sum(axis=0)
    others = total[None, :] - vectors
    return [float(v @ o / max(1e-9, float(np.linalg.norm(o)))) for v, o in zip(vectors, others, strict=True)]
