"""The studio's pictures: camera, passes, paint, plate, and that the same shot gives the same bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage.color import deltaE_ciede2000

from carimg.domain.kinds import BodyKind, Finish
from carimg.errors import InputError
from carimg.studio.car.model import cached_model
from carimg.studio.render.camera import FILL, place
from carimg.studio.render.caster import Caster
from carimg.studio.render.plate import Plate, plate_texture
from carimg.studio.render.scene import studio
from carimg.studio.render.stage import Stage
from carimg.studio.render.tone import decode, develop, lab, linear, scene_light
from carimg.studio.spec import Camera, CarShape, Model, Paint, Rendering, Shot

SHAPE = CarShape(BodyKind.HATCHBACK, 4.06, 1.79, 1.47, 2.57, initial="C")
SHOT = Shot(
    SHAPE, Paint("#1f4e9e"), Camera(38, 9), (256, 256), "CAR-1a2b3c4d", 7, "CAR-1A2B3C4D", samples=2, passes=True
)
COLORS = ("#f2f2ef", "#0b0b0d", "#b5121b", "#1f4e9e", "#f2c200")


@pytest.fixture(scope="session")
def model(studio_cache: Path) -> Model:
    return cached_model(SHAPE, studio_cache)


@pytest.fixture(scope="session")
def caster(model: Model) -> Caster:
    return Caster(model)


@pytest.fixture(scope="session")
def stage(model: Model, caster: Caster) -> Stage:
    return Stage(SHOT, model, caster)


@pytest.fixture(scope="session")
def picture(stage: Stage) -> Rendering:
    return stage.draw(SHOT)


def lit_paint(picture: Rendering) -> NDArray[np.floating]:
    """L*a*b* (n, 3) of fully covered paint pixels from the middle to the brightest fifth, which is glare."""
    color = lab(decode(picture.rgb[picture.paint == 255] / 255))
    low, high = np.quantile(color[:, 0], (0.5, 0.8))
    return color[(color[:, 0] >= low) & (color[:, 0] <= high)]


def box(mask: NDArray[np.floating]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def aspect(mask: NDArray[np.floating]) -> float:
    left, top, right, bottom = box(mask)
    return (right - left) / (bottom - top)


def test_the_same_shot_gives_the_same_bytes(model: Model, picture: Rendering) -> None:
    """A stage loaded anew draws the same picture and the same passes, byte for byte."""
    again = Stage(SHOT, model).draw(SHOT)
    for name in ("rgb", "car", "paint", "depth", "normals"):
        assert np.array_equal(getattr(picture, name), getattr(again, name)), name


def test_another_seed_is_another_sampling_of_the_same_view(stage: Stage, picture: Rendering) -> None:
    """The seed changes bytes, but moves the car by less than a twentieth of its silhouette."""
    other = stage.draw(replace(SHOT, seed=8))
    assert not np.array_equal(other.rgb, picture.rgb)
    assert picture.car is not None and other.car is not None
    both, any_ = (picture.car & other.car) > 127, (picture.car | other.car) > 127
    assert both.sum() / any_.sum() > 0.95


def test_silhouettes_get_longer_from_front_to_side(stage: Stage) -> None:
    """Width ÷ height of the car's mask: front < three-quarter < side."""
    front, quarter, side = (aspect(stage.survey(replace(SHOT, camera=Camera(yaw, 5))).car > 0.5) for yaw in (0, 38, 90))
    assert front < quarter < side


def test_left_and_right_are_mirror_images(stage: Stage) -> None:
    """The silhouettes of the left and the right side, one of them flipped, agree."""
    masks = [stage.survey(replace(SHOT, camera=Camera(yaw, 5))).car > 0.5 for yaw in (52, 308)]
    shots = [mask[top:bottom, left:right] for mask in masks for left, top, right, bottom in [box(mask)]]
    size = (128, 96)
    left, right = (np.asarray(Image.fromarray(shot).resize(size)) for shot in (shots[0], shots[1][:, ::-1]))
    assert (left == right).mean() > 0.97


def test_passes_describe_one_car(picture: Rendering) -> None:
    """Paint lies on the car, depth is finite there alone and within metres of its size, normals are unit vectors."""
    assert picture.car is not None and picture.paint is not None
    assert picture.depth is not None and picture.normals is not None
    inside, outside = picture.car == 255, picture.car == 0
    assert (picture.paint <= picture.car).all()
    assert np.isfinite(picture.depth[inside]).all() and np.isinf(picture.depth[outside]).all()
    assert np.ptp(picture.depth[inside]) < 5
    assert np.allclose(np.linalg.norm(picture.normals[inside], axis=-1), 1, atol=1e-3)
    assert (picture.normals[outside] == 0).all()


def test_passes_come_on_demand(stage: Stage) -> None:
    """A shot without passes gives the same picture and nothing else."""
    bare = stage.draw(replace(SHOT, passes=False))
    assert bare.car is None and bare.depth is None
    assert np.array_equal(bare.rgb, stage.draw(SHOT).rgb)


def test_the_traced_picture_and_the_mask_are_of_one_camera(picture: Rendering) -> None:
    """Pixels change most along the mask's rim: Mitsuba and the ray caster look from the same place."""
    assert picture.car is not None
    inside = picture.car == 255
    blue = picture.rgb[..., 2].astype(int) - picture.rgb[..., 0]
    assert np.median(blue[picture.paint == 255]) > 40
    assert np.abs(np.median(blue[~inside & (picture.car == 0)])) < np.median(blue[picture.paint == 255]) - 20


@pytest.mark.parametrize("size", [(256, 256), (768, 512), (2048, 256), (256, 2048), (512, 768)])
def test_the_car_fills_the_frame_from_everywhere(stage: Stage, size: tuple[int, int]) -> None:
    """From any yaw and elevation the hull stays inside the frame and reaches the wanted share of it."""
    for yaw in range(0, 360, 30):
        for elevation in (0, 5, 30, 88, 90):
            view = place(Camera(yaw, elevation), size, stage.hull)
            away = (stage.hull - view.eye) @ view.ahead
            x = (stage.hull - view.eye) @ view.right / away / view.spread[0]
            y = (stage.hull - view.eye) @ view.up / away / view.spread[1]
            assert np.abs(x).max() < 1 and np.abs(y).max() < 1
            assert max(np.ptp(x) / 2 / FILL[0], np.ptp(y) / 2 / FILL[1]) == pytest.approx(1, abs=0.02)
            assert view.eye[2] > 0


@pytest.mark.parametrize("size", [(255, 256), (256, 2049), (0, 0)])
def test_sizes_out_of_range_are_refused(stage: Stage, size: tuple[int, int]) -> None:
    """The sentence names the range and the size."""
    with pytest.raises(InputError, match=f"256 to 2048 .* not {size[0]}×{size[1]}"):
        stage.draw(replace(SHOT, size=size))


@pytest.mark.parametrize("elevation", [-1, 91])
def test_cameras_under_the_floor_are_refused(stage: Stage, elevation: float) -> None:
    """An elevation is 0 to 90 degrees."""
    with pytest.raises(InputError, match="elevation is 0 to 90"):
        stage.draw(replace(SHOT, camera=Camera(0, elevation)))


def test_lit_paint_has_the_colour_asked_for(model: Model, caster: Caster) -> None:
    """ΔE2000 of the lit paint to the asked colour is at most 5 for all but one of five colours, and 8 for all.

    `python -m bench.studio colours` looks at 68."""
    errors = []
    for color in COLORS:
        shot = replace(SHOT, paint=Paint(color))
        seen = np.median(lit_paint(Stage(shot, model, caster).draw(shot)), 0)
        errors.append(float(deltaE_ciede2000(seen, lab(np.array(linear(color))))))
    assert sorted(errors)[-2] <= 5 and max(errors) <= 8, [(c, round(e, 1)) for c, e in zip(COLORS, errors, strict=True)]


def test_finishes_differ(model: Model, caster: Caster) -> None:
    """Matt paint has no glare; a metallic paint falls off more from its lit to its dark panels than a solid one."""
    glare, fall = {}, {}
    for finish in (Finish.SOLID, Finish.METALLIC, Finish.MATTE):
        shot = replace(SHOT, paint=Paint("#6f1018", finish))
        picture = Stage(shot, model, caster).draw(shot)
        light = lab(decode(picture.rgb[picture.paint == 255] / 255))[:, 0]
        dark, middle, bright = np.quantile(light, (0.25, 0.6, 0.97))
        glare[finish], fall[finish] = bright - middle, middle / dark
    assert glare[Finish.MATTE] < 0.5 * glare[Finish.SOLID]
    assert fall[Finish.METALLIC] > 1.1 * fall[Finish.SOLID]


def test_the_plate_can_be_read(stage: Stage, model: Model) -> None:
    """From the front, the plate in the picture looks like the text it was given."""
    shot = replace(SHOT, camera=Camera(0, 0), size=(512, 512))
    grey = np.asarray(Image.fromarray(stage.draw(shot).rgb).convert("L"), float)
    view = place(shot.camera, shot.size, stage.hull)
    corners = model["plate"].vertices[model["plate"].vertices[:, 0] > 0] - view.eye
    away = corners @ view.ahead
    x = (corners @ view.right / away / view.spread[0] + 1) / 2 * 512
    y = (1 - corners @ view.up / away / view.spread[1]) / 2 * 512
    size = (round(float(np.ptp(x))), round(float(np.ptp(y))))
    wanted = np.asarray(Image.fromarray(plate_texture(SHOT.plate)).convert("L").resize(size), float)
    likeness = [
        np.corrcoef(grey[top : top + size[1], left : left + size[0]].ravel(), wanted.ravel())[0, 1]
        for left in range(round(x.min()) - 4, round(x.min()) + 5)
        for top in range(round(y.min()) - 4, round(y.min()) + 5)
    ]
    assert max(likeness) > 0.85


@pytest.mark.parametrize("camera", [Camera(90, 4), Camera(90, 88), Camera(271, 0), Camera(100, 5)])
def test_a_plate_that_is_hardly_seen_does_no_harm(stage: Stage, camera: Camera) -> None:
    """From the side and from above, where a plate covers a few pixels or none, the view is surveyed all the same."""
    assert stage.survey(replace(SHOT, camera=camera)).car.max() == 1


def test_a_printed_face_is_never_empty() -> None:
    """However few pixels a plate covers."""
    for pixels in (0, 1, 2, 50, 10_000, 10_000_000):
        assert Plate("CAR-1A2B3C4D").printed(pixels).size


def test_a_set_stands_in_one_studio(stage: Stage) -> None:
    """The corners of two views of one session have the same backdrop colour; another session may have another."""
    corners = [
        np.median(stage.draw(replace(SHOT, camera=Camera(yaw, 9))).rgb[:24, :24].reshape(-1, 3), 0) for yaw in (0, 142)
    ]
    assert np.abs(corners[0] - corners[1]).max() < 12
    assert len({studio(f"session {i}", SHOT.paint).wall for i in range(20)}) > 1


@pytest.mark.parametrize("color", [*COLORS, "#b9bdc1", "#7fb2dc"])
def test_the_backdrop_contrasts_with_the_paint(color: str) -> None:
    """For every session the floor and the wall are well apart from the paint."""
    for session in range(20):
        room = studio(f"session {session}", Paint(color))
        paint = lab(np.array(linear(color)))
        assert min(np.linalg.norm(paint - lab(np.array(tint))) for tint in (room.floor, room.wall)) > 20


def test_a_preview_is_small_and_alike(stage: Stage, picture: Rendering) -> None:
    """A preview has a third of the pixels an edge and shows the same picture."""
    small = stage.draw(SHOT, preview=True).rgb
    assert small.shape == (85, 85, 3)
    reduced = np.asarray(Image.fromarray(picture.rgb).resize((85, 85)), float)
    assert np.abs(reduced - small).mean() < 12


def test_the_tone_curve_gives_colours_back() -> None:
    """`develop` after `scene_light` is the identity for any colour that is not near white."""
    wanted = np.array([[[10, 10, 12], [181, 18, 27], [31, 78, 158], [124, 127, 130], [200, 190, 60]]], np.uint8)
    seen = develop(scene_light(decode(wanted / 255)).astype(np.float32))
    assert np.abs(seen.astype(int) - wanted).max() <= 1


def test_no_ring_stands_around_the_car(stage: Stage) -> None:
    """In nine of ten rows the backdrop right beside the car is hardly brighter than a few pixels farther away."""
    picture = stage.draw(replace(SHOT, camera=Camera(90, 4), size=(384, 256), passes=True))
    assert picture.car is not None
    grey = picture.rgb.astype(float).mean(-1)
    glow = []
    rows = np.flatnonzero((picture.car > 0).any(1))
    for y in rows[: int(0.7 * len(rows))]:  # below are the tyres in their own shade
        car = np.flatnonzero(picture.car[y])
        left, right = int(car[0]), int(car[-1]) + 1
        glow.append(grey[y, left - 3 : left].max() - grey[y, left - 14 : left - 8].mean())
        glow.append(grey[y, right : right + 3].max() - grey[y, right + 8 : right + 14].mean())
    assert np.quantile(glow, 0.9) < 6
