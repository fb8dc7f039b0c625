"""A small internet on loopback: a TLS server with a lab authority, and a CONNECT proxy that leads every host to it."""

from tests.support.loopback_web.proxy import ConnectProxy
from tests.support.loopback_web.web import Answer, Request, Web

__all__ = ["Answer", "ConnectProxy", "Request", "Web"]
