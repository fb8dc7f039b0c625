"""Fetching pictures that other people's pages point to: from public addresses, bounded in size and time, re-encoded."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence

import httpx

from carimg.errors import FetchError
from carimg.images import CheckedPicture, PictureError, reference_picture
from carimg.search.address_guard import Address, Network, checked_address, look_up

MAX_BYTES = 10 * 1024 * 1024
MAX_REDIRECTS = 3
MAX_URL = 4096
_SCHEMES = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {
    "Accept": "image/webp,image/png,image/jpeg",
    "Accept-Encoding": "identity",
    "User-Agent": "Mozilla/5.0 (compatible; carimg)",
}


class Fetcher:
    """Lives on one event loop: made there, closed there by `aclose`.

    `timeout_s` is over everything of one picture. `allow` are networks that count as public though they are not, and
    `ports` the ports that may be asked: both for tests and closed networks. `verify` as in httpx; `look_up`
    resolves names.
    """

    def __init__(
        self,
        timeout_s: float = 8.0,
        *,
        allow: Sequence[Network] = (),
        ports: Collection[int] = (80, 443),
        verify: ssl.SSLContext | bool = True,
        look_up: Callable[[str, int], Awaitable[list[Address]]] = look_up,
    ) -> None:
        self._timeout_s = timeout_s
        self._allow = tuple(allow)
        self._ports = frozenset(ports)
        self._verify = verify
        self._look_up = look_up
        self._client: httpx.AsyncClient | None = None

    async def picture(self, url: str) -> CheckedPicture:
        """The picture at a URL, as JPEG or PNG of at most 1024 px, made by carimg.

        Every step, redirects too, is http(s), to an allowed port of a host whose every address is public. Raises
        FetchError for all that is not so, for more than 10 MB, 40 Mpx or `timeout_s`, and for bytes that are none.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                data, found_at = await self._bytes(url)
                return await asyncio.to_thread(reference_picture, data, found_at)
        except PictureError as exc:
            raise FetchError(f"What was found is {exc}.") from exc
        except TimeoutError as exc:
            raise FetchError(f"The picture did not come within {self._timeout_s:g} s.") from exc

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _bytes(self, url: str) -> tuple[bytes, str]:
        target = _parsed(url)
        try:
            for _ in range(MAX_REDIRECTS + 1):
                answer = await self._step(target)
                if isinstance(answer, bytes):
                    return answer, str(target)
                target = answer
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as exc:
            raise FetchError(f"{target.host} did not give the picture ({type(exc).__name__}).") from exc
        raise FetchError(f"The picture is behind more than {MAX_REDIRECTS} redirects.")

    async def _step(self, url: httpx.URL) -> bytes | httpx.URL:
        """One request: the body, or where a redirect leads."""
        async with self._open().stream(
            "GET",
            await self._pinned(url),
            headers={**_HEADERS, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": _name(url)},
        ) as response:
            if response.status_code in _REDIRECTS:
                return _joined(url, response.headers.get("location", ""))
            if response.status_code != 200:
                raise FetchError(f"{url.host} answered with HTTP {response.status_code}.")
            return await _body(response)

    async def _pinned(self, url: httpx.URL) -> httpx.URL:
        """The same URL with its checked address in the host's place, so that nothing is looked up a second time."""
        port = url.port or _SCHEMES[url.scheme]
        if port not in self._ports:
            raise FetchError(f"Pictures are not fetched from port {port}.")
        host = _name(url)
        address = checked_address(host, await self._look_up(host, port), self._allow)
        return url.copy_with(host=str(address))

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            # No kept-alive connections: one address may serve many names, and each needs its own certificate check.
            # No proxy from the environment: it would look the name up again.
            self._client = httpx.AsyncClient(
                verify=self._verify,
                timeout=self._timeout_s,
                follow_redirects=False,
                trust_env=False,
                limits=httpx.Limits(max_keepalive_connections=0),
            )
        return self._client


def _name(url: httpx.URL) -> str:
    """The host as DNS and TLS want it: ASCII, without the root's dot."""
    return url.raw_host.decode("ascii").rstrip(".")


def _parsed(url: str) -> httpx.URL:
    if len(url) > MAX_URL:
        raise FetchError("The link is too long.")
    try:
        target = httpx.URL(url)
        host = target.host  # decoded only here: a name that is no name in any script raises now
    except (httpx.InvalidURL, ValueError, TypeError) as exc:
        raise FetchError("The link is not a URL.") from exc
    if target.scheme not in _SCHEMES:
        raise FetchError(f"Pictures are fetched by http and https, not by '{target.scheme or 'nothing'}'.")
    if not host or target.userinfo:
        raise FetchError("The link has no plain host name.")
    return target.copy_with(fragment=None)


def _joined(url: httpx.URL, location: str) -> httpx.URL:
    if not location:
        raise FetchError(f"{url.host} redirects to nowhere.")
    try:
        return _parsed(str(url.join(location)))
    except (httpx.InvalidURL, ValueError) as exc:
        raise FetchError(f"{url.host} redirects to something that is not a URL.") from exc


async def _body(response: httpx.Response) -> bytes:
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise FetchError("The picture came compressed though it was asked for as it is.")
    data = bytearray()
    async for chunk in response.aiter_raw():
        data += chunk
        if len(data) > MAX_BYTES:
            raise FetchError(f"The picture has more than {MAX_BYTES // 1024**2} MB.")
    return bytes(data)
