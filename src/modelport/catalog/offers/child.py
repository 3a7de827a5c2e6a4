"""Reads the data packages in a process of its own, so that the server keeps neither their half second nor their memory.

`python -m modelport.catalog.offers.child` prints every offer as one line of JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

import msgspec

from modelport.catalog.offers.offer import Offer

__all__ = ["read_packages"]

_OFFERS = msgspec.json.Decoder(list[Offer])
_SECONDS = 60.0


async def read_packages() -> list[Offer]:
    """Every offer of the packages.

    Raises `OSError` when the process fails or takes too long.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await asyncio.wait_for(child.communicate(), _SECONDS)
    except TimeoutError:
        raise OSError("reading the data packages takes too long") from None
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode:
        raise OSError(f"reading the data packages failed with exit code {child.returncode}")
    return await asyncio.to_thread(_OFFERS.decode, output)


def _main() -> None:
    from modelport.catalog.offers.packages import offers  # noqa: PLC0415 (needed in the child only)

    os.nice(10)  # people are waiting for the server's first answers meanwhile
    sys.stdout.buffer.write(msgspec.json.encode(offers()))


if __name__ == "__main__":
    _main()
