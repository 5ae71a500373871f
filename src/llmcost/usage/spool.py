"""What can be read only once, kept as a file while the process lives, and what an earlier process left behind.

A process that is killed removes nothing: so its folder bears its number, and the next one that needs such a folder
removes those whose process is gone.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from functools import lru_cache
from typing import IO

from llmcost.errors import InputError

_OURS = re.compile(r"llmcost-(\d+)-\w+")
_PIECE = 1 << 20
_LEFT_FREE = 1 << 28  # bytes of the disk that are not filled


@lru_cache(maxsize=1)
def folder() -> str:
    """The temporary folder of this process."""
    _clean()
    found = tempfile.mkdtemp(prefix=f"llmcost-{os.getpid()}-")
    atexit.register(shutil.rmtree, found, ignore_errors=True)
    return found


def _clean() -> None:
    """Remove the folders of processes that are gone."""
    root = tempfile.gettempdir()
    for name in os.listdir(root):
        ours = _OURS.fullmatch(name)
        if ours is not None and not _lives(int(ours[1])):
            shutil.rmtree(os.path.join(root, name), ignore_errors=True)


def _lives(process: int) -> bool:
    if os.name != "posix":  # there a question to a process may end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def spooled(stream: IO[bytes], name: str, first: bytes = b"") -> str:
    """A stream as a file. Raises InputError where the disk is full, or would be."""
    try:
        descriptor, path = tempfile.mkstemp(suffix=".log", dir=folder())
        with open(descriptor, "wb") as file:
            piece = first or stream.read(_PIECE)
            while piece:
                if shutil.disk_usage(path).free < _LEFT_FREE:
                    raise OSError("no space left for it")
                file.write(piece)
                piece = stream.read(_PIECE)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"cannot keep what comes from {name}: {reason}", hint="name a log file instead") from None
    return path
