"""Noise out of traced light, by Open Image Denoise on one core."""

from __future__ import annotations

import numpy as np
import pyoidn

from carimg.studio.spec import Floats


class Denoiser:
    """Open Image Denoise on one core."""

    def __init__(self) -> None:
        self._device = pyoidn.Device()
        self._device.set_int("numThreads", 1)
        self._device.set_bool("setAffinity", False)
        self._device.commit()

    def clean(self, light: Floats, albedo: Floats, normal: Floats) -> Floats:
        """`light` (h, w, 3) without its noise, led by `albedo` and `normal` of the same shape. Raises RuntimeError."""
        result = np.empty_like(light)
        images = {"color": light, "albedo": np.clip(albedo, 0, 1), "normal": normal, "output": result}
        kept = {name: np.ascontiguousarray(image, np.float32) for name, image in images.items()}
        with pyoidn.Filter(self._device, pyoidn.OIDN_FILTER_TYPE_RT) as rt:
            for name, image in kept.items():
                rt.set_image(name, image, pyoidn.OIDN_FORMAT_FLOAT3)
            rt.set_bool("hdr", True)
            rt.set_bool("cleanAux", True)
            rt.set_quality(pyoidn.OIDN_QUALITY_FAST)
            rt.commit()
            rt.execute()
        if message := self._device.get_error():
            raise RuntimeError(f"Open Image Denoise failed: {message}")
        return kept["output"]
