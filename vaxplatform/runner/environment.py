"""The environment that the settings are read from: `.env`, DATA_DIR and the secrets kept in it."""

import base64
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

import environ

from vaxplatform.runner.errors import RunnerError
from vaxplatform.runner.terminal import say

BASE_DIR = Path(__file__).resolve().parent.parent.parent


ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _push_key() -> str:
    """A private key of P-256: its numbers reach a little less far than 32 bytes do."""
    number = 1 + secrets.randbelow(ORDER_OF_P256 - 1)
    return base64.urlsafe_b64encode(number.to_bytes(32)).rstrip(b"=").decode()


SECRETS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "IDENTIFIER_KEYS": lambda: f"1:{_key()}",
    "BLIND_INDEX_KEY": _key,
    "PUSH_KEY": _push_key,
}
# Only for processes that sign certificates: workers and management commands, never the web.
SIGNING_VARIABLES = ("SIGNING_KEYS_DIR", "SIGNING_PASSPHRASE")


def read_environment() -> Path:
    """Read `.env` and settle DATA_DIR, which is made where it is missing.

    Returns the absolute DATA_DIR. What the environment already holds wins over `.env`.
    """
    if (BASE_DIR / ".env").exists():
        environ.Env.read_env(BASE_DIR / ".env")
    data_dir = Path(os.environ.get("DATA_DIR") or BASE_DIR / ".data").expanduser().resolve()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        (data_dir / "static").mkdir(exist_ok=True)
        for name in ("run", "secrets", "keys"):
            (data_dir / name).mkdir(mode=0o700, exist_ok=True)
            (data_dir / name).chmod(0o700)
    except PermissionError as error:
        raise RunnerError(
            f"DATA_DIR {data_dir} belongs to somebody else ({error.strerror}: {error.filename}). "
            "Name another one, for example DATA_DIR=$HOME/vaxplatform-data."
        ) from error
    os.environ["DATA_DIR"] = str(data_dir)
    return data_dir


def export_secrets(data_dir: Path) -> None:
    """Put each secret that the environment does not give into it, from DATA_DIR/secrets."""
    for name, make in SECRETS.items():
        if not os.environ.get(name):
            os.environ[name] = kept_secret(data_dir, name, make)
    if not os.environ.get("SIGNING_KEYS_DIR"):
        os.environ["SIGNING_KEYS_DIR"] = str(data_dir / "keys")
    if not os.environ.get("SIGNING_PASSPHRASE"):
        os.environ["SIGNING_PASSPHRASE"] = kept_secret(
            data_dir, "SIGNING_PASSPHRASE", lambda: secrets.token_urlsafe(32)
        )


def kept_secret(data_dir: Path, name: str, make: Callable[[], str]) -> str:
    """The secret of this name, made on first use; two first users at once get the same one."""
    path = data_dir / "secrets" / name
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as draft:  # mode 0600
            draft.write(make())
            draft.flush()
            os.fsync(draft.fileno())
            try:
                os.link(draft.name, path)
            except FileExistsError:
                pass
            else:
                if os.environ.get("DATABASE_URL") and name in SECRETS:
                    say(f"made {name} in {path.parent}; on a real server set it yourself")
    return path.read_text()
