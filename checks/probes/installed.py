"""Looks at whether what is installed is whole, and is what gets imported."""

from __future__ import annotations

from typing import Any


def find_damage(names: list[str]) -> list[str]:
    """What is wrong with installed distributions, in words: files lost or altered, versions mixed, modules shadowed.

    A distribution's own list of files is what it is held against; one that has none, as an operating system's packages
    do, is taken as it is.
    """
    import csv
    import os
    import re
    from importlib import metadata, util

    def place(distribution: Any) -> str:
        return os.path.realpath(str(distribution.locate_file("")))

    def look_into(name: str, distribution: Any) -> Any:
        # Path, hash, size: of what was installed, other than scripts, which are rewritten, and bytecode.
        rows = [row for row in csv.reader((distribution.read_text("RECORD") or "").splitlines()) if len(row) == 3]
        files = {row[0]: row[2] for row in rows if not re.match(r"\.\.|/|[^/]*\.dist-info/|.*\.pyc$", row[0])}
        paths = {file: os.path.join(place(distribution), file) for file in files}
        lost = [file for file, path in paths.items() if not os.path.isfile(path)]
        if lost:
            yield f"{len(lost)} files of {name} are missing, {lost[0]} among them"
        sizes = {file: os.path.getsize(path) for file, path in paths.items() if file not in lost}
        altered = [file for file, size in sizes.items() if files[file] and int(files[file]) != size]
        if altered:
            yield f"{len(altered)} files of {name} are not as installed, {altered[0]} among them"
        for module in [re.match(r"(\w+)(/__init__)?\.py$", file) for file in files]:
            found = module and getattr(util.find_spec(module.group(1)), "origin", None)
            if module and found and os.path.relpath(os.path.realpath(found), place(distribution)) not in files:
                yield f"{module.group(1)} is imported from {found}, not as {name} has installed it"

    problems = []
    for name in names:
        found = list(metadata.distributions(name=name))
        if not found:
            continue
        first, *more = found
        problems += [
            f"{name} is installed as {first.version} and as {other.version}, both in {place(first)}"
            for other in more
            if place(other) == place(first)  # one in another folder is merely hidden
        ]
        problems += list(look_into(name, first))
    return problems


def describe_package(name: str) -> dict[str, Any]:
    """Where a package is ``imported`` from, and the ``other`` places of it: the modules of each that are not the same.

    Other places are along the search path, and the source in the project folder. ``stale`` are files whose bytecode,
    which Python prefers, is that of another source, or that are bytecode alone.
    """
    import os
    import sys
    from glob import glob
    from importlib.util import MAGIC_NUMBER, cache_from_source, find_spec
    from marshal import loads

    def read(path: str) -> bytes:
        with open(path, "rb") as file:
            return file.read()

    def modules(place: str) -> dict[str, bytes]:
        return {os.path.relpath(path, place): read(path) for path in glob(f"{place}/**/*.py", recursive=True)}

    def is_stale(path: str) -> bool:
        """Whether Python takes the bytecode for that of the source, and it is not."""
        if not os.path.isfile(cache_from_source(path)):
            return False
        cached, stat = read(cache_from_source(path)), os.stat(path)
        stamp = (int(stat.st_mtime) & 0xFFFFFFFF).to_bytes(4, "little") + stat.st_size.to_bytes(4, "little")
        if cached[:4] != MAGIC_NUMBER or cached[4] > 1 or (cached[4] == 0 and cached[8:16] != stamp):
            return False
        try:
            return bool(loads(cached[16:]) != compile(read(path), path, "exec", dont_inherit=True))
        except SyntaxError:
            return True

    spec = find_spec(name)
    imported = next((os.path.realpath(place) for place in (spec and spec.submodule_search_locations) or ()), "")
    if not imported:
        raise ImportError(f"there is no package {name!r}")
    ours = modules(imported)
    places = {os.path.realpath(os.path.join(path, name)) for path in [*filter(None, sys.path), "src", "."]}
    theirs = {place: modules(place) for place in sorted(places - {imported}) if os.path.isfile(f"{place}/__init__.py")}
    stale = [path for path in glob(f"{imported}/**/*.py", recursive=True) if is_stale(path)]
    stale += [path for path in glob(f"{imported}/**/*.pyc", recursive=True) if "__pycache__" not in path]
    return {
        "imported": imported,
        "other": {
            place: sorted(path for path in found.keys() | ours.keys() if found.get(path) != ours.get(path))
            for place, found in theirs.items()
        },
        "stale": sorted(stale),
    }
