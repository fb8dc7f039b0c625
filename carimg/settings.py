"""Settings: read once, from the environment, then `.env`, then `.streamlit/secrets.toml`; nobody else reads them."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from carimg.errors import SettingsError

PACKAGE = Path(__file__).resolve().parent
IN_CHECKOUT = (PACKAGE.parent / "pyproject.toml").is_file()
"""Whether this is a checkout of the repository, else an installed package."""
ROOT = PACKAGE.parent if IN_CHECKOUT else PACKAGE
"""The folder of `app.py`, `pages/` and `.streamlit/config.toml`: the wheel has them inside the package."""
_MINE = ROOT if IN_CHECKOUT else Path()  # where the operator's own files lie; once installed, the working directory
SECRETS = _MINE / ".streamlit" / "secrets.toml"


class Settings(BaseSettings):
    """Everything that can be set. Times in seconds, sizes in pixels, money in US dollars. Keys are SecretStr."""

    model_config = SettingsConfigDict(frozen=True, env_file=str(_MINE / ".env"), extra="ignore", populate_by_name=True)

    engines: Annotated[tuple[str, ...], NoDecode] = Field(("openai", "pollinations", "studio"), alias="CARIMG_ENGINES")
    openai_api_key: SecretStr = Field(SecretStr(""), alias="OPENAI_API_KEY")
    openai_base_url: str = Field("", alias="OPENAI_BASE_URL")
    openai_model: str = Field("gpt-image-2.6-flare", alias="CARIMG_OPENAI_MODEL")
    openai_quality: str = Field("medium", alias="CARIMG_OPENAI_QUALITY")
    openai_moderation: str = Field("auto", alias="CARIMG_OPENAI_MODERATION")
    openai_seed_dialect: str = Field("none", alias="CARIMG_OPENAI_SEED_DIALECT")
    openai_text_model: str = Field("gpt-5.4-mini", alias="CARIMG_OPENAI_TEXT_MODEL")
    openai_gateway: bool = Field(False, alias="CARIMG_OPENAI_GATEWAY")
    """OPENAI_BASE_URL is a gateway to OpenAI itself: same models, parameters and prices."""
    openai_stream: bool | None = Field(None, alias="CARIMG_OPENAI_STREAM")
    openai_per_minute: int | None = Field(None, alias="CARIMG_OPENAI_PER_MINUTE", ge=1)
    pollinations_api_key: SecretStr = Field(SecretStr(""), alias="POLLINATIONS_API_KEY")
    pollinations_url: str = Field("https://gen.pollinations.ai", alias="CARIMG_POLLINATIONS_URL")
    pollinations_legacy_url: str = Field("https://image.pollinations.ai", alias="CARIMG_POLLINATIONS_LEGACY_URL")
    pollinations_legacy: bool = Field(False, alias="CARIMG_POLLINATIONS_LEGACY")
    pollinations_model: str = Field("flux", alias="CARIMG_POLLINATIONS_MODEL")
    pollinations_per_minute: int | None = Field(None, alias="CARIMG_POLLINATIONS_PER_MINUTE", ge=1)
    search: bool | None = Field(None, alias="CARIMG_SEARCH")
    data_dir: Path = Field(ROOT / "data" if IN_CHECKOUT else user_data_path("carimg"), alias="CARIMG_DATA_DIR")
    database_url: SecretStr = Field(SecretStr(""), alias="CARIMG_DATABASE_URL")
    api_tokens: Annotated[tuple[SecretStr, ...], NoDecode] = Field((), alias="CARIMG_API_TOKENS")
    engine_timeout_s: float = Field(180.0, alias="CARIMG_ENGINE_TIMEOUT_S", gt=0, le=3600)
    search_timeout_s: float = Field(8.0, alias="CARIMG_SEARCH_TIMEOUT_S", gt=0, le=120)
    workers: int = Field(max(1, min(os.cpu_count() or 1, 8)), alias="CARIMG_WORKERS", ge=1, le=64)
    budget_set_usd: float | None = Field(None, alias="CARIMG_BUDGET_SET_USD", ge=0, allow_inf_nan=False)
    budget_day_usd: float | None = Field(None, alias="CARIMG_BUDGET_DAY_USD", ge=0, allow_inf_nan=False)
    onnx_judge: Path | None = Field(None, alias="CARIMG_ONNX_JUDGE")
    vision_judge: bool = Field(False, alias="CARIMG_VISION_JUDGE")

    @field_validator("engines", "api_tokens", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @property
    def searches(self) -> bool:
        """Whether the web is searched: as set; unset, only where a remote engine is configured, so that without keys
        nothing leaves the machine."""
        return self.has_remote if self.search is None else self.search

    @property
    def has_remote(self) -> bool:
        return bool(self.has_openai or self.has_pollinations or self.pollinations_legacy)

    @property
    def has_openai(self) -> bool:
        return bool(self.openai_api_key.get_secret_value() or self.openai_base_url)

    @property
    def has_pollinations(self) -> bool:
        return bool(self.pollinations_api_key.get_secret_value())

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every non-empty key and password, for scrubbing them from texts."""
        keys = (self.openai_api_key, self.pollinations_api_key, self.database_url, *self.api_tokens)
        return tuple(text for key in keys if (text := key.get_secret_value()))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, dotenv_settings, _SecretsToml(settings_cls)


class _SecretsToml(PydanticBaseSettingsSource):
    """Top-level keys of `.streamlit/secrets.toml`."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        if not SECRETS.is_file():
            return {}
        try:
            return {key: value for key, value in tomllib.loads(SECRETS.read_text("utf-8")).items() if value != ""}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
            raise SettingsError(f".streamlit/secrets.toml cannot be read: {exc}") from exc


def load_settings(**overrides: Any) -> Settings:
    """Read all sources; `overrides` (by setting name or field name) win. Raises SettingsError naming the setting."""
    try:
        return Settings(**overrides)
    except ValidationError as exc:
        first = exc.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"The setting {name} cannot be used: {first['msg']}.") from exc


@cache
def settings() -> Settings:
    """The process's settings, read at the first call."""
    return load_settings()
