"""Writing a result to a file: whole or not at all, and never over another file unasked."""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from llmcost.errors import InputError

_END = ".tmp"


def write_atomically(path: str | os.PathLike[str], text: str, *, force: bool = False) -> None:
    """Writes UTF-8 text by way of a temporary file beside `path`.

    Raises InputError where a file stands there already and `force` is not set, where the place is
    no regular file, or where it cannot be written. Nothing is left behind on failure; what a killed run
    has left is removed by the next one.
    """
    name = os.fspath(path)
    target = os.path.realpath(name)
    _refuse_if_unfit(name, target, force)
    folder, base = os.path.split(target)
    start = f".{base[:100]}."
    try:
        _remove_leftovers(folder, start)
        temporary = os.path.join(folder, f"{start}{os.urandom(8).hex()}{_END}")
        # O_EXCL follows no link and takes no other process's file; the mode is the umask's.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with open(descriptor, "w", encoding="utf-8", newline="") as file:
                _locked(descriptor)
                file.write(text)
                file.flush()
                os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"cannot write {name}: {reason}", hint="name a file in a directory you may write to") from None


def _remove_leftovers(folder: str, start: str) -> None:
    """Remove what killed runs have left of this file: nobody holds its lock, which the system frees with the process."""
    try:
        names = os.listdir(folder)
    except OSError:  # one may write here and not look
        return
    for name in names:
        if not (name.startswith(start) and name.endswith(_END)):
            continue
        path = os.path.join(folder, name)
        with suppress(OSError):  # of somebody else, or gone already
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
            try:
                if stat.S_ISREG(os.fstat(descriptor).st_mode) and _locked(descriptor):
                    os.unlink(path)
            finally:
                os.close(descriptor)


def _locked(descriptor: int) -> bool:
    """Take the lock of a file for as long as it is open; False where another process has it, or there are no locks."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


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
