"""Keys never leave the process: a planted key is looked for wherever a set leaves traces."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from carimg.generation.background import Background
from carimg.generation.jobs import Jobs, open_jobs
from carimg.logs import log_to_stderr
from tests.support.kit import quiet_settings, serving
from tests.support.loopback import openai_server, pollinations_server
from tests.support.orders import CLIO

OPENAI_KEY = "sk-planted-Zk3yWx81qLmN"
POLLINATIONS_KEY = "sk_planted_Qw7Rt5Yu2Io9"
TOKEN = "token-planted-Hj4Gf6Ds"
PLANTED = (OPENAI_KEY, POLLINATIONS_KEY, TOKEN)


@pytest.fixture
def server_log() -> Iterator[io.StringIO]:
    """What the server prints on standard error."""
    log_to_stderr(PLANTED)
    handler = logging.getLogger("carimg").handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    kept = io.StringIO()
    handler.setStream(kept)
    yield kept
    logging.getLogger("carimg").removeHandler(handler)
    logging.getLogger("carimg").propagate = True
    logging.getLogger("carimg").setLevel(logging.NOTSET)


def everything_a_set_leaves(jobs: Jobs, url: str, folder: Path) -> str:
    """Answers, archive, snapshot, database and every file, as one text."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    body = {"car_data": CLIO, "angles": ["front"], "size": "256x256"}
    answer = httpx.post(f"{url}/api/chat/generate-car-images/", json=body, headers=headers, timeout=60)
    set_id = answer.json()["set_id"]
    texts = [answer.text, repr(jobs.snapshot(set_id)), "\n".join(map(str, jobs.snapshot(set_id).log))]
    for path in ("/api/engines", "/api/sets", f"/api/sets/{set_id}", "/api/openapi.json"):
        texts.append(httpx.get(url + path, headers=headers).text)
    packed = httpx.get(f"{url}/api/sets/{set_id}/archive.zip", headers=headers).content
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        texts.extend(archive.read(name).decode("latin-1") for name in archive.namelist())
    texts.extend(path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file())
    texts.append(repr(jobs.settings) + json.dumps(jobs.settings.model_dump(mode="json"), default=str))
    texts.append(repr(jobs._context.chain.health()))
    return "\n".join(texts)


async def test_a_planted_key_is_nowhere(tmp_path: Path, server_log: io.StringIO) -> None:
    """Two services that shout the key back in their errors, then the studio: the key is in no log, answer, event,
    archive, file or database row."""
    async with openai_server.OpenAIServer() as first, pollinations_server.PollinationsServer() as second:
        first.otherwise = openai_server.error(401, "invalid_api_key", f"Incorrect API key provided: {OPENAI_KEY}")
        second.otherwise = pollinations_server.error(401, "UNAUTHORIZED", f"Bad token Bearer {POLLINATIONS_KEY}")
        settings = quiet_settings(
            tmp_path,
            openai_api_key=OPENAI_KEY,
            openai_base_url=first.base_url,
            pollinations_api_key=POLLINATIONS_KEY,
            pollinations_url=second.url,
            api_tokens=TOKEN,
        ).model_copy(update={"engine_timeout_s": 120.0})

        def use() -> tuple[str, int]:
            loop = Background()
            jobs = open_jobs(settings, loop)
            try:
                with serving(jobs) as url:
                    return everything_a_set_leaves(jobs, url, tmp_path), len(jobs.snapshot(_only(jobs)).drawn)
            finally:
                jobs.close()
                loop.close()

        traces, drawn = await asyncio.to_thread(use)
        assert drawn == 1
        assert len(first.asked) >= 1
        assert len(second.asked) >= 1
        for key in PLANTED:
            assert key not in traces
            assert key not in server_log.getvalue()
        assert "OPENAI_API_KEY" in server_log.getvalue()


def _only(jobs: Jobs) -> str:
    return jobs.store.history().items[0].set_id
