"""Saves what a deployment could destroy, and proves that it comes back: each function runs on the target.

Copies go to ``$GIFLAB_BACKUP``, else to the folder ``giflab-backup`` beside the project. Each is a folder of its own,
named after its content: nothing is ever overwritten, and the same content is saved once.
"""

from __future__ import annotations

from typing import Any


def describe_repository() -> dict[str, Any]:
    """The repository of the project folder: top folder, commit, backup refs (newest first), what is uncommitted.

    A backup ref is ``$GIFLAB_BACKUP_REF`` where that is set, else every branch or tag whose own name begins with
    ``backup-``. ``problem`` says why there is no repository to speak of.
    """
    import os
    import subprocess

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise OSError(f"git {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout.rstrip("\n")

    try:
        top, head = git("rev-parse", "--show-toplevel"), git("rev-parse", "HEAD")
        prefix = git("rev-parse", "--show-prefix")
        fields = "%(refname) %(objectname) %(*objectname) %(committerdate:iso-strict)%(*committerdate:iso-strict)"
        said = git("for-each-ref", "--sort=-creatordate", "--format=" + fields, "refs/heads", "refs/tags")
        listed = [line.split() for line in said.splitlines()]
        # An annotated tag has a commit behind it; everything else is one.
        refs = [
            {"name": parts[0].split("/", 2)[2], "commit": parts[-2], "date": parts[-1]}
            for parts in listed
            if parts[0].split("/", 2)[2].startswith("backup-")
        ]
        wished = os.environ.get("GIFLAB_BACKUP_REF")
        if wished:
            commit = git("rev-parse", "--verify", wished + "^{commit}")
            refs = [{"name": wished, "commit": commit, "date": git("show", "-s", "--format=%cI", commit)}]
        changed = git("status", "--porcelain", "--", ".").splitlines()
    except OSError as error:  # no git, no repository, no commit, no such ref
        return {"problem": str(error).partition("\n")[0], "refs": []}
    # A file git does not know counts where it is code: the interpreter would run it, the backup would not have it.
    loose = [line for line in changed if not line.startswith("??") or line.endswith((".py", "/"))]
    return {"problem": "", "top": top, "prefix": prefix, "commit": head, "refs": refs, "uncommitted": loose}


def check_export(top: str, prefix: str, commit: str) -> dict[str, Any]:
    """Export the project at a commit into a temporary folder: how many files, which modules, which do not compile."""
    import os
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory(prefix="deploycheck-") as folder:
        archive = os.path.join(folder, "export.tar")
        done = subprocess.run(
            ["git", "-C", os.path.join(top, prefix), "archive", "--format=tar", "-o", archive, commit],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"the backup at {commit[:12]} cannot be exported: {done.stdout.strip()}"
        subprocess.run(["tar", "-xf", archive, "-C", folder], check=True, timeout=120)
        os.remove(archive)
        files, broken, modules = 0, [], []
        for where, _, names in os.walk(folder):
            files += len(names)
            for name in sorted(names):
                path = os.path.join(where, name)
                inside = os.path.relpath(path, folder)
                if name.endswith(".py") and f"giflab{os.sep}" in inside:
                    modules.append(inside)
                    with open(path, "rb") as file:
                        try:
                            compile(file.read(), inside, "exec")
                        except SyntaxError as error:
                            broken.append(f"{inside}: {error}")
        return {"files": files, "modules": sorted(modules), "broken": broken}


def save_files(kind: str, patterns: list[str]) -> dict[str, Any]:
    """Copy the files that match `patterns` (relative to the project folder, ``**`` allowed) into the backup folder.

    ``$GIFLAB_<KIND>`` replaces the patterns, joined as in PATH; variables in a pattern are expanded. Answers with the
    copy's folder, the sha256 of each file, and whether the copy was made now. A copy is complete or not there: it is
    made under another name first.
    """
    import glob
    import hashlib
    import json
    import os
    import shutil
    import tempfile

    project = os.getcwd()
    home = os.path.abspath(os.environ.get("GIFLAB_BACKUP") or os.path.join(project, os.pardir, "giflab-backup"))
    wished = os.environ.get("GIFLAB_" + kind.upper())
    wanted = [os.path.expandvars(pattern) for pattern in (wished.split(os.pathsep) if wished else patterns)]
    found = {os.path.abspath(path) for pattern in wanted for path in glob.glob(pattern, recursive=True)}
    files = sorted(
        path
        for path in found
        if os.path.isfile(path) and "__pycache__" not in path and not path.startswith(os.path.join(home, ""))
    )
    digests = {}
    for path in files:
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            while True:
                block = file.read(1 << 20)
                if not block:
                    break
                digest.update(block)
        digests[path] = digest.hexdigest()
    name = hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()[:16]
    copy = os.path.join(home, f"{kind}-{name}")
    answer = {"copy": copy, "digests": digests, "made": bool(files) and not os.path.isdir(copy)}
    if answer["made"]:
        os.makedirs(home, mode=0o700, exist_ok=True)
        size, free = sum(map(os.path.getsize, files)), shutil.disk_usage(home).free
        assert size * 1.1 < free, f"the copy needs {size} bytes, {home} has {free}"
        unfinished = tempfile.mkdtemp(dir=home, prefix=".unfinished-")
        for path in files:
            place = os.path.join(unfinished, "files", path.lstrip(os.sep))
            os.makedirs(os.path.dirname(place), exist_ok=True)
            shutil.copy2(path, place)
        with open(os.path.join(unfinished, "manifest.json"), "w", encoding="utf-8") as file:
            json.dump(digests, file, indent=1, sort_keys=True)
        os.rename(unfinished, copy)
    return answer


def restore_files(copy: str) -> dict[str, Any]:
    """Restore a copy into a temporary folder and compare it, file by file, with its manifest.

    ``damaged`` lists what is missing or differs, ``surplus`` what the manifest does not know.
    """
    import hashlib
    import json
    import os
    import shutil
    import tempfile

    with open(os.path.join(copy, "manifest.json"), encoding="utf-8") as file:
        expected = json.load(file)
    with tempfile.TemporaryDirectory(prefix="deploycheck-") as folder:
        restored = os.path.join(folder, "files")
        if os.path.isdir(os.path.join(copy, "files")):
            shutil.copytree(os.path.join(copy, "files"), restored)
        seen = {}
        for where, _, names in os.walk(restored):
            for name in names:
                path = os.path.join(where, name)
                digest = hashlib.sha256()
                with open(path, "rb") as file:
                    while True:
                        block = file.read(1 << 20)
                        if not block:
                            break
                        digest.update(block)
                seen[os.sep + os.path.relpath(path, restored)] = digest.hexdigest()
    damaged = sorted(path for path in expected if seen.get(path) != expected[path])
    return {"restored": len(seen), "damaged": damaged, "surplus": sorted(set(seen) - set(expected))}


def saved_freezes() -> dict[str, str] | None:
    """The texts of the ``environment*.txt`` files in ``$GIFLAB_BACKUP`` by path; None where that is not set."""
    import glob
    import os

    home = os.environ.get("GIFLAB_BACKUP")
    if not home:
        return None
    texts = {}
    for path in sorted(glob.glob(os.path.join(home, "environment*.txt"))):
        with open(path, encoding="utf-8", errors="replace") as file:
            texts[path] = file.read()
    return texts
