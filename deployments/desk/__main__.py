"""`python -m deployments.desk`: serve the desk on this machine's own address, port `DESK_PORT` (4280)."""

from __future__ import annotations

import gc
import os
import sys

import uvicorn
from starlette.types import ASGIApp

from deployments.desk import app
from deployments.desk.site import Desk
from models.errors import ProgrammeError


def main() -> int:
    """Serve until told to stop; 1 with the reason where it cannot start."""
    try:
        Desk.from_environment()
    except ProgrammeError as error:
        print(error, file=sys.stderr)
        return 1
    port = int(os.environ.get("DESK_PORT") or 4280)
    serve(app, port)
    return 0


def serve(served: ASGIApp, port: int) -> None:
    """Serve an app on this machine's own address until told to stop.

    Everything imported so far stays for good, so the garbage collector need not look at it again: a page makes thousands of rows, and
    each round over all the libraries took as long as reading them.
    """
    gc.collect()
    gc.freeze()
    # No access log: addresses of pages hold the tokens of links.
    # Nor does the server itself believe X-Forwarded-For: whom to believe is DESK_PROXIES, which `limits` reads.
    uvicorn.run(served, host="127.0.0.1", port=port, access_log=False, server_header=False, proxy_headers=False, log_level="warning")


if __name__ == "__main__":
    sys.exit(main())
