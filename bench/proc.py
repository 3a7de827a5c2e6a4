"""CPU time and memory of a process tree, read from `/proc` (Linux only)."""

import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Places in /proc/<pid>/stat after the closing bracket of the program's name; see proc(5).
_PPID, _UTIME, _CSTIME, _RSS = 1, 11, 14, 21


def _stat(pid: str) -> list[str] | None:
    """The fields of a process after its name, or None when it has gone meanwhile."""
    try:
        text = Path("/proc", pid, "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return text[text.rindex(")") + 2 :].split()


def _tree(root: int) -> list[list[str]]:
    """The fields of `root` and of every live descendant."""
    names = (entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit())
    stats = {int(name): fields for name in names if (fields := _stat(name))}
    children: dict[int, list[int]] = {}
    for pid, fields in stats.items():
        children.setdefault(int(fields[_PPID]), []).append(pid)
    found: list[list[str]] = []
    queue = [root]
    while queue:
        pid = queue.pop()
        if pid in stats:
            found.append(stats[pid])
            queue.extend(children.get(pid, ()))
    return found


def cpu_seconds(root: int) -> float:
    """User and system time spent by the tree so far, with that of children that ended and were waited for."""
    ticks = sum(sum(map(int, fields[_UTIME : _CSTIME + 1])) for fields in _tree(root))
    return ticks / _TICK


def rss_mb(root: int) -> float:
    """Resident memory of the tree in megabytes (10^6 bytes); pages shared inside the tree count twice."""
    return sum(int(fields[_RSS]) for fields in _tree(root)) * _PAGE / 1e6
