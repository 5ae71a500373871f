"""Writing a result to a file: whole or not at all, and never over another file unasked."""

from __future__ import annotations

import os
import stat

from llmcost.errors import InputError


def write_atomically(path: str | os.PathLike[str], text: str, *, force: bool = False) -> None:
    """Writes UTF-8 text by way of a temporary file beside `path`.

    Raises InputError where a file stands there already and `force` is not set, where the place is
    no regular file, or where it cannot be written. Nothing is left behind on failure.
    """
    name = os.fspath(path)
    target = os.path.realpath(name)
    _refuse_if_unfit(name, target, force)
    folder, base = os.path.split(target)
    temporary = os.path.join(folder, f".{base[:100]}.{os.getpid()}.tmp")
    try:
        # O_EXCL follows no link and takes no other process's file; the mode is the umask's.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with open(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"cannot write {name}: {reason}", hint="name a file in a directory you may write to") from None


def _refuse_if_unfit(name: str, target: str, force: bool) -> None:
    if not name or name.endswith(os.sep) or os.path.isdir(target):
        raise InputError(f"{name or 'the empty name'} is a directory, not a file", hint="name a file after -o")
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise InputError(f"there is no directory {os.path.dirname(name)}", hint=f"mkdir -p {os.path.dirname(name)}")
    try:
        mode = os.stat(target).st_mode
    except OSError:
        return
    if not stat.S_ISREG(mode):
        raise InputError(f"{name} is not a regular file", hint="leave -o out to print the result")
    if not force:
        raise InputError(f"{name} exists already", hint="add --force to replace it, or name another file")
