"""`make dev`: the server with the scripted provider beside it, in a data directory of its own. No keys needed."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from pathlib import Path

MODELPORT = str(Path(sys.executable).with_name("modelport"))
CATALOG = str(Path(__file__).with_name("dev-catalog.yaml"))


def main() -> int:
    """Both programs are in the terminal's process group, so that Ctrl-C reaches each of them once."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--host", "--port", "--data-dir"):
        parser.add_argument(name, required=True)
    given = parser.parse_args()
    data = ("--data-dir", given.data_dir)
    subprocess.run([MODELPORT, "init", *data], check=True)
    subprocess.run([MODELPORT, "catalog", "apply", CATALOG, *data], check=True)
    fake = subprocess.Popen([MODELPORT, "fake-provider"])
    try:
        server = subprocess.Popen(
            [MODELPORT, "serve", "--host", given.host, "--port", given.port, "--no-local-model", *data]
        )
        # From here on Ctrl-C is for the two of them; we stay until the server has stopped in good order.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return server.wait()
    finally:
        fake.terminate()
        fake.wait(10)


if __name__ == "__main__":
    sys.exit(main())
