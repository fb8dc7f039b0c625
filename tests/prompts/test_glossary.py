"""The offline glossary and the official transliteration."""

from __future__ import annotations

from pathlib import Path

import pytest

from carimg.domain.catalog import catalog
from carimg.errors import CatalogError
from carimg.prompts.glossary import DATA, has_cyrillic, load_glossary, translate_terms, transliterate


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("синій хетчбек, вид спереду", "blue hatchback, front view"),
        ("Синій хетчбек. Новий дах", "Blue hatchback. New roof"),
        ("темно-синя Škoda, вид збоку", "navy blue Škoda, side view"),
        ("2019 Рено Кліо універсал", "2019 Renault Clio wagon"),
        ("чорна матова тойота на легкосплавних дисках", "matte black Toyota on alloy wheels"),
        ("темно-жовтий", "dark yellow"),
        ("темносиній", "navy blue"),
        ("синій металік", "metallic blue"),
        ("білий перламутр", "pearl white"),
        ("м’ятний седан", "mint sedan"),
        ("кросовер з панорамним дахом", "SUV with panoramic roof"),
        ("вид три чверті ззаду", "rear three-quarter view"),
        ("вигляд ззаду", "rear view"),
        ("красный хэтчбек", "red hatchback"),
        ("2019 року", "2019 model year"),
        ("нова б/в", "new used"),
    ],
)
def test_terms_become_english(text: str, english: str) -> None:
    """Known terms are replaced in every form, longest first; numbers, signs and Latin words stay."""
    assert translate_terms(text) == (english, [])


def test_unknown_words_stay_and_are_listed_once() -> None:
    """What is not in the glossary is left in place and reported once, in order."""
    english, left = translate_terms("червоний Пиріжок біля Пиріжок")
    assert english == "red Пиріжок біля Пиріжок"
    assert left == ["Пиріжок", "біля"]


def test_only_whole_words_count() -> None:
    """A term inside a longer word, or parted from its rest by a comma, is not one: 'універсал у' is two words."""
    assert translate_terms("підсиній") == ("підсиній", ["підсиній"])
    assert translate_terms("універсал у русі")[0] == "wagon in русі"
    assert translate_terms("білий, матовий")[0] == "white, matte"


def test_a_capital_tells_names_from_words() -> None:
    """'Джип' is the make and 'джип' the kind of car; short makes need their capitals."""
    assert translate_terms("2020 Джип Вранглер, зелений джип")[0] == "2020 Jeep Wrangler, green SUV"
    assert translate_terms("вантажівка МАН") == ("вантажівка MAN", ["вантажівка"])
    assert translate_terms("ман") == ("ман", ["ман"])


def test_english_text_is_untouched() -> None:
    """A prompt without Cyrillic comes back byte for byte."""
    text = "2019 Renault Clio hatchback, blue,  front view.\nAvant - estate 3/4"
    assert translate_terms(text) == (text, [])


def test_decomposed_letters_are_understood() -> None:
    """й and ї written as letter and mark are the same letters."""
    assert translate_terms("син\u0456\u0438\u0306") == ("blue", [])
    assert translate_terms("жовтии\u0306") == ("yellow", [])
    assert transliterate("и\u0306ога") == "yoha"


def test_every_color_translates_to_its_english_name() -> None:
    """All Ukrainian colour names, and aliases by what they paint, survive translation."""
    known = catalog()
    for color in known.colors.values():
        assert translate_terms(color.uk) == (color.en, [])
        for alias in filter(has_cyrillic, color.aliases):
            english, left = translate_terms(alias)
            assert not left, alias
            assert known.color(english).hex == color.hex, alias


def test_every_body_and_brand_translates() -> None:
    """All Ukrainian names of bodies and brands have their English name."""
    for body in catalog().bodies.values():
        assert translate_terms(body.uk) == (body.en, [])
    for brand in catalog().brands.values():
        for name in brand.uk:
            assert translate_terms(name) in [(brand.name, []), (brand.name[0].upper() + brand.name[1:], [])]


@pytest.mark.parametrize(
    ("text", "latin"),
    [
        ("Алушта", "Alushta"),
        ("Борщагівка", "Borshchahivka"),
        ("Згурський", "Zghurskyi"),
        ("Ґалаґан", "Galagan"),
        ("Єнакієве", "Yenakiieve"),
        ("Гаєвич", "Haievych"),
        ("Житомир", "Zhytomyr"),
        ("Закарпаття", "Zakarpattia"),
        ("Медвин", "Medvyn"),
        ("Їжакевич", "Yizhakevych"),
        ("Кадиївка", "Kadyivka"),
        ("Мар'їне", "Marine"),
        ("Йосипівка", "Yosypivka"),
        ("Стрий", "Stryi"),
        ("Знам’янка", "Znamianka"),
        ("Феодосія", "Feodosiia"),
        ("Гоща", "Hoshcha"),
        ("Юрій", "Yurii"),
        ("Корюківка", "Koriukivka"),
        ("Яготин", "Yahotyn"),
        ("Ічня", "Ichnia"),
        ("Нечуй-Левицький", "Nechui-Levytskyi"),
        ("ЩЕРБАК", "SHCHERBAK"),
        ("Объезд, ёлка, подъём, сэр, сын", "Obezd, yolka, podiom, ser, syn"),
        ("Clio 2019 — кліо", "Clio 2019 — klio"),
    ],
)
def test_transliteration_is_the_official_one(text: str, latin: str) -> None:
    """The examples of the official table, all-capital words, Russian letters; what is not Cyrillic stays."""
    assert transliterate(text) == latin


def test_has_cyrillic() -> None:
    """One Cyrillic letter is enough; Latin with diacritics is none."""
    assert has_cyrillic("Clio синій")
    assert not has_cyrillic("Škoda Citroën 3/4 №")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"terms": {"red": "червоний"}, "models": {}}', r"glossary\.json: 'terms\.red'"),
        (
            '{"terms": {"red": ["алий"], "blue": ["алий"]}, "models": {}}',
            r"'blue': the name 'алий' already belongs to 'red'",
        ),
        ("{", r"glossary\.json: Expecting"),
    ],
)
def test_damaged_glossary_is_named(tmp_path: Path, content: str, message: str) -> None:
    """A wrong file is refused with its name and the entry."""
    path = tmp_path / DATA.name
    path.write_text(content, "utf-8")
    with pytest.raises(CatalogError, match=message):
        load_glossary(path, catalog())
