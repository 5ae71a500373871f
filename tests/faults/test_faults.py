"""What goes wrong around a run: it is killed, the disk is full, a folder takes nothing, the surroundings are odd."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import environment

ROOT = Path(__file__).parents[2]
SCENARIO = str(ROOT / "examples" / "support-assistant.yaml")
DAY = ("--as-of", "2026-11-22", "--samples", "256")
LOG = "".join(
    f'{{"model": "gpt-5", "timestamp": "2026-01-{day:02}T03:04:05Z", "input_tokens": 100, "output_tokens": 10}}\n'
    for day in range(1, 29)
)
# Every command that writes a file, and the file; {folder} is a scratch folder of its own.
WRITING = {
    "a report": (("report", SCENARIO, *DAY, "-o", "{folder}/report.html"), "report.html"),
    "a result": (("compare", SCENARIO, *DAY, "-o", "{folder}/result.json"), "result.json"),
    "answers": (
        ("decide", "--framework", "scoping", "--unknown-rest", "--save", "{folder}/answers.yaml"),
        "answers.yaml",
    ),
    "a workload": (("usage", "{folder}/log.jsonl", "--save-workload", "{folder}/measured.yaml"), "measured.yaml"),
    "a first scenario": (("init", "{folder}/scenario.yaml"), "scenario.yaml"),
    "a schema": (("schema", "scenario", "-o", "{folder}/schema.json"), "schema.json"),
    "a price list": (("prices", "list", "--as-of", "2026-11-22", "-o", "{folder}/prices.csv"), "prices.csv"),
    "refreshed prices": (
        ("prices", "refresh", "--packaged-on", "2026-11-20", "--pricing-dir", "{folder}/pricing"),
        "pricing/api/openai.yaml",
    ),
}
# Kills itself right before the Nth time that anything is opened to be written, renamed or removed in the folder.
KILLED_AT = """\\
import os, sys
folder, left = sys.argv.pop(1), int(sys.argv.pop(1))

def watch(event, arguments):
    global left
    writes = event in ("os.rename", "os.remove") or (event == "open" and isinstance(arguments[2], int) and arguments[2] & 3)
    if writes and str(arguments[0]).startswith(folder):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), 9)

sys.addaudithook(watch)
from llmcost.cli import main
main()
"""


def prepared(folder: Path) -> Path:
    """A folder with what the commands read."""
    folder.mkdir(exist_ok=True)
    (folder / "log.jsonl").write_text(LOG, encoding="utf-8")
    if not (folder / "pricing").exists():
        shutil.copytree(ROOT / "pricing", folder / "pricing")
        (folder / "pricing" / "api" / "openai.yaml").unlink()  # to be written again
    return folder


def typed(what: str, folder: Path) -> list[str]:
    return [part.format(folder=folder) for part in WRITING[what][0]]


def started(arguments: list[str], **otherwise: Any) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        arguments, stdout=pipe, stderr=pipe, stdin=subprocess.DEVNULL, env=environment(), **otherwise
    )


def finished(what: str, folder: Path, **otherwise: Any) -> tuple[int, str]:
    """The exit code and stderr of a whole run."""
    process = started([sys.executable, "-m", "llmcost", *typed(what, folder)], **otherwise)
    _, err = process.communicate(timeout=120)
    return process.returncode, err.decode()


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*.tmp")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """What a run that nobody disturbs writes."""
    kept: dict[str, str] = {}

    def of(what: str) -> str:
        if what not in kept:
            folder = prepared(tmp_path_factory.mktemp("whole") / "x")
            code, err = finished(what, folder)
            assert code in (0, 3), err
            kept[what] = (folder / WRITING[what][1]).read_text(encoding="utf-8").replace(str(folder), "FOLDER")
        return kept[what]

    return of


def check_after(what: str, folder: Path, before: str | None, whole: str) -> None:
    """The file is as it was or as it is to be; the next run makes it whole, and leaves nothing else behind."""
    file = folder / WRITING[what][1]
    found = file.read_text(encoding="utf-8").replace(str(folder), "FOLDER") if file.exists() else None
    assert found in (before, whole)
    if found == whole and what != "refreshed prices":
        file.unlink()
    code, err = finished(what, folder)
    assert code in (0, 3), err
    assert file.read_text(encoding="utf-8").replace(str(folder), "FOLDER") == whole
    assert leftovers(folder) == []


def before_of(what: str, folder: Path) -> str | None:
    file = folder / WRITING[what][1]
    return file.read_text(encoding="utf-8") if file.exists() else None


@pytest.mark.slow
@pytest.mark.parametrize("what", WRITING)
def test_killed_at_each_point_of_writing(what: str, tmp_path: Path, whole: Callable[[str], str]) -> None:
    for point in (1, 2, 3):  # before it is opened, before it is renamed, and whatever comes after
        folder = prepared(tmp_path / str(point))
        before = before_of(what, folder)
        process = started([sys.executable, "-c", KILLED_AT, str(folder), str(point), *typed(what, folder)])
        process.communicate(timeout=120)
        if process.returncode != -signal.SIGKILL:
            assert point > 2
            return
        check_after(what, folder, before, whole(what))


@pytest.mark.slow
@pytest.mark.parametrize("what", WRITING)
def test_killed_at_any_moment(what: str, tmp_path: Path, whole: Callable[[str], str]) -> None:
    draw = random.Random(what)  # noqa: S311 - the same moments every time
    for attempt in range(3):
        folder = prepared(tmp_path / str(attempt))
        before = before_of(what, folder)
        process = started([sys.executable, "-m", "llmcost", *typed(what, folder)])
        time.sleep(draw.uniform(0.05, 0.8))
        process.kill()
        process.communicate()
        check_after(what, folder, before, whole(what))


def test_killed_before_the_rename_of_a_result(tmp_path: Path, whole: Callable[[str], str]) -> None:
    """The one of the points above that runs with the quick tests: a leftover stands there, and the next run removes it."""
    folder = prepared(tmp_path / "x")
    process = started([sys.executable, "-c", KILLED_AT, str(folder), "2", *typed("a first scenario", folder)])
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    assert len(leftovers(folder)) == 1
    check_after("a first scenario", folder, None, whole("a first scenario"))


def no_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def refused(code: int, err: str, why: str) -> None:
    lines = err.strip().splitlines()[-3:]
    assert code == 2, err
    assert [line.partition(":")[0] for line in lines] == ["error", "where", "hint"]
    assert why in lines[0]


@pytest.mark.parametrize("what", ["a report", "a result", "a workload", "a first scenario", "refreshed prices"])
def test_a_full_disk(what: str, tmp_path: Path) -> None:
    folder = prepared(tmp_path / "x")
    before = before_of(what, folder)
    code, err = finished(what, folder, preexec_fn=no_room)
    refused(code, err, "cannot write")
    assert before_of(what, folder) == before
    assert leftovers(folder) == []


@contextlib.contextmanager
def closed_to_writers(folder: Path) -> Iterator[Path]:
    """A folder in which nothing can be made; /proc, where the user may do anything."""
    if os.geteuid() == 0:
        yield Path("/proc/self")
        return
    folder.chmod(0o555)
    try:
        yield folder
    finally:
        folder.chmod(0o755)


@pytest.mark.parametrize("command", [("compare", SCENARIO, *DAY, "-o"), ("init",), ("schema", "route", "-o")])
def test_a_folder_that_takes_nothing(command: tuple[str, ...], tmp_path: Path) -> None:
    with closed_to_writers(tmp_path) as folder:
        name = "result.yaml" if command == ("init",) else "result.json"
        process = started([sys.executable, "-m", "llmcost", *command, str(folder / name)])
        _, err = process.communicate(timeout=120)
    refused(process.returncode, err.decode(), "cannot write")


def compared(env: dict[str, str], *without: str) -> Any:
    """The JSON of a comparison and of a log, under another environment."""
    kept = {key: value for key, value in environment().items() if key not in without} | env
    found = []
    for arguments in (("compare", SCENARIO, *DAY, "-f", "json"), ("usage", "-", "--as-of", "2026-11-22", "-f", "json")):
        command = [sys.executable, "-m", "llmcost", *arguments]
        done = subprocess.run(command, input=LOG.encode(), capture_output=True, env=kept, timeout=120)
        assert done.returncode == 0, done.stderr.decode()
        found.append(json.loads(done.stdout))
    return found


SURROUNDINGS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "no home": ({}, ("HOME", "XDG_CACHE_HOME")),
    "a home that is not there": ({"HOME": "/nowhere/at/all", "XDG_CACHE_HOME": ""}, ()),
    "a cache that takes nothing": ({"XDG_CACHE_HOME": "/proc/self"}, ()),
    "the first time zone": ({"TZ": "Pacific/Kiritimati"}, ()),
    "the last time zone": ({"TZ": "Etc/GMT+12"}, ()),
    "no time zone": ({"TZ": ":no/such/zone"}, ()),
    "an ASCII locale": ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, ("PYTHONIOENCODING",)),
    "a Turkish locale": ({"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}, ()),
    "a locale that is not there": ({"LC_ALL": "xx_XX.KOI8-R"}, ("PYTHONIOENCODING",)),
    "nothing at all": ({"PATH": "/nowhere"}, ("HOME", "LANG", "LC_ALL", "TERM", "USER", "LOGNAME", "TMPDIR")),
}


@pytest.fixture(scope="module")
def as_ever() -> Any:
    return compared({})


@pytest.mark.parametrize("what", SURROUNDINGS)
def test_odd_surroundings_change_nothing(what: str, as_ever: Any) -> None:
    changed, without = SURROUNDINGS[what]
    assert compared(changed, *without) == as_ever
