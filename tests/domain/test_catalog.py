"""The catalogue: its content, its lookups, and what it says about damaged files."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from carimg.domain.catalog import DATA, catalog, load_catalog
from carimg.domain.kinds import BodyKind, Finish
from carimg.domain.names import forms
from carimg.errors import CatalogError, InputError

ANGLES = {
    "front": (0, 5),
    "front_three_quarter": (38, 9),
    "side": (90, 4),
    "rear_three_quarter": (142, 10),
    "rear": (180, 6),
    "rear_three_quarter_right": (218, 10),
    "side_right": (270, 4),
    "front_three_quarter_right": (322, 9),
    "top": (90, 88),
    "high_three_quarter": (38, 30),
    "low_front": (0, 1),
    "low_three_quarter": (38, 1),
}


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("Škoda", "skoda"),
        ("skoda", "skoda"),
        ("ШКОДА", "skoda"),
        ("VW", "volkswagen"),
        ("мерседес", "mercedes_benz"),
        ("Mercedes-Benz", "mercedes_benz"),
        ("Citroen", "citroen"),
        (" alfa-romeo ", "alfa_romeo"),
        ("ROLLS ROYCE", "rolls_royce"),
        ("Lynk&Co", "lynk_co"),
        ("Рено", "renault"),
        ("ЗАЗ", "zaz"),
        ("богдан", "bogdan"),
        ("Б’юїк", "buick"),
        ("Хёндэ", "hyundai"),
    ],
)
def test_brand_in_any_spelling(text: str, id: str) -> None:
    """Case, diacritics, hyphens, apostrophes, short forms and Ukrainian names all lead to one brand."""
    found = catalog().brand(text)
    assert found is not None
    assert found.id == id


def test_unknown_brand_has_a_badge_that_names_it() -> None:
    """A brand nobody listed is no brand of the catalogue, but its badge can still be described."""
    assert catalog().brand("Duesenberg") is None
    assert catalog().badge(" Duesenberg ") == "Duesenberg manufacturer emblem"
    assert catalog().badge("рено") == "silver diamond outline badge"
    assert catalog().brand("") is None


def test_catalogue_is_broad() -> None:
    """At least 70 brands, 45 colours over all four finishes, all bodies the studio builds, the twelve angles."""
    known = catalog()
    assert len(known.brands) >= 70
    assert len(known.colors) >= 45
    assert set(known.bodies) == set(BodyKind)
    assert {id: (a.yaw, a.elevation) for id, a in known.angles.items()} == ANGLES
    finishes = Counter(color.finish for color in known.colors.values())
    assert min(finishes[finish] for finish in Finish) >= 5
    assert finishes[Finish.SOLID] + finishes[Finish.METALLIC] > finishes[Finish.PEARL] + finishes[Finish.MATTE]


def test_badges_fit_the_prompt() -> None:
    """Every badge is one phrase that can stand before 'on front grille': no final stop, no place of its own."""
    for brand in catalog().brands.values():
        assert not brand.badge.endswith("."), brand.id
        assert "on front" not in brand.badge, brand.id


def test_bodies_have_the_proportions_of_cars() -> None:
    """Dimensions are those of real classes: wheelbase 55 to 68 % of the length, wider than high only where cars are."""
    for body in catalog().bodies.values():
        assert 0.55 <= body.wheelbase_m / body.length_m <= 0.68, body.id
        assert 1.7 <= body.width_m <= 2.0, body.id
    assert catalog().bodies["coupe"].height_m < catalog().bodies["sedan"].height_m < catalog().bodies["suv"].height_m


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("blue", "blue"),
        ("Blue", "blue"),
        ("синій", "blue"),
        ("синя", "blue"),
        ("синє", "blue"),
        ("СИНЬОГО кольору", "blue"),
        ("gray", "grey"),
        ("Pure White", "white"),
        ("чорна", "black"),
        ("metallic blue", "blue_metallic"),
        ("темно-синій металік", "midnight_blue"),
        ("темно-синя", "navy"),
        ("dark red", "dark_red"),
        ("matte black", "matte_black"),
        ("матова чорна", "matte_black"),
        ("pearl_white", "pearl_white"),
        ("білий перламутр", "pearl_white"),
        ("красная", "red"),
    ],
)
def test_color_by_any_name(text: str, id: str) -> None:
    """Ids, English in both spellings, and Ukrainian in every gender and case name one colour."""
    assert catalog().color(text).id == id


def test_every_color_is_found_by_its_own_names() -> None:
    """Id, English, Ukrainian and aliases of a colour lead back to it."""
    for color in catalog().colors.values():
        for name in (color.id, color.en, color.uk, *color.aliases):
            assert catalog().color(name) == color, name


def test_color_by_hex() -> None:
    """A hex code is its own colour, short codes are widened, and a finish may stand beside it."""
    assert catalog().color("#1A2B3C").hex == "#1a2b3c"
    assert catalog().color("#abc").hex == "#aabbcc"
    assert catalog().color("#1a2b3c").finish is Finish.SOLID
    assert catalog().color("matte #1a2b3c").finish is Finish.MATTE


def test_color_with_finish_and_tone() -> None:
    """Words for finish and tone change a known colour, in English and Ukrainian alike."""
    base = catalog().colors["green"]
    plain = catalog().color("light green")
    assert (plain.en, plain.uk, plain.finish) == ("light green", "світло-зелений", Finish.SOLID)
    assert int(plain.hex[1:3], 16) > int(base.hex[1:3], 16)
    assert catalog().color("світло-зелена матова") == catalog().color("matte light green")
    assert catalog().color("світло-зелена матова").finish is Finish.MATTE
    assert catalog().color("dark yellow").hex < catalog().colors["yellow"].hex
    assert catalog().color("metallic beige").finish is Finish.METALLIC


@pytest.mark.parametrize(
    ("text", "id", "en", "uk"),
    [
        (
            "dark deep blue metallic",
            "metallic_dark_deep_blue",
            "metallic dark deep blue",
            "темно-глибоко-синій металік",
        ),
        ("bright blue, solid", "bright_blue", "bright blue", "яскраво-синій"),
        ("синій перламутр", "pearl_blue", "pearl blue", "синій перламутр"),
        ("pale matt blue", "matte_pale_blue", "matte pale blue", "блідо-синій матовий"),
    ],
)
def test_a_composed_color_is_named_in_both_languages(text: str, id: str, en: str, uk: str) -> None:
    """Tones in the order they were typed; a finish where the language has it, unless the colour has it anyway."""
    color = catalog().color(text)
    assert (color.id, color.en, color.uk) == (id, en, uk)


@pytest.mark.parametrize(
    ("id", "en", "uk", "prompt"),
    [
        ("yaw_000", "0°", "0°, спереду", "front, 0-degree orbit"),
        ("yaw_045", "45°", "45°, спереду зліва", "left front three-quarter, 45-degree orbit"),
        ("yaw_090", "90°", "90°, зліва", "left side, 90-degree orbit"),
        ("yaw_120", "120°", "120°, ззаду зліва", "left rear three-quarter, 120-degree orbit"),
        ("yaw_180", "180°", "180°, ззаду", "rear, 180-degree orbit"),
        ("yaw_225", "225°", "225°, ззаду справа", "right rear three-quarter, 225-degree orbit"),
        ("yaw_270", "270°", "270°, справа", "right side, 270-degree orbit"),
        ("yaw_315", "315°", "315°, спереду справа", "right front three-quarter, 315-degree orbit"),
        ("yaw_350", "350°", "350°, спереду", "front, 350-degree orbit"),
        ("yaw_120_el_30", "120°, 30° up", "120°, 30° угору, ззаду зліва",
         "left rear three-quarter, 120-degree orbit, 30-degree elevation"),
    ],
)  # fmt: skip
def test_a_spelt_out_angle_is_named_by_its_side(id: str, en: str, uk: str, prompt: str) -> None:
    """Degrees in English, the side of the car besides in Ukrainian; the prompt is English alone."""
    angle = catalog().angle(id)
    assert angle is not None
    assert (angle.en, angle.uk, angle.prompt) == (en, uk, prompt)


def test_color_by_css_name() -> None:
    """What the catalogue does not list but CSS knows has the CSS colour."""
    assert catalog().color("Hot Pink").hex == "#ff69b4"
    assert catalog().color("dark slate gray").hex == "#2f4f4f"
    assert catalog().color("matte dark slate gray").finish is Finish.MATTE


def test_first_of_two_colors_paints_the_body() -> None:
    """A two-tone car has the paint that is named first, and keeps its whole description."""
    for text in ("red and black", "червоний з чорним дахом", "red/white"):
        assert (catalog().color(text).en, catalog().color(text).hex) == (text, catalog().colors["red"].hex)


def test_unknown_color_keeps_its_text() -> None:
    """Free words fall back to the part that is known, then to a neutral grey; the text stays the colour's name."""
    ocean = catalog().color("Deep Ocean Blue")
    assert ocean.en == "Deep Ocean Blue"
    assert ocean.hex != "#808080"
    unknown = catalog().color("Zyxgloss 9")
    assert (unknown.en, unknown.hex, unknown.finish) == ("Zyxgloss 9", "#808080", Finish.SOLID)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("hatchback", "hatchback"),
        ("хетчбек", "hatchback"),
        ("Хэтчбек", "hatchback"),
        ("saloon", "sedan"),
        ("Estate", "wagon"),
        ("station wagon", "wagon"),
        ("універсал", "wagon"),
        ("crossover", "suv"),
        ("кросовер", "suv"),
        ("SUV", "suv"),
        ("Coupé", "coupe"),
        ("cabrio", "convertible"),
        ("minivan", "van"),
        ("пікап", "pickup"),
        ("pick-up", "pickup"),
    ],
)
def test_body_by_synonym(text: str, id: str) -> None:
    """Body types answer to ids, English and Ukrainian names and everyday synonyms."""
    found = catalog().body(text)
    assert found is not None
    assert found.id == id


def test_unknown_body_and_angle_are_none() -> None:
    """What is neither listed nor spelt out is not guessed."""
    assert catalog().body("spaceship") is None
    assert catalog().angle("inside") is None
    assert catalog().angle("") is None


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("front", "front"),
        ("Front view", "front"),
        ("спереду", "front"),
        ("Збоку", "side"),
        ("вид ззаду", "rear"),
        ("Front three-quarter", "front_three_quarter"),
        ("3/4", "front_three_quarter"),
        ("Три чверті ззаду, справа", "rear_three_quarter_right"),
        ("top", "top"),
        ("yaw_7", "yaw_007"),
        ("YAW_090", "yaw_090"),
        ("yaw_45_el_5", "yaw_045"),
        ("yaw_045_el_20", "yaw_045_el_20"),
        ("yaw_0_el_0", "yaw_000_el_00"),
    ],
)
def test_angle_by_id_title_or_degrees(text: str, id: str) -> None:
    """Angles answer to ids, titles and spelt-out degrees; one camera has one id."""
    found = catalog().angle(text)
    assert found is not None
    assert found.id == id


def test_spelt_out_angle_is_where_it_says() -> None:
    """Yaw and elevation of a spelt-out angle are its numbers; its prompt says on which side the camera stands."""
    angle = catalog().angle("yaw_225_el_40")
    assert angle is not None
    assert (angle.yaw, angle.elevation) == (225.0, 40.0)
    assert angle.prompt == "right rear three-quarter, 225-degree orbit, 40-degree elevation"
    for text in ("yaw_360", "yaw_10_el_91", "yaw_-1", "yaw_1.5", "yaw_"):
        assert catalog().angle(text) is None, text


def test_spin_goes_around_evenly() -> None:
    """A spin starts at the front, is even to whole degrees, and never shows one position twice."""
    assert [a.id for a in catalog().spin(4)] == ["yaw_000", "yaw_090", "yaw_180", "yaw_270"]
    assert {a.elevation for a in catalog().spin(4)} == {5.0}
    for n in (1, 7, 36, 360):
        assert len({a.id for a in catalog().spin(n)}) == n
    for n in (0, 361):
        with pytest.raises(InputError, match="1 to 360"):
            catalog().spin(n)


def test_adjectives_take_all_forms() -> None:
    """Soft and hard adjectives are declined, also behind a hyphen and two at a time; nouns stay."""
    assert {"синя", "синє", "сині", "синього", "синьою"} <= set(forms("синій"))
    assert {"темно-червона", "темно-червоних"} <= set(forms("темно-червоний"))
    assert {"чорна матова", "чорного матового"} <= set(forms("чорний матовий"))
    assert forms("хакі") == ("хакі",)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the catalogue's files, to be damaged."""
    for name in ("brands", "colors", "bodies", "angles"):
        shutil.copy(DATA / f"{name}.json", tmp_path)
    return tmp_path


def _damage(path: Path, entry: str, **change: object) -> None:
    data = json.loads(path.read_text("utf-8"))
    data.setdefault(entry, {}).update(change)
    path.write_text(json.dumps(data), "utf-8")


@pytest.mark.parametrize(
    ("file", "entry", "change", "message"),
    [
        ("colors.json", "navy", {"hex": "16264d"}, "colors.json: 'navy': hex must look like #1a2b3c"),
        ("colors.json", "navy", {"finish": "glittery"}, "colors.json: 'navy': finish "),
        (
            "colors.json",
            "navy",
            {"uk": "зелений"},
            "colors.json: 'navy': the name 'зелений' already belongs to 'green'",
        ),
        ("brands.json", "bmw", {"aliases": ["audi"]}, "brands.json: 'bmw': the name 'audi' already belongs to 'audi'"),
        ("brands.json", "bmw", {"badge": 7}, "brands.json: 'bmw': badge "),
        ("bodies.json", "van", {"length_m": 49.0}, "bodies.json: 'van': length_m "),
        ("angles.json", "top", {"yaw": 360.0}, "angles.json: 'top': yaw "),
        ("angles.json", "top", {"roll": 1.0}, "angles.json: 'top': roll "),
    ],
)
def test_damaged_entry_is_named(folder: Path, file: str, entry: str, change: dict[str, object], message: str) -> None:
    """Wrong data is refused with the file, the entry and the field."""
    _damage(folder / file, entry, **change)
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    assert str(caught.value).startswith(message)


def test_body_the_studio_cannot_build_is_refused(folder: Path) -> None:
    """A body type without geometry is refused when the catalogue is read, not when it is drawn."""
    dimensions = {"length_m": 4.0, "width_m": 1.8, "height_m": 1.5, "wheelbase_m": 2.5}
    _damage(folder / "bodies.json", "trike", en="trike", uk="трайк", like="trikes", **dimensions)
    with pytest.raises(CatalogError, match=r"bodies\.json: 'trike': the studio builds only hatchback, sedan"):
        load_catalog(folder)


def test_broken_file_is_named(folder: Path) -> None:
    """Broken JSON, an id that stands twice and a missing file are said as such."""
    (folder / "colors.json").write_text('{\n"a": }', "utf-8")
    with pytest.raises(CatalogError, match=r"colors\.json: line 2: "):
        load_catalog(folder)
    (folder / "colors.json").write_text('{"a": {}, "a": {}}', "utf-8")
    with pytest.raises(CatalogError, match=r"colors\.json: 'a': is there twice"):
        load_catalog(folder)
    (folder / "colors.json").unlink()
    with pytest.raises(CatalogError, match=r"colors\.json: cannot be read"):
        load_catalog(folder)


def test_a_name_longer_than_any_is_not_looked_up() -> None:
    """The raw length decides: no brand, body or angle is found behind hundreds of blanks, and no colour."""
    blanks = " " * 300
    known = catalog()
    assert known.brand(f"Renault{blanks}") is known.body(f"hatchback{blanks}") is known.angle(f"front{blanks}") is None
    assert known.color(f"{blanks}blue").hex == "#808080"
