# SPDX-License-Identifier: Apache-2.0
"""Enqueues jobs with pgqueuer in thousands, works through them with a handler that does nothing, and prints how fast.

usage: pgqueuer.py URL JOBS
"""

import asyncio
import sys
import time

# The folder of this file has a module of the same name.
sys.path.pop(0)

import asyncpg  # noqa: E402
import uvloop  # noqa: E402
from pgqueuer import PgQueuer, Queries  # noqa: E402
from pgqueuer.types import QueueExecutionMode  # noqa: E402

BATCH = 1_000
PAYLOAD = b'{"number":7,"text":"' + b"x" * 74 + b'"}'


async def main(url: str, count: int) -> None:
    connection = await asyncpg.connect(url)
    queries = Queries.from_asyncpg_connection(connection)
    if not await queries.schema_is_installed():
        await queries.install()
    await queries.clear_queue()

    start = time.monotonic()
    for _ in range(count // BATCH):
        await queries.enqueue(["bench"] * BATCH, [PAYLOAD] * BATCH, [0] * BATCH)
    print(f"enqueue_bulk {count / (time.monotonic() - start):.1f}")

    worker = PgQueuer.from_asyncpg_connection(connection)
    done = 0

    @worker.entrypoint("bench")
    async def handle(job) -> None:
        nonlocal done
        done += 1

    start = time.monotonic()
    await worker.run(batch_size=100, mode=QueueExecutionMode.drain)
    taken = time.monotonic() - start
    if done < count:
        sys.exit(f"{done} of {count} jobs were done")
    print(f"work {count / taken:.1f}")
    await connection.close()
    # Its tables go with the database, or stay for the next run.


uvloop.run(main(sys.argv[1], int(sys.argv[2])))
