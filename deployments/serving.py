"""What `make up` serves where, read from the environment and checked, and the environment its processes get."""

from __future__ import annotations

import os
import secrets
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.errors import ProgrammeError

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised, not bound to
POOL = "inclucities"


class CannotServe(ProgrammeError):
    """Something about the machine or its settings stands in the way of serving."""


@dataclass(frozen=True)
class Serving:
    """Addresses and folders, all absolute. `credential` is Prefect's shared `user:password`, None on loopback."""

    host: str
    prefect_port: int
    desk_port: int
    var: Path
    database_url: str
    public_url: str
    notify_urls: str | None
    credential: str | None

    @property
    def reached_at(self) -> str:
        """The address a process of ours reaches the others at."""
        return _bracketed("127.0.0.1" if self.host in ANYWHERE else self.host)

    @property
    def prefect_url(self) -> str:
        """Where Prefect's UI is; the API is below it at `/api`."""
        return f"http://{self.reached_at}:{self.prefect_port}"

    @property
    def desk_url(self) -> str:
        """Where the desk is on this machine; partners know it by `public_url`."""
        return f"http://{self.reached_at}:{self.desk_port}"


def serving(environment: Mapping[str, str]) -> Serving:
    """What the environment asks for. CannotServe for a bad port, or for an address beyond this machine without a credential."""
    host = environment.get("HOST") or "127.0.0.1"
    desk_port = _port(environment, "DESK_PORT", 4280)
    var = Path(environment.get("VAR") or ROOT / "var").resolve()
    found = Serving(
        host=host,
        prefect_port=_port(environment, "PREFECT_PORT", 4200),
        desk_port=desk_port,
        var=var,
        database_url=environment.get("DATABASE_URL") or f"sqlite:///{var / 'programme.db'}",
        public_url=(environment.get("PUBLIC_URL") or f"http://{_bracketed(host)}:{desk_port}").rstrip("/"),
        notify_urls=environment.get("NOTIFY_URLS") or None,
        credential=environment.get("PREFECT_SERVER_API_AUTH_STRING") or None,
    )
    if found.prefect_port == desk_port:
        raise CannotServe(f"PREFECT_PORT and DESK_PORT are both {desk_port}: give them different ones.")
    if host not in LOOPBACK:
        _check_open(found, environment)
    return found


def answers(url: str) -> bool:
    """Whether the address answers 200, asked directly and not through a proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def check_port(host: str, port: int, what: str, variable: str) -> None:
    """CannotServe where another process listens there already, or the address is not ours to listen on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind((host, port))
        except OSError as error:
            raise CannotServe(
                f"{what} cannot listen on {host}, port {port}: {error.strerror}. Another process may hold it (another `make up`?). "
                f"Stop that one, or choose another port: {variable}={port + 1000} make up"
            ) from error


def keep_secret(var: Path, environment: Mapping[str, str]) -> str:
    """`DESK_SECRET`, or the one in `var/secret`, made at the first start and readable by its owner only.

    Links in notices are signed with it: with another one, links sent before open nothing.
    """
    if environment.get("DESK_SECRET"):
        return environment["DESK_SECRET"]
    file = var / "secret"
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(secrets.token_urlsafe(48) + "\n")
    except FileExistsError:
        pass  # kept from an earlier start
    kept = file.read_text(encoding="ascii").strip()
    if not kept:
        raise CannotServe(f"{file} is empty: delete it for a new secret (links sent before will open nothing), or set DESK_SECRET.")
    return kept


def environment_of_children(found: Serving, environment: Mapping[str, str], secret: str) -> dict[str, str]:
    """What the server, the worker with its flow runs, and the desk are started with; what the person has set stays."""
    ours = {
        "DATABASE_URL": found.database_url,
        "DESK_SECRET": secret,
        "PUBLIC_URL": found.public_url,
        "VAR": str(found.var),
        "PREFECT_API_URL": f"{found.prefect_url}/api",
        "PREFECT_HOME": str(found.var / "prefect"),
        "PREFECT_PROFILES_PATH": str(found.var / "prefect" / "profiles.toml"),
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        "NO_PROXY": ",".join(filter(None, [environment.get("NO_PROXY"), "127.0.0.1", "localhost", "::1", found.host])),
    }
    defaults = {
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{found.var / 'prefect' / 'prefect.db'}",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        # Runs that ended go after 30 days with logs and artifacts, a suspended phase has not ended; sweeps go sooner (`tasks.retention`).
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(30 * 24 * 3600),
        # A quiet sweep leaves 67 kB, most of it events: about 80 MB a day, of which Prefect would keep a week.
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P1D",
        "PYTHONUNBUFFERED": "1",
    }
    return defaults | dict(environment) | ours | _doors(found)


def server_environment(found: Serving) -> dict[str, str]:
    """What only Prefect's server needs. The browser finds the API below the page's own address, so no other origin has to be let in."""
    return {
        "PREFECT__SERVER_FINAL": "1",
        "PREFECT_SERVER_API_HOST": found.host,
        "PREFECT_SERVER_API_PORT": str(found.prefect_port),
        "PREFECT_SERVER_UI_API_URL": "/api",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(found.var / "prefect" / "ui"),
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # Kept on disk: a server killed while a sweep ran would otherwise count that sweep as running for ever, and cancel all others.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": found.prefect_url,
    }


def _doors(found: Serving) -> dict[str, str]:
    if not found.credential:
        return {}
    closed = {"PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true", "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "true"}
    return closed | {"PREFECT_SERVER_API_AUTH_STRING": found.credential, "PREFECT_API_AUTH_STRING": found.credential}


def _check_open(found: Serving, environment: Mapping[str, str]) -> None:
    needed = ("PREFECT_SERVER_API_AUTH_STRING", "PUBLIC_URL")
    missing = [variable for variable in needed if not environment.get(variable)]
    if missing:
        raise CannotServe(
            f"HOST={found.host} would let others reach Prefect, which knows no users. Set {' and '.join(missing)} "
            "(user:password for the coordinator; the address partners reach the desk at), or leave HOST at 127.0.0.1."
        )


def _port(environment: Mapping[str, str], variable: str, default: int) -> int:
    said = environment.get(variable) or str(default)
    if not said.isdecimal() or not 0 < int(said) < 65536:
        raise CannotServe(f"{variable}={said} is no port: a number from 1 to 65535 is needed.")
    return int(said)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
