"""`python -m deployments.desk [HOST]`: serve the desk on this machine's own address or another, port `DESK_PORT` (4280).

What has to be set before others may reach it is looked at by `make up`; so no variable of a shell opens it by mistake.
"""

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
    serve(app, int(os.environ.get("DESK_PORT") or 4280), sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1")
    return 0


def serve(served: ASGIApp, port: int, host: str = "127.0.0.1") -> None:
    """Serve an app until told to stop.

    Everything imported so far stays for good, so the garbage collector need not look at it again: a page makes thousands of rows, and
    each round over all the libraries took as long as reading them.
    """
    gc.collect()
    gc.freeze()
    # No access log: addresses of pages hold the tokens of links.
    # Nor does the server itself believe X-Forwarded-For: whom to believe is DESK_PROXIES, which `limits` reads.
    uvicorn.run(served, host=host, port=port, access_log=False, server_header=False, proxy_headers=False, log_level="warning")


if __name__ == "__main__":
    sys.exit(main())
