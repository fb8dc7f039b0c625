"""Settings: one reading, three sources, a clear word for a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from carimg import settings as module
from carimg.errors import SettingsError
from carimg.settings import load_settings


def test_without_any_setting_nothing_leaves_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No keys: no remote engine, no search, and the engines in their default order."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "POLLINATIONS_API_KEY", "CARIMG_SEARCH", "CARIMG_ENGINES"):
        monkeypatch.delenv(name, raising=False)
    found = load_settings(_env_file=None)
    assert found.engines == ("openai", "pollinations", "studio")
    assert not found.has_remote
    assert not found.searches


def test_the_environment_wins_over_dotenv_and_dotenv_over_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One name in three places: the nearest source is taken, the others fill in what it lacks."""
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('OPENAI_API_KEY = "from-secrets"\nCARIMG_SEARCH_TIMEOUT_S = 3\nCARIMG_ENGINES = "studio"\n')
    dotenv = tmp_path / ".env"
    dotenv.write_text("OPENAI_API_KEY=from-dotenv\nCARIMG_SEARCH_TIMEOUT_S=4\n")
    monkeypatch.setattr(module, "SECRETS", secrets)
    monkeypatch.setenv("OPENAI_API_KEY", "from-environment")
    monkeypatch.delenv("CARIMG_ENGINES", raising=False)
    found = load_settings(_env_file=dotenv)
    assert found.openai_api_key.get_secret_value() == "from-environment"
    assert found.search_timeout_s == 4
    assert found.engines == ("studio",)


@pytest.mark.parametrize(
    ("name", "value"),
    [("CARIMG_WORKERS", "0"), ("CARIMG_ENGINE_TIMEOUT_S", "never"), ("CARIMG_SEARCH_TIMEOUT_S", "-1")],
)
def test_a_wrong_setting_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the setting, so that somebody can find it."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        load_settings(_env_file=None)


def test_keys_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """repr and str of the settings carry no key."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-key")
    monkeypatch.setenv("CARIMG_API_TOKENS", "token-one, token-two")
    found = load_settings(_env_file=None)
    assert found.secrets == ("sk-planted-key", "token-one", "token-two")
    assert "sk-planted" not in repr(found)
    assert "token-one" not in str(found)
