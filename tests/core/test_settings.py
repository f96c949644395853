"""Settings from the environment."""

import os
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from core.errors import InputError
from core.settings import PROJECT, Settings


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("KEEP_DAYS", "0", "CLIENTELE_KEEP_DAYS must be between 1 and 36500, got 0"),
        ("KEEP_DAYS", "ever", "CLIENTELE_KEEP_DAYS must be a number of days, got “ever”"),
        ("KEEP_TRAININGS", "0", "CLIENTELE_KEEP_TRAININGS must be between 1 and 10000, got 0"),
        ("KEEP_TRAININGS", "all", "CLIENTELE_KEEP_TRAININGS must be a number of trainings, got “all”"),
        ("CACHE_MEMORY_GB", "0", "CLIENTELE_CACHE_MEMORY_GB must be between 0.05 and 1024, got 0"),
    ],
)
def test_how_much_is_kept_is_checked(name: str, text: str, error: str) -> None:
    with pytest.raises(InputError, match=error):
        Settings.from_environment({f"CLIENTELE_{name}": text})


def test_nothing_set_is_the_default() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert settings.workspace == PROJECT / "data" / "workspace"
    assert settings.demo_shop.is_file()
    assert settings.query_memory_gb == 4.0


def test_everything_set(tmp_path: Path) -> None:
    environment = {
        "CLIENTELE_WORKSPACE": str(tmp_path / "a" / ".." / "b"),
        "CLIENTELE_CATALOG_URL": "postgresql://localhost/clientele",
        "CLIENTELE_DEMO_SHOP": str(tmp_path / "shop.parquet"),
        "CLIENTELE_QUERY_MEMORY_GB": "0.5",
        "OTHER": "x",
    }
    assert Settings.from_environment(environment) == Settings(
        workspace=tmp_path / "b",
        catalog_url="postgresql://localhost/clientele",
        demo_shop=tmp_path / "shop.parquet",
        query_memory_gb=0.5,
    )


def test_blank_is_not_set() -> None:
    blank = dict.fromkeys(("CLIENTELE_WORKSPACE", "CLIENTELE_DEMO_SHOP", "CLIENTELE_QUERY_MEMORY_GB"), "")
    assert Settings.from_environment(blank) == Settings()


def test_home_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings.from_environment({"CLIENTELE_WORKSPACE": "~/shops"}).workspace == tmp_path / "shops"


@pytest.mark.parametrize("memory", ["0.1", "0", "-1", "2000", "nan", "inf"])
def test_memory_has_a_range(memory: str) -> None:
    with pytest.raises(InputError, match=r"^CLIENTELE_QUERY_MEMORY_GB must be between 0\.25 and 1024, got "):
        Settings.from_environment({"CLIENTELE_QUERY_MEMORY_GB": memory})


def test_files_read_at_once_are_a_whole_number() -> None:
    assert Settings.from_environment({"CLIENTELE_READ_AT_ONCE": "2", "CLIENTELE_READ_DISK_GB": "1.5"}).read_at_once == 2
    with pytest.raises(InputError, match=r"^CLIENTELE_READ_AT_ONCE must be a number of files, got “two”\.$"):
        Settings.from_environment({"CLIENTELE_READ_AT_ONCE": "two"})
    with pytest.raises(InputError, match=r"^CLIENTELE_READ_AT_ONCE must be between 1 and 64, got 0\.$"):
        Settings(read_at_once=0)


def test_memory_is_a_number() -> None:
    with pytest.raises(InputError, match=r"^CLIENTELE_QUERY_MEMORY_GB must be a number of gigabytes, got “4 GB”\.$"):
        Settings.from_environment({"CLIENTELE_QUERY_MEMORY_GB": "4 GB"})


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().catalog_url = "x"  # type: ignore[misc]


def test_where_orders_may_come_from(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    environment = {
        "CLIENTELE_ALLOWED_FOLDERS": f"{tmp_path / 'link'}{os.pathsep}/srv/a/../b{os.pathsep}",
        "CLIENTELE_ALLOWED_HOSTS": " Files.Example.com, *.example.org,localhost:8000,[::1]:80, ",
        "CLIENTELE_DATABASES": '{"shop": "postgresql://reader:p%40ss@host/shop"}',
    }
    settings = Settings.from_environment(environment)
    assert settings.allowed_folders == (tmp_path / "real", Path("/srv/b"))
    assert settings.allowed_hosts == ("files.example.com", "*.example.org", "localhost:8000", "[::1]:80")
    assert settings.databases == {"shop": "postgresql://reader:p%40ss@host/shop"}
    assert "p%40ss" not in repr(settings)
    assert isinstance(hash(settings), int)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ALLOWED_FOLDERS", "orders", r"^CLIENTELE_ALLOWED_FOLDERS must list absolute paths, got “orders”\.$"),
        ("ALLOWED_HOSTS", "https://example.com/x", r"^CLIENTELE_ALLOWED_HOSTS must list hosts .* got “https://example"),
        ("ALLOWED_HOSTS", "*", r"^CLIENTELE_ALLOWED_HOSTS must list hosts"),
        ("ALLOWED_HOSTS", "a.*.com", r"^CLIENTELE_ALLOWED_HOSTS must list hosts"),
        ("ALLOWED_HOSTS", "me@example.com", r"^CLIENTELE_ALLOWED_HOSTS must list hosts"),
        ("DATABASES", "shop=secret", r"^CLIENTELE_DATABASES must be a JSON object"),
        ("DATABASES", '["secret"]', r"^CLIENTELE_DATABASES must be a JSON object"),
        ("DATABASES", '{"shop": {"url": "secret"}}', r"^CLIENTELE_DATABASES must be a JSON object"),
        ("DATABASES", '{"shop": "secret"}', r"^CLIENTELE_DATABASES must give .* Check “shop”\.$"),
        (
            "DATABASES",
            '{"a b": "postgresql://secret"}',
            r"^CLIENTELE_DATABASES must give .* Check “a b”\.$",
        ),
    ],
)
def test_where_orders_may_come_from_has_a_form(name: str, value: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        Settings.from_environment({f"CLIENTELE_{name}": value})
    assert "secret" not in str(error.value)
