"""What the chat page promises: four streams without a dropped frame, and a long room open at once.

On a machine with other work a frame is late when the page had to wait for a processor. So the page's own share is
held in any case: the processor time of the main thread's longest task, and of all that opening took. Times by the
clock are printed always, and held where the machine has a processor to spare.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest
from e2e_words import say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from e2e_stage import Open, Person
    from playwright.sync_api import Browser, CDPSession

pytestmark = pytest.mark.proof

FRAME_MS = 50
OPEN_MS = 300
STREAMS = 4
SECONDS = 6

_WATCH_FRAMES = """() => {
  window.frames_ = [];
  let last = performance.now();
  const next = (now) => {
    window.frames_.push(now - last);
    last = now;
    window.watching_ = requestAnimationFrame(next);
  };
  window.watching_ = requestAnimationFrame(next);
}"""

_FILL = """async (turns) => {
  const open = indexedDB.open("modelport-chat");
  const db = await new Promise((ok) => { open.onsuccess = () => ok(open.result); });
  const write = db.transaction(["rooms", "turns", "answers"], "readwrite");
  const slot = { id: "s", model: "acme/writer", on: true, parameters: {} };
  const room = { id: "long", title: "Long", pinned: false, createdAt: 1, updatedAt: 1, system: "", slots: [slot] };
  write.objectStore("rooms").put({ ...room, leaf: `t${turns - 1}` });
  const part = "Some **words** with `code`, and:\\n\\n- one\\n- two\\n\\n```js\\nlet x = 1;\\n```\\n\\nMore. ";
  const words = part.repeat(3);
  for (let i = 0; i < turns; i++) {
    const common = { roomId: "long", createdAt: i };
    const parentId = i ? `t${i - 1}` : null;
    write.objectStore("turns").put({ ...common, id: `t${i}`, parentId, text: `Question ${i}`, attachments: [] });
    write.objectStore("answers").put({ ...common, id: `a${i}`, turnId: `t${i}`, slotId: "s", model: "acme/writer",
      text: `Answer ${i}. ${words}`, reasoning: "", state: "done", figures: {} });
  }
  await new Promise((ok, no) => { write.oncomplete = ok; write.onerror = () => no(write.error); });
}"""

_OPEN = """async () => {
  const began = performance.now();
  [...document.querySelectorAll("button")].find((each) => each.textContent === "Long").click();
  while (!document.querySelector("main").innerText.includes("Question 999")) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""


def is_quiet() -> bool:
    """Whether there is a processor for a browser and a server."""
    return os.getloadavg()[0] < (os.cpu_count() or 1)


def longest_task(trace: bytes) -> float:
    """The most processor time that one task of a page's main thread took, in milliseconds."""
    events: list[dict[str, Any]] = json.loads(trace)["traceEvents"]
    main = {(e["pid"], e["tid"]) for e in events if e.get("args", {}).get("name") == "CrRendererMain"}
    tasks = [e for e in events if (e["pid"], e["tid"]) in main and e["name"].endswith("RunTask") and "tdur" in e]
    assert tasks
    return max(e["tdur"] for e in tasks) / 1000


def test_four_streams_at_a_hundred_tokens_a_second_drop_no_frame(
    open_page: Open, browser: Browser, ada: Person
) -> None:
    page = open_page("/chat?model=acme/writer", person=ada, width=1600)
    for _ in range(STREAMS - 1):
        page.get_by_role("button", name=say("en", "chat.addModel")).first.click()
        page.get_by_role("combobox", name=say("en", "chat.findModel")).fill("acme writer")
        page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name=say("en", "chat.write"))
    # Once to have everything loaded, then the one that counts.
    for tokens in (20, SECONDS * 100):
        field.fill(f"fake: tokens={tokens} interval_ms=10")
        field.press("Enter")
        if tokens > 20:
            browser.start_tracing(page=page, categories=["toplevel"])
            page.evaluate(_WATCH_FRAMES)
        expect(page.get_by_role("button", name=say("en", "chat.stopAll"))).to_be_hidden()
    frames: list[float] = page.evaluate("() => { cancelAnimationFrame(window.watching_); return window.frames_; }")
    task = longest_task(browser.stop_tracing())
    worst, dropped = max(frames), [each for each in frames if each > FRAME_MS]
    figures = {"frames": len(frames), "worst_ms": round(worst, 1), "over_50_ms": len(dropped)}
    sys.stdout.write(json.dumps({**figures, "longest_task_cpu_ms": round(task, 1)}))
    assert task < FRAME_MS
    assert not is_quiet() or not dropped


def busy(session: CDPSession) -> float:
    """Processor time of the page's main thread until now, in milliseconds."""
    metrics: Any = session.send("Performance.getMetrics")["metrics"]
    return next(each["value"] for each in metrics if each["name"] == "TaskDuration") * 1000


def test_a_room_of_two_thousand_messages_opens_at_once(open_page: Open, ada: Person) -> None:
    page = open_page("/chat?model=acme/writer", person=ada)
    field = page.get_by_role("textbox", name=say("en", "chat.write"))
    field.fill("fake: tokens=5")
    field.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("$0")
    page.evaluate(_FILL, 1000)
    page.reload()
    expect(page.get_by_role("button", name="Long", exact=True)).to_be_visible()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = busy(session)
    took: Any = page.evaluate(_OPEN)
    cpu = busy(session) - before
    sys.stdout.write(json.dumps({"messages": 2000, "open_ms": round(took), "cpu_ms": round(cpu)}))
    assert cpu < OPEN_MS
    assert not is_quiet() or took < OPEN_MS
