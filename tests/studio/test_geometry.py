"""The studio's cars as meshes: sizes, soundness, symmetry, variety, and the folder of kept models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from carimg.domain.kinds import BodyKind
from carimg.studio.car.bodies import BODIES, fitted
from carimg.studio.car.emblem import emblem
from carimg.studio.car.fields import polygon, smax, smin, spline
from carimg.studio.car.glazing import glazing
from carimg.studio.car.grilles import GRILLES, bars, grille_regions
from carimg.studio.car.lamps import HEAD, lamp_regions
from carimg.studio.car.meshes import finish, lathe
from carimg.studio.car.model import build_model, cached_model, shape_key
from carimg.studio.car.panels import holes
from carimg.studio.car.shell import build_shell
from carimg.studio.car.surface import Surface
from carimg.studio.car.wheels import SPOKES, wheel
from carimg.studio.spec import CarShape, Mesh, Model

SHAPES = {kind: CarShape(kind, b.length, b.width, b.height, b.wheelbase, initial="K") for kind, b in BODIES.items()}
LONG = CarShape(BodyKind.SEDAN, 5.05, 1.92, 1.49, 3.02, grille=2, lamps=3, wheels=1, era=0.3, initial="Д")


@pytest.fixture(scope="session")
def models(studio_cache: Path) -> dict[BodyKind, Model]:
    return {kind: cached_model(shape, studio_cache) for kind, shape in SHAPES.items()}


@pytest.fixture(scope="session")
def surface() -> Surface:
    return Surface(fitted(SHAPES[BodyKind.HATCHBACK]))


def extent(model: Model) -> tuple[np.ndarray, np.ndarray]:
    points = np.vstack([mesh.vertices for mesh in model.values()])
    return points.min(0), points.max(0)


def same(a: Mesh, b: Mesh) -> bool:
    return np.array_equal(a.vertices, b.vertices) and np.array_equal(a.faces, b.faces)


@pytest.mark.parametrize("kind", BodyKind)
def test_a_body_has_the_size_that_was_asked(models: dict[BodyKind, Model], kind: BodyKind) -> None:
    """Length and height are within 1 %, the paint is as wide as asked, and nothing leaves the box with its mirrors."""
    shape, (low, high) = SHAPES[kind], extent(models[kind])
    assert high[0] - low[0] == pytest.approx(shape.length, rel=0.01)
    assert high[2] == pytest.approx(shape.height, rel=0.01)
    assert low[2] >= -0.001
    skin = models[kind]["glass"].vertices
    assert np.abs(skin[:, 1]).max() < shape.width / 2
    assert -low[1] == pytest.approx(high[1], abs=1e-4)
    assert high[1] < shape.width / 2 + 0.25


@pytest.mark.parametrize("kind", BodyKind)
def test_wheels_stand_on_the_ground_under_their_arches(models: dict[BodyKind, Model], kind: BodyKind) -> None:
    """Four tyres touch z = 0 at the axles, which are a wheelbase apart, and stay inside the body's width."""
    tyres, shape = models[kind]["tyre"].vertices, SHAPES[kind]
    assert tyres[:, 2].min() == pytest.approx(0.0, abs=0.002)
    for axle in (shape.wheelbase / 2, -shape.wheelbase / 2):
        for side in (1, -1):
            near = tyres[(np.abs(tyres[:, 0] - axle) < 0.5) & (tyres[:, 1] * side > 0)]
            assert near[:, 2].min() == pytest.approx(0.0, abs=0.002)
            assert (near[:, 0].min() + near[:, 0].max()) / 2 == pytest.approx(axle, abs=0.002)
    assert np.abs(tyres[:, 1]).max() < shape.width / 2


@pytest.mark.parametrize("kind", BodyKind)
def test_meshes_are_sound(models: dict[BodyKind, Model], kind: BodyKind) -> None:
    """Finite, typed, every vertex used, unit normals that agree with the winding, and few enough triangles."""
    for name, mesh in models[kind].items():
        assert mesh.vertices.dtype == mesh.normals.dtype == np.float32, name
        assert mesh.faces.dtype == np.uint32, name
        assert np.isfinite(mesh.vertices).all(), name
        assert np.array_equal(np.unique(mesh.faces), np.arange(len(mesh.vertices))), name
        assert np.abs(np.linalg.norm(mesh.normals, axis=1) - 1).max() < 1e-4, name
        corners = mesh.vertices[mesh.faces].astype(float)
        winding = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        agree = np.einsum("ij,ij->i", winding, mesh.normals[mesh.faces].sum(1))
        assert (agree >= -1e-9).all(), name
    assert sum(len(mesh.faces) for mesh in models[kind].values()) < 165_000


@pytest.mark.parametrize("kind", BodyKind)
def test_normals_of_the_skin_point_outward(models: dict[BodyKind, Model], kind: BodyKind) -> None:
    """Glass and tyres' treads look away from the car's and the wheels' middle."""
    glass = models[kind]["glass"]
    away = glass.vertices - np.array([0.0, 0.0, 0.6])
    assert (np.einsum("ij,ij->i", away, glass.normals) > 0).mean() > 0.99


@pytest.mark.parametrize("kind", BodyKind)
def test_a_car_is_symmetric(models: dict[BodyKind, Model], kind: BodyKind) -> None:
    """Every vertex of skin, wheels and mirrors has its mirror image."""
    for name in ("paint", "glass", "tyre", "rim", "mirror", "lamp_front", "lamp_rear", "led"):
        points = models[kind][name].vertices.astype(float)
        distance, _ = cKDTree(points).query(points * np.array([1.0, -1.0, 1.0]))
        assert distance.max() < 1e-4, name


@pytest.mark.parametrize("kind", BodyKind)
def test_a_car_has_all_its_parts(models: dict[BodyKind, Model], kind: BodyKind) -> None:
    """Lamps, grille, mirrors, seams, wheels, plates, emblem and an interior; rails and dark glass where they belong."""
    expected = {
        "paint", "glass", "trim", "plastic", "seam", "lamp_front", "lamp_rear", "led", "led_rear", "lens", "housing",
        "grille", "chrome", "tyre", "rim", "disc", "caliper", "cap", "mirror", "plate", "plate_frame", "emblem",
        "interior", "seat", "fabric", "dark",
    }  # fmt: skip
    assert expected <= set(models[kind])
    assert ("rail" in models[kind]) == BODIES[kind].rails
    assert ("glass_dark" in models[kind]) == BODIES[kind].privacy


def test_bodies_differ(models: dict[BodyKind, Model]) -> None:
    """No two of the eight have the same skin."""
    skins = {models[kind]["paint"].vertices.tobytes() for kind in BodyKind}
    assert len(skins) == 8


def test_a_convertible_is_open_and_a_pickup_has_a_bed(models: dict[BodyKind, Model]) -> None:
    """From above, a convertible shows seats but no roof over them, a pickup a sunk floor behind its cab."""
    paint = models[BodyKind.CONVERTIBLE]["paint"].vertices
    seats = models[BodyKind.CONVERTIBLE]["seat"].vertices
    over = paint[(paint[:, 0] < seats[:, 0].mean()) & (paint[:, 0] > seats[:, 0].min())]
    assert over[:, 2].max() < seats[:, 2].max()
    pickup = models[BodyKind.PICKUP]["plastic"]
    behind = (pickup.vertices[:, 0] < -1.2) & (np.abs(pickup.vertices[:, 1]) < 0.5) & (pickup.normals[:, 2] > 0.99)
    assert 0.7 < pickup.vertices[behind][:, 2].mean() < 0.9
    roof = models[BodyKind.PICKUP]["glass"].vertices
    assert roof[:, 2].max() < SHAPES[BodyKind.PICKUP].height - 0.05


def test_plates_carry_text_the_right_way_round(models: dict[BodyKind, Model]) -> None:
    """u runs to the reader's right and v up, front and rear; a plate is 0.52 by 0.11 m."""
    plate = models[BodyKind.HATCHBACK]["plate"]
    assert plate.uv is not None
    for sign in (1.0, -1.0):
        on = plate.normals[:, 0] * sign > 0.5
        v, uv = plate.vertices[on], plate.uv[on]
        start, right, top = (v[(uv == corner).all(1)][0] for corner in ((0, 0), (1, 0), (0, 1)))
        assert (right - start)[1] == pytest.approx(0.52 * sign, abs=1e-3)
        assert (top - start)[2] == pytest.approx(0.11, abs=5e-3)


def test_a_plate_stands_proud_of_everything_near_it(models: dict[BodyKind, Model]) -> None:
    """No painted vertex in front of the plate's middle lies further out than the plate."""
    for kind in BodyKind:
        plate, paint = models[kind]["plate"].vertices, models[kind]["paint"].vertices
        front = plate[plate[:, 0] > 0]
        near = paint[
            (np.abs(paint[:, 1]) < 0.25) & (paint[:, 2] > front[:, 2].min()) & (paint[:, 2] < front[:, 2].max())
        ]
        assert near[:, 0].max() < front[:, 0].max(), kind


def test_the_skin_is_closed_before_it_is_dressed(surface: Surface) -> None:
    """The half shell's only open edges lie in the middle plane, after all its cuts; dressing opens it knowingly
    (wheel openings, sunk panes with walls)."""
    regions = [*glazing(surface), *grille_regions(surface, 2), *lamp_regions(surface, 3), *holes(surface)]
    shell = build_shell(surface, regions)
    edges = np.sort(shell.f[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), 1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    assert count.max() == 2
    assert (shell.v[unique[count == 1]][:, :, 1] == 0.0).all()
    assert np.abs(surface(shell.v)).max() < 2e-3


def test_the_same_shape_gives_the_same_arrays(models: dict[BodyKind, Model]) -> None:
    """Building is deterministic."""
    again = build_model(SHAPES[BodyKind.HATCHBACK])
    first = models[BodyKind.HATCHBACK]
    assert list(again) == list(first)
    assert all(
        same(again[name], first[name]) and np.array_equal(again[name].normals, first[name].normals) for name in first
    )


def test_lengths_are_obeyed_off_the_drawn_size() -> None:
    """A sedan of unusual size, era and designs is as long, high and wide between the axles as asked."""
    low, high = extent(build_model(LONG))
    assert high[0] - low[0] == pytest.approx(LONG.length, rel=0.01)
    assert high[2] == pytest.approx(LONG.height, rel=0.01)
    assert fitted(LONG).wheelbase == LONG.wheelbase
    assert fitted(LONG).tyre < BODIES[BodyKind.SEDAN].tyre * LONG.height / BODIES[BodyKind.SEDAN].height


def test_a_tiny_car_keeps_its_wheels_under_the_body() -> None:
    """A 2.7 m hatchback has smaller wheels, which end before its bumpers do, and no missing points."""
    shape = CarShape(BodyKind.HATCHBACK, 2.695, 1.663, 1.555, 1.873)
    model = build_model(shape)
    low, high = extent(model)
    tyres = model["tyre"].vertices
    assert high[0] - low[0] == pytest.approx(shape.length, rel=0.01)
    assert low[0] < tyres[:, 0].min() - 0.05 and tyres[:, 0].max() + 0.05 < high[0]
    assert all(np.isfinite(mesh.vertices).all() for mesh in model.values())


def test_designs_differ(surface: Surface) -> None:
    """Every grille, lamp and wheel design has its own outline or mesh, and numbers wrap around."""
    wheels = [wheel(surface.body, i)["rim"].v for i in range(len(SPOKES))]
    assert len({w.tobytes() for w in wheels}) == len(SPOKES) >= 5
    assert np.array_equal(wheel(surface.body, len(SPOKES))["rim"].v, wheels[0])
    probe = np.stack(
        [
            a.ravel()
            for a in np.meshgrid([surface.body.nose_x - 0.1], np.linspace(0, 0.85, 30), np.linspace(0.2, 0.85, 40))
        ],
        1,
    )
    for regions, count in ((grille_regions, len(GRILLES)), (lamp_regions, len(HEAD))):
        marks = {np.concatenate([r.value(probe) < 0 for r in regions(surface, i)]).tobytes() for i in range(count)}
        assert len(marks) == count >= 4


def test_grille_bars_stand_behind_the_skin(surface: Surface) -> None:
    """Every bar of every design lies in its opening: none pokes out of the nose by more than its own radius."""
    for design in range(len(GRILLES)):
        for patches in bars(surface, design).values():
            for patch in patches:
                assert surface(patch.v).max() < 0.012


@pytest.mark.parametrize("letter", ["A", "Z", "7", "Д", "Щ", "Ї", "Є", "К"])
def test_an_initial_is_a_raised_letter(letter: str) -> None:
    """Latin, digits and Cyrillic give a solid glyph inside the ring."""
    glyph = emblem(letter)["emblem"]
    assert len(glyph.f) > 100
    assert np.hypot(glyph.v[:, 1], glyph.v[:, 2]).max() < 0.053
    assert np.abs(glyph.v[:, 2]).max() > 0.018


def test_initials_differ() -> None:
    """Letters that look different have different meshes; a Cyrillic twin shares the Latin shape; none gives a bar."""
    shapes = {letter: emblem(letter)["emblem"].v.tobytes() for letter in "ABKДЩЯ1"}
    assert len(set(shapes.values())) == len(shapes)
    assert emblem("К")["emblem"].v.tobytes() == shapes["K"]
    assert np.abs(emblem("")["emblem"].v[:, 2]).max() < 0.01


def test_letters_read_from_the_front() -> None:
    """The L's foot points to the viewer's right, which is +y when looking at the nose."""
    glyph = emblem("L")["emblem"].v
    foot, top = glyph[glyph[:, 2] < -0.015], glyph[glyph[:, 2] > 0.015]
    assert foot[:, 1].max() > top[:, 1].max() + 0.01


def test_a_model_is_kept_and_a_damaged_file_is_rebuilt(tmp_path: Path, models: dict[BodyKind, Model]) -> None:
    """The second call reads the file; a truncated one is replaced by a whole one; nothing else is left behind."""
    shape = SHAPES[BodyKind.CONVERTIBLE]
    first = cached_model(shape, tmp_path)
    path = tmp_path / f"car-{shape_key(shape)}.npz"
    whole = path.read_bytes()
    assert all(same(mesh, models[BodyKind.CONVERTIBLE][name]) for name, mesh in cached_model(shape, tmp_path).items())
    path.write_bytes(whole[: len(whole) // 3])
    again = cached_model(shape, tmp_path)
    assert list(again) == list(first)
    assert path.stat().st_size == len(whole)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_the_key_names_everything_of_the_shape() -> None:
    """Any change of the shape changes the key."""
    shape = SHAPES[BodyKind.SUV]
    others = [CarShape(shape.body, shape.length, shape.width, shape.height, shape.wheelbase, *rest) for rest in (
        (0, 0, 0, 1.0, ""), (1,), (0, 1), (0, 0, 1), (0, 0, 0, 0.5),
    )]  # fmt: skip
    assert len({shape_key(s) for s in (shape, *others)}) == 6


def test_smooth_booleans_bound_the_sharp_ones() -> None:
    """smax is never below the maximum and meets it away from the seam; smin mirrors it."""
    a, b = np.linspace(-1, 1, 41), np.zeros(41)
    assert (smax(a, b, 0.2) >= np.maximum(a, b)).all()
    assert smax(0.5, 0.0, 0.2) == pytest.approx(0.5)
    assert np.allclose(smin(a, b, 0.2), -smax(-a, -b, 0.2))


def test_polygon_distance_is_exact() -> None:
    """Distances to a square, inside, at a corner and with a round margin."""
    square = [(0, 0), (1, 0), (1, 1), (0, 1)]
    assert polygon(0.5, 0.5, square) == pytest.approx(-0.5)
    assert polygon(2.0, 2.0, square) == pytest.approx(np.sqrt(2))
    assert polygon(1.2, 0.5, square, 0.1) == pytest.approx(0.1)


def test_an_open_spline_reaches_its_ends() -> None:
    """First and last control points are met."""
    curve = spline([(0.0, 0.0), (1.0, 2.0), (3.0, 0.5)], 8, closed=False)
    assert np.allclose(curve[0], (0, 0)) and np.allclose(curve[-1], (3, 0.5))


def test_a_lathe_faces_outward() -> None:
    """A cylinder's normals and winding point away from its axis."""
    mesh = finish(lathe([(1.0, -1.0), (1.0, 0.0), (1.0, 1.0)], 16))
    assert np.allclose(np.einsum("ij,ij->i", mesh.vertices[:, [0, 2]], mesh.normals[:, [0, 2]]), 1.0, atol=1e-5)
