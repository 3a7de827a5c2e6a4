"""One server, one browser and one page a test; a page that fails in any way fails its test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from e2e_stage import Person, Stage, browser_open, watch
from e2e_till import Till
from playwright.sync_api import expect

from modelport.web.files import BUILT
from people.identity_servers import an_openid_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e_stage import Open
    from playwright.sync_api import Browser, Page

LANGUAGES = ("en", "zh-CN")
expect.set_options(timeout=20_000)  # a busy machine is no fault of a page


_IN_BOTH = {"first_run", "journeys", "keys", "paying"}
"""What is walked in both languages with every run; the rest is seen in Chinese, and in English by `make proof`."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that wants a `language` is run in each."""
    if "language" not in metafunc.fixturenames:
        return
    if metafunc.definition.path.stem.removeprefix("test_e2e_") not in _IN_BOTH:
        metafunc.parametrize("language", [pytest.param("en", marks=pytest.mark.proof), "zh-CN"])
    else:
        metafunc.parametrize("language", LANGUAGES)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    if not (BUILT / "index.html").is_file():
        pytest.skip("the web app is not built: make web")
    with an_openid_server() as openid:
        made = Stage(tmp_path_factory.mktemp("stage"), openid=openid)
        yield made
        made.stop()


@pytest.fixture(scope="session")
def browser(stage: Stage) -> Iterator[Browser]:
    with browser_open() as found:
        yield found


@pytest.fixture
def open_page(stage: Stage, browser: Browser) -> Iterator[Open]:
    """Opens a page as a reader of some language, perhaps signed in; no page may have had a fault in the end."""
    opened: list[tuple[Page, list[str]]] = []

    def open_(address: str, *, elsewhere: str | None = None, **how: Any) -> Page:
        page = stage.context(browser, **how).new_page()
        opened.append((page, watch(page, stage.url, elsewhere)))
        page.goto(address)
        return page

    yield open_
    faults = [fault for _, found in opened for fault in found]
    for page, _ in opened:
        page.context.close()
    assert not faults


@pytest.fixture(scope="session")
def root(stage: Stage) -> Person:
    """An operator of the server."""
    return stage.person("root@example.test", operator=True)


@pytest.fixture(scope="session")
def ada(stage: Stage) -> Person:
    """Somebody with credits."""
    return stage.person("ada@example.test")


@pytest.fixture(scope="session")
def generation(stage: Stage, ada: Person) -> str:
    """One of ada's generations, of a month of use."""
    return stage.history(ada)


@pytest.fixture(scope="session")
def furniture(stage: Stage, ada: Person, generation: str) -> dict[str, str]:
    """What addresses of ada's pages name."""
    return {"generation": generation, **stage.furnish(ada)}


@pytest.fixture(scope="session")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    """A server that takes money, with the processors behind it."""
    if not (BUILT / "index.html").is_file():
        pytest.skip("the web app is not built: make web")
    made = Till(tmp_path_factory.mktemp("till"))
    yield made
    made.stop()


@pytest.fixture
def open_till(till: Till, browser: Browser) -> Iterator[Open]:
    """Opens a page of the till's server; it may lead to the processors' pages, and nowhere else."""
    opened: list[tuple[Page, list[str]]] = []

    def open_(address: str, **how: Any) -> Page:
        page = till.context(browser, **how).new_page()
        opened.append((page, watch(page, till.url)))
        page.goto(address)
        return page

    yield open_
    allowed = tuple(f"elsewhere: {host}" for host in till.hosts)
    faults = [fault for _, found in opened for fault in found if not fault.startswith(allowed)]
    for page, _ in opened:
        page.context.close()
    assert not faults
