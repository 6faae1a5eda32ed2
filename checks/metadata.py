"""Reads a project's own metadata, PEP 621 or Poetry's, and holds an installation against it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """What a ``pyproject.toml`` asks for; `python` is empty when it says nothing."""

    python: SpecifierSet
    requirements: tuple[Requirement, ...]


def read_project(text: str) -> Project:
    """The project's demands. Raises ``ValueError`` for metadata that cannot be read."""
    document = tomllib.loads(text)
    project = document.get("project", {})
    poetry = document.get("tool", {}).get("poetry", {}).get("dependencies", {})
    if "dependencies" in project:
        requirements = [Requirement(line) for line in project["dependencies"]]
    else:
        requirements = [_from_poetry(name, wanted) for name, wanted in poetry.items() if _is_required(name, wanted)]
    if not requirements:
        raise ValueError("pyproject.toml names no dependencies, neither in [project] nor in [tool.poetry]")
    python = project.get("requires-python") or _specifiers(poetry.get("python", ""))
    return Project(python=SpecifierSet(python), requirements=tuple(requirements))


def unmet(project: Project, found: Mapping[str, Any]) -> list[str]:
    """The requirements, those of requirements included, that the installation does not satisfy, in words.

    `found` is what ``probes.build.installed_distributions`` answered.
    """
    problems = set()
    for requirement, needed_by, version in _walk(project, found):
        if version is None:
            problems.add(f"{requirement} is not installed (needed by {needed_by})")
        elif not requirement.specifier.contains(version, prereleases=True):
            problems.add(f"{requirement.name} {version} is not {requirement.specifier} (needed by {needed_by})")
    return sorted(problems)


def required(project: Project, found: Mapping[str, Any]) -> list[str]:
    """The names of all that the project needs here, requirements of requirements included."""
    return sorted({str(canonicalize_name(requirement.name)) for requirement, _, _ in _walk(project, found)})


def _walk(project: Project, found: Mapping[str, Any]) -> Iterator[tuple[Requirement, str, str | None]]:
    """Each requirement that applies here, by what it is needed, and the version that is installed, if any."""
    installed = {canonicalize_name(name): entry for name, entry in found["installed"].items()}
    waiting: list[tuple[Requirement, str]] = [(requirement, "GifLab") for requirement in project.requirements]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement, needed_by = waiting.pop()
        name = canonicalize_name(requirement.name)
        if not _applies(requirement.marker, found["environment"], ("",)):
            continue
        entry = installed.get(name)
        yield requirement, needed_by, entry and entry["version"]
        key = (name, ",".join(sorted(requirement.extras)))
        if entry is None or key in seen:
            continue
        seen.add(key)
        for line in entry["requires"]:
            inner = Requirement(line)
            if _applies(inner.marker, found["environment"], requirement.extras or ("",)):
                inner.marker = None
                waiting.append((inner, str(name)))


def lock_problems(project: Project, lock: str) -> list[str]:
    """Direct requirements for which the lock file has no version that fits, in words."""
    locked: dict[str, list[str]] = {}
    for package in tomllib.loads(lock).get("package", []):
        locked.setdefault(canonicalize_name(package["name"]), []).append(package["version"])
    problems = []
    for requirement in project.requirements:
        versions = locked.get(canonicalize_name(requirement.name), [])
        if not any(requirement.specifier.contains(version, prereleases=True) for version in versions):
            problems.append(f"{requirement} (locked: {', '.join(versions) or 'nothing'})")
    return problems


def _applies(marker: Marker | None, environment: Mapping[str, str], extras: Iterable[str]) -> bool:
    return marker is None or any(marker.evaluate({**environment, "extra": extra}) for extra in extras)


def _is_required(name: str, wanted: object) -> bool:
    return name != "python" and not (isinstance(wanted, dict) and wanted.get("optional"))


def _from_poetry(name: str, wanted: object) -> Requirement:
    """Poetry's own notation as a requirement; of a table, the version and the extras count."""
    if isinstance(wanted, str):
        return Requirement(f"{name}{_specifiers(wanted)}")
    if not isinstance(wanted, dict):
        raise ValueError(f"pyproject.toml: the dependency {name} = {wanted!r} cannot be read here")  # noqa: TRY004  # a document's fault
    extras = f"[{','.join(wanted['extras'])}]" if "extras" in wanted else ""
    marker = f"; {wanted['markers']}" if "markers" in wanted else ""
    return Requirement(f"{name}{extras}{_specifiers(wanted.get('version', ''))}{marker}")


def _specifiers(constraint: str) -> str:
    """A constraint in Poetry's notation (``^1.2``, ``~1.2``, ``1.2.*``, ``>=1,<2``) in that of PEP 440.

    Source: Poetry's documentation, "Dependency specification".
    """
    if "|" in constraint:
        raise ValueError(f"the constraint {constraint!r} is a union, which cannot be judged here")
    return ",".join(filter(None, (_specifier(part.strip()) for part in constraint.split(","))))


def _specifier(part: str) -> str:
    match = re.fullmatch(r"([\^~]?)(\d[^\s*]*)", part)
    if part in ("", "*"):
        return ""
    if match is None:
        return f"=={part}" if part[0].isdigit() else part.replace(" ", "")
    sign, version = match.groups()
    if not sign:
        return f"=={version}"
    release = Version(version).release
    if sign == "~":
        kept = min(len(release), 2) - 1
    else:
        kept = next((place for place, number in enumerate(release) if number), len(release) - 1)
    above = (*release[:kept], release[kept] + 1)
    return f">={version},<{'.'.join(map(str, above))}"
