"""Read a target specification: execnet's ``popen//python=...//chdir=...//env:NAME=value`` or ``ssh=host//...``."""

from __future__ import annotations

from pathlib import Path

from pytest_deploycheck.core.errors import SettingsError

_KINDS = ("popen", "ssh", "vagrant_ssh", "socket")


def read_spec(text: str, *, base: Path) -> str:
    """The specification, checked; a relative ``chdir`` of a local interpreter starts at `base`.

    Source of the format: execnet's documentation, "gateway specifications".
    Raises ``SettingsError`` for an unknown kind or key, or a local folder that is not there.
    """
    import execnet

    try:
        spec = execnet.XSpec(text)
    except (AttributeError, ValueError) as error:
        raise SettingsError(f"the target {text!r} cannot be read: {error}") from error
    known = {*_KINDS, "python", "chdir", "nice", "dont_write_bytecode", "ssh_config", "execmodel", "id", "env", "via"}
    if unknown := {key for key in vars(spec) if not key.startswith("_")} - known:
        raise SettingsError(f"the target {text!r} has the unknown key {min(unknown)!r}; known: python, chdir, env:")
    if not any(getattr(spec, kind) for kind in _KINDS):
        raise SettingsError(f"the target {text!r} must begin with popen or ssh=HOST, as in popen//chdir=/opt/app")
    if not spec.popen or spec.via or " " in (spec.python or ""):
        return text  # a folder on another host or in a container (python=docker exec ...) is not ours to look at
    folder = (base / (spec.chdir or ".")).resolve()
    if not folder.is_dir():
        raise SettingsError(f"the target {text!r} names a folder that is not there: {folder}")
    return "//".join([*(part for part in text.split("//") if not part.startswith("chdir=")), f"chdir={folder}"])
