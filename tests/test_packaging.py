"""What is installed is what is in the tree."""

import re
import sys
from importlib import metadata
from pathlib import Path

import pytest

from musegan import __version__

ROOT = Path(__file__).resolve().parents[1]
tomllib = pytest.importorskip("tomllib", reason="needs Python 3.11")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def required(requirement):
    return re.split(r"[<>=!~;\[ ]", requirement)[0].lower().replace("_", "-")


def test_every_package_is_listed():
    folders = {file.parent.relative_to(ROOT) for file in (ROOT / "musegan").rglob("__init__.py")}
    packages = {".".join(folder.parts) for folder in folders} | {"musegan_cli"}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == packages


def test_every_dependency_has_a_tested_version():
    project = PROJECT["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(name for extra in extras for name in extra)]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    tested = {required(line) for line in lines if line and line[0] != "#"}
    assert {required(name) for name in wanted} <= tested


def test_every_dependency_is_bounded():
    assert all(re.search(r"<|==", name) for name in PROJECT["project"]["dependencies"])


def test_the_version_is_in_one_place_and_in_the_changelog():
    assert metadata.version("musegan") == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_supported_pythons_include_this_one():
    lowest, highest = re.findall(r"3\.(\d+)", PROJECT["project"]["requires-python"])
    assert int(lowest) <= sys.version_info.minor < int(highest)
