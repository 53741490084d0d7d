"""Every setting of the product, read from the environment in this one place."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from environs import Env, EnvError

KEY_BYTES = 32
DEMO_KEY_PREFIX = "demo"


class SettingsError(ValueError):
    """A setting is missing or unusable; the message names the variable, never its value."""


@dataclass(frozen=True, slots=True)
class NamedKey:
    """One secret key of 32 bytes and the short id it is known by beside what it protects."""

    id: str
    secret: bytes = field(repr=False)


def parse_keys(variable: str, text: str) -> tuple[NamedKey, ...]:
    """Read `id:base64,id:base64` (the first is current). Raises SettingsError."""
    keys = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        key_id, _, encoded = part.partition(":")
        try:
            secret = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            secret = b""
        if not key_id or len(secret) != KEY_BYTES:
            message = f"{variable} must be id:base64 of {KEY_BYTES} bytes, comma-separated"
            raise SettingsError(message)
        keys.append(NamedKey(key_id, secret))
    if len({key.id for key in keys}) != len(keys):
        message = f"{variable} names one key id twice"
        raise SettingsError(message)
    return tuple(keys)


@dataclass(frozen=True, slots=True)
class Settings:
    """The product's settings; each field is the variable `REGISTRY_<FIELD>` in capitals.

    Times are seconds unless the name says otherwise.
    """

    environment: str = "production"  # production, demo or test: only production refuses demo keys
    database_url: str = "sqlite:///registry.db"
    secret_key: str = field(default="", repr=False)  # signs cursors and fingerprints
    identity_keys: tuple[NamedKey, ...] = field(default=(), repr=False)
    encryption_keys: tuple[NamedKey, ...] = field(default=(), repr=False)
    clock: str = ""  # a moment at which to start the clock; refused in production
    trusted_proxies: int = 0  # how many proxies' X-Forwarded-* to believe
    bind: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    threads: int = 1
    request_timeout: int = 60
    graceful_timeout: int = 30
    statement_timeout: int = 30
    lock_timeout: int = 20
    idle_transaction_timeout: int = 30
    body_limit_bytes: int = 1024 * 1024
    idempotency_hours: int = 48
    cursor_hours: int = 24
    answer_memory_mib: int = 16  # of each process, for answers given again; 0 = keep none
    key_overlap_hours: int = 24  # how long a rotated key's predecessor still opens the door
    key_calls_kept: int = 200  # last calls of a key that were answered; and as many refused
    rate_limit_per_minute: int = 0  # requests a key may make in a minute; 0 = unlimited
    status_ahead: float = 1.05  # actual / expected from which a goal is ahead
    status_on_track: float = 0.95
    observation_fresh_months: int = 18  # after its period's end a reported figure is stale
    hide_people_below: int = 5  # published cells of fewer people are hidden
    hide_startups_below: int = 3  # ... of fewer start-ups, and won of fewer start-ups
    hide_dominance: float = 0.8  # ... and won of which one start-up has a larger share
    import_limit_bytes: int = 200 * 1024 * 1024  # the largest file
    import_held_days: int = 7  # a validated file waits so long to be committed
    import_kept_days: int = 30  # then a file and the personal values of its rows are destroyed
    import_undo_days: int = 30  # so long an import can be undone
    import_in_turns: bool = True  # two processes take turns at a long file, if there are two cores
    import_takeover_seconds: int = 20  # a worker silent for so long has lost its import
    session_idle_minutes: int = 30  # without a request; then a person signs in again
    session_hours: int = 12  # however busy, a session ends then
    sign_in_attempts: int = 5  # failures after which an account is locked
    sign_in_lock_minutes: int = 15
    account_link_hours: int = 72  # how long a printed one-time link can be taken up
    second_factor: bool = True  # whether everybody who signs in must have one
    log_level: str = "INFO"
    metrics_token: str = field(default="", repr=False)  # bearer token of /metrics; empty = off

    @classmethod
    def from_environment(cls) -> Settings:
        """Read and check every `REGISTRY_` variable. Raises SettingsError."""
        try:
            settings = cls._read(Env(prefix="REGISTRY_"))
        except EnvError as error:
            raise SettingsError(str(error)) from error
        settings.check()
        return settings

    @classmethod
    def _read(cls, env: Env) -> Settings:
        return cls(
            environment=env.str("ENVIRONMENT", "production"),
            database_url=env.str("DATABASE_URL", "sqlite:///registry.db"),
            secret_key=env.str("SECRET_KEY", ""),
            identity_keys=parse_keys("REGISTRY_IDENTITY_KEYS", env.str("IDENTITY_KEYS", "")),
            encryption_keys=parse_keys("REGISTRY_ENCRYPTION_KEYS", env.str("ENCRYPTION_KEYS", "")),
            clock=env.str("CLOCK", ""),
            bind=env.str("BIND", "127.0.0.1"),
            import_in_turns=env.bool("IMPORT_IN_TURNS", True),
            second_factor=env.bool("SECOND_FACTOR", True),
            log_level=env.str("LOG_LEVEL", "INFO"),
            metrics_token=env.str("METRICS_TOKEN", ""),
            **{name: env.int(name.upper(), _default(name)) for name in _INTEGERS},
            **{name: env.float(name.upper(), _default(name)) for name in _FLOATS},
        )

    def check(self) -> None:
        """Refuse what would be unsafe or unusable. Raises SettingsError."""
        for variable, value in (
            ("REGISTRY_SECRET_KEY", self.secret_key),
            ("REGISTRY_IDENTITY_KEYS", self.identity_keys),
            ("REGISTRY_ENCRYPTION_KEYS", self.encryption_keys),
        ):
            if not value:
                message = f"{variable} is not set"
                raise SettingsError(message)
        if self.environment not in {"production", "demo", "test"}:
            message = "REGISTRY_ENVIRONMENT is production, demo or test"
            raise SettingsError(message)
        self._check_numbers()
        self._check_clock()
        if self.environment == "production":
            self._check_production()

    def _check_clock(self) -> None:
        try:
            naive = bool(self.clock) and datetime.fromisoformat(self.clock).tzinfo is None
        except ValueError:
            naive = True
        if naive:
            message = "REGISTRY_CLOCK is a moment with its offset, as 2031-01-15T09:00:00+09:00"
            raise SettingsError(message)

    def _check_numbers(self) -> None:
        for name in _INTEGERS:
            least = 0 if name in _MAY_BE_ZERO else 1
            if getattr(self, name) < least:
                message = f"REGISTRY_{name.upper()} is a whole number from {least} on"
                raise SettingsError(message)
        for name, most in _AT_MOST.items():
            if getattr(self, name) > most:
                message = f"REGISTRY_{name.upper()} is at most {most}"
                raise SettingsError(message)
        if not 0 < self.hide_dominance <= 1:
            message = "REGISTRY_HIDE_DOMINANCE is a share above 0, at most 1"
            raise SettingsError(message)
        if self.log_level.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
            message = "REGISTRY_LOG_LEVEL is DEBUG, INFO, WARNING, ERROR or CRITICAL"
            raise SettingsError(message)

    def _check_production(self) -> None:
        if self.clock:
            message = "REGISTRY_CLOCK is refused in production"
            raise SettingsError(message)
        if not self.second_factor:
            message = "REGISTRY_SECOND_FACTOR is not switched off in production"
            raise SettingsError(message)
        minimum = 32
        if len(self.secret_key) < minimum or self.secret_key.startswith(DEMO_KEY_PREFIX):
            message = f"REGISTRY_SECRET_KEY is a demo key or shorter than {minimum} characters"
            raise SettingsError(message)
        if any(k.id.startswith(DEMO_KEY_PREFIX) for k in self.identity_keys + self.encryption_keys):
            message = "REGISTRY_IDENTITY_KEYS or REGISTRY_ENCRYPTION_KEYS holds a demo key"
            raise SettingsError(message)


_INTEGERS = (
    "trusted_proxies", "port", "workers", "threads", "request_timeout", "graceful_timeout",
    "statement_timeout", "lock_timeout", "idle_transaction_timeout", "body_limit_bytes",
    "idempotency_hours", "cursor_hours", "answer_memory_mib", "key_overlap_hours",
    "key_calls_kept", "rate_limit_per_minute", "observation_fresh_months", "hide_people_below", "hide_startups_below",
    "import_limit_bytes", "import_held_days", "import_kept_days", "import_undo_days",
    "import_takeover_seconds", "session_idle_minutes", "session_hours", "sign_in_attempts",
    "sign_in_lock_minutes", "account_link_hours",
)  # fmt: skip
_MAY_BE_ZERO = (
    "trusted_proxies", "port", "key_overlap_hours", "rate_limit_per_minute", "answer_memory_mib",
)  # fmt: skip
_AT_MOST = {
    "import_limit_bytes": 2 * 1024**3, "import_held_days": 90, "import_kept_days": 365,
    "import_undo_days": 365, "key_calls_kept": 10_000, "import_takeover_seconds": 3600,
    "session_idle_minutes": 480, "session_hours": 24, "sign_in_attempts": 20,
    "sign_in_lock_minutes": 1440, "account_link_hours": 336,
}  # fmt: skip
_FLOATS = ("status_ahead", "status_on_track", "hide_dominance")


def _default(name: str) -> Any:  # noqa: ANN401 - an int or a float, by the name
    return Settings.__dataclass_fields__[name].default
