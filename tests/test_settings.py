"""Settings: read in one place, checked before anything starts, and all of them documented."""

from __future__ import annotations

import ast
import base64
from dataclasses import fields
from pathlib import Path

import pytest

from registry.settings import NamedKey, Settings, SettingsError, parse_keys

ROOT = Path(__file__).parent.parent
SECRET = bytes(range(32))
KEYS = f"k1:{base64.b64encode(SECRET).decode()}"
GOOD = {
    "REGISTRY_SECRET_KEY": "a-real-secret-of-more-than-32-characters",
    "REGISTRY_IDENTITY_KEYS": KEYS,
    "REGISTRY_ENCRYPTION_KEYS": KEYS,
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for field in fields(Settings):
        monkeypatch.delenv(f"REGISTRY_{field.name.upper()}", raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_production_is_the_default_and_starts_with_real_keys(environment: pytest.MonkeyPatch):
    settings = Settings.from_environment()
    assert settings.environment == "production"
    assert settings.encryption_keys == (NamedKey("k1", SECRET),)


@pytest.mark.parametrize(
    ("name", "value", "environment_kind"),
    [
        ("SECRET_KEY", "", "demo"),
        ("IDENTITY_KEYS", "", "demo"),
        ("ENCRYPTION_KEYS", "", "demo"),
        ("ENCRYPTION_KEYS", "k1:short", "demo"),
        ("ENCRYPTION_KEYS", f"{KEYS},{KEYS}", "demo"),
        ("IDENTITY_KEYS", f":{KEYS[3:]}", "demo"),
        ("ENVIRONMENT", "staging", "demo"),
        ("PORT", "eighty", "demo"),
        ("WORKERS", "0", "demo"),
        ("LOCK_TIMEOUT", "-1", "demo"),
        ("IMPORT_KEPT_DAYS", "366", "demo"),
        ("LOG_LEVEL", "LOUD", "demo"),
        ("STATUS_AHEAD", "much", "demo"),
        ("CLOCK", "2031-01-16T09:00:00", "demo"),
        ("CLOCK", "soon", "demo"),
        ("HIDE_DOMINANCE", "1.1", "demo"),
        ("CLOCK", "2031-01-15T09:00:00+09:00", "production"),
        ("SECRET_KEY", "short", "production"),
        ("SECRET_KEY", "demo-secret-of-more-than-32-characters", "production"),
        ("IDENTITY_KEYS", f"demo{KEYS}", "production"),
        ("ENCRYPTION_KEYS", f"{KEYS},demo-{KEYS}", "production"),
    ],
)
def test_what_is_unsafe_or_unusable_is_refused_by_name(
    environment: pytest.MonkeyPatch, name: str, value: str, environment_kind: str
):
    environment.setenv("REGISTRY_ENVIRONMENT", environment_kind)
    environment.setenv(f"REGISTRY_{name}", value)
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment()
    assert f"REGISTRY_{name}" in str(refused.value)
    assert not value or len(value) < 6 or value not in str(refused.value)


def test_a_demo_may_use_demo_keys_and_a_clock(environment: pytest.MonkeyPatch):
    environment.setenv("REGISTRY_ENVIRONMENT", "demo")
    environment.setenv("REGISTRY_SECRET_KEY", "demo")
    environment.setenv("REGISTRY_CLOCK", "2031-01-15T09:00:00+09:00")
    assert Settings.from_environment().secret_key == "demo"


def test_every_setting_can_be_set(environment: pytest.MonkeyPatch):
    environment.setenv("REGISTRY_ENVIRONMENT", "test")
    other = {int: "7", float: "0.5"}
    for field in fields(Settings):
        default = field.default
        if type(default) in other:
            environment.setenv(f"REGISTRY_{field.name.upper()}", other[type(default)])
    settings = Settings.from_environment()
    for field in fields(Settings):
        if type(field.default) in other:
            assert str(getattr(settings, field.name)) == other[type(field.default)], field.name


def test_no_secret_shows_in_the_settings_text():
    shown = repr(
        Settings(secret_key="geheim", metrics_token="geheim", identity_keys=parse_keys("x", KEYS))
    )
    assert "geheim" not in shown
    assert "k1" not in shown


def test_the_readme_names_every_setting():
    readme = (ROOT / "README.md").read_text("utf-8")
    table = [line for line in readme.splitlines() if line.startswith("| `REGISTRY_")]
    documented = {line.split("`")[1]: line for line in table}
    assert set(documented) == {f"REGISTRY_{f.name.upper()}" for f in fields(Settings)}
    for field in fields(Settings):
        if isinstance(field.default, (int, float)) or field.name in {"bind", "database_url"}:
            assert f"`{field.default}`" in documented[f"REGISTRY_{field.name.upper()}"]


def sources() -> dict[str, ast.Module]:
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8"))
        for path in (ROOT / "registry").rglob("*.py")
    }


def test_every_setting_is_used():
    used = {
        node.attr
        for name, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
    }
    own = {"environment"}  # only the settings themselves ask which it is
    assert {f.name for f in fields(Settings)} <= used | own


def test_only_the_settings_read_the_environment():
    readers = {
        name
        for name, tree in sources().items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
            and isinstance(node.value, ast.Name) and node.value.id == "os")
        or (isinstance(node, ast.ImportFrom) and node.module == "environs")
    }  # fmt: skip
    # serving.py sets the variable that prometheus-client reads.
    assert readers == {"registry/settings.py", "registry/serving.py"}
