"""`python -m deployments.desk`: serve the desk on this machine's own address, port `DESK_PORT` (4280)."""

from __future__ import annotations

import os
import sys

import uvicorn

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
    # No access log: addresses of pages hold the tokens of links.
    uvicorn.run("deployments.desk:app", host="127.0.0.1", port=port, access_log=False, server_header=False, log_level="warning")
    return 0


if __name__ == "__main__":
    sys.exit(main())
