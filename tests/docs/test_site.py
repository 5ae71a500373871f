"""The documentation site is built strictly, says what the program says, and asks nothing of the network."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from command_line import environment, run

from llmcost.cli import COMMANDS
from llmcost.render.json_schema import RESULTS

ROOT = Path(__file__).parents[2]
LOADING = {  # the attributes by which a page loads something by itself
    **{"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src", "embed": "src"},
    **{"link": "href", "object": "data", "use": "href", "image": "href"},
}
LINKS_THAT_LOAD = {
    "stylesheet",
    "icon",
    "preconnect",
    "dns-prefetch",
    "preload",
    "prefetch",
    "modulepreload",
    "manifest",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built with every warning an error and with no way out to the network."""
    folder = tmp_path_factory.mktemp("site")
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env=environment(NO_MKDOCS_2_WARNING="1", **nowhere),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Loaded(HTMLParser):
    """Every address that a page loads, and the text that it shows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        loads = tag != "link" or LINKS_THAT_LOAD & set((given.get("rel") or "").split())
        address = given.get(LOADING.get(tag, ""))
        if loads and address:
            self.addresses.append(address)
        if given.get("srcset"):
            self.addresses += re.split(r"[\s,]+", given["srcset"] or "")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def text_of(page: Path) -> str:
    """The words of a page, spaces as they are."""
    return "".join(Loaded(page.read_text(encoding="utf-8")).text)


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > len(COMMANDS) + len(RESULTS)
    seen = 0
    for page in pages:
        for address in Loaded(page.read_text(encoding="utf-8")).addresses:
            assert not re.match(r"(?i)(https?:)?//", address), f"{page.name}: {address}"
            seen += 1
            if not address.startswith(("data:", "#")):
                local = (page.parent / address.partition("#")[0].partition("?")[0]).resolve()
                assert local.exists() or page.name == "404.html", f"{page.name}: {address}"
    assert seen > len(pages)


def test_no_style_loads_anything_from_elsewhere(site: Path) -> None:
    styles = sorted(site.rglob("*.css"))
    assert styles
    for style in styles:
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"(?i)url\(\s*['\"]?(https?:)?//", text), style
        assert not re.search(r"(?i)@import\s+(url\()?['\"]?(https?:)?//", text), style


def test_the_themes_scripts_find_nothing_to_fetch(site: Path) -> None:
    """They know five addresses: of diagrams, of a repository's stars (two), of what old browsers lack, and of a hint
    that they print about a search that cannot be read."""
    known = {"unpkg.com/mermaid", "unpkg.com/resize-observer-polyfill", "api.github.com/repos", "api.github.com/users"}
    known |= {"bit.ly/2s3"}
    found: set[str] = set()
    scripts = [*site.glob("assets/javascripts/*.js"), *site.glob("assets/javascripts/workers/*.js")]
    assert scripts
    for script in scripts:  # beside them lie only the search's word lists
        code = re.sub(r"/\*.*?\*/", "", script.read_text(encoding="utf-8"), flags=re.DOTALL)
        found |= set(re.findall(r"https?://([a-z0-9.-]+/[a-z0-9-]*)", code))
    found -= {"www.w3.org/2000"}  # a name, no address
    assert found <= known
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert 'class="mermaid"' not in text
        assert 'data-md-component="source"' not in text


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_a_page_with_its_help(site: Path, command: str) -> None:
    page = text_of(site / "commands" / f"{command}.html")
    assert COMMANDS[command] in page
    for line in run(command, "--help", env={"COLUMNS": "100"}).out.splitlines():
        assert line.strip() in page


@pytest.mark.parametrize("command", RESULTS)
def test_every_field_of_a_result_is_on_its_page(site: Path, command: str) -> None:
    page = text_of(site / "reference" / f"{command}-json.html")
    schema = json.loads(run("schema", command).out)
    for name, body in {"the document": schema, **schema["$defs"]}.items():
        for key in body.get("properties", {}):
            assert re.search(rf"\b{re.escape(key)}\b", page), (name, key)


@pytest.mark.parametrize("name", ["scenario", "claims"])
def test_every_key_of_a_file_is_on_its_page_with_its_meaning(site: Path, name: str) -> None:
    page = " ".join(text_of(site / "reference" / f"{name}.html").split())
    schema = json.loads(run("schema", name).out)
    for body in (schema, *schema["$defs"].values()):
        for key, part in body.get("properties", {}).items():
            assert key in page
            meaning = " ".join(part.get("description", "").replace("`", "").split())
            assert html.unescape(meaning) in page, (key, meaning)


def test_the_audit_is_on_its_page(site: Path) -> None:
    page = text_of(site / "claims.html")
    audited = json.loads(run("audit", "examples/claims", "-f", "json", "--as-of", "2026-11-22", cwd=ROOT).out)
    claims = audited["result"]["claims"]
    assert len(claims) > 100
    for claim in claims:
        assert claim["id"] in page
    assert not re.search(r"\\[&<~_*|\[]", page)  # an escape that was shown in place of being read


def test_no_link_within_the_site_leads_nowhere(site: Path) -> None:
    """Of pages and of places within them, made ones included."""
    places = {
        page.relative_to(site).as_posix(): set(re.findall(r'\bid="([^"]+)"', page.read_text(encoding="utf-8")))
        for page in site.rglob("*.html")
    }
    checked = 0
    for name in places:
        if name == "404.html":
            continue
        for address in re.findall(r'<a [^>]*?href="([^"]+)"', (site / name).read_text(encoding="utf-8")):
            if re.match(r"[a-z]+:", address):
                continue
            path, _, place = html.unescape(address).partition("#")
            target = os.path.normpath(os.path.join(os.path.dirname(name), path)) if path else name
            assert target in places, f"{name}: {address}"
            assert not place or place in places[target] or place == "__top", f"{name}: {address}"
            checked += 1
    assert checked > 1000
