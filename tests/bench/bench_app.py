"""The dashboard on a benchmark's engine: `bench_app.py STATE_DIR RATE SECONDS`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lktui.first_paint import hurry
from lktui.invocation import Invocation
from lktui.running import run_app
from lktui.session.engine_client import ChildEngine, EngineOptions
from lktui.store.paths import Paths
from tests.bench.long_talk import SESSION

ENGINE = Path(__file__).with_name("bench_engine.py")


class BenchOptions(EngineOptions, frozen=True):
    """Starts the benchmark's engine instead."""

    rate: str = "0"
    seconds: str = "0"

    def arguments(self, fd: int) -> list[str]:
        return [
            sys.executable, str(ENGINE), str(fd), self.rate, self.seconds,
            f"--state-dir={self.state_dir}",
        ]  # fmt: skip


def main() -> None:
    hurry()
    folder, rate, seconds = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    paths = Paths.of(str(folder / "config"), str(folder / "state"))
    paths.state_dir.mkdir(parents=True, exist_ok=True)
    options = BenchOptions(
        config_dir=paths.config_dir,
        state_dir=paths.state_dir,
        log_file=paths.log_file,
        rate=rate,
        seconds=seconds,
    )
    engine = ChildEngine(options)
    engine.spawn()
    show = SESSION if float(rate) else None
    run_app(Invocation(paths=paths, env=dict(os.environ)), engine, show=show)


if __name__ == "__main__":
    main()
