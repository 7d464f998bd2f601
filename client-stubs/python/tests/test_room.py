"""Room: the order of those who wait, and that none of it is lost."""

import asyncio

from amqp_sidecar._room import Room


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_nobody_overtakes_who_was_given_room_and_has_not_run_yet() -> None:
    room = Room(1)
    got: list[str] = []

    async def take(name: str) -> None:
        await room.take()
        got.append(name)

    await take("first")
    second = asyncio.create_task(take("second"))
    await turns()
    third = asyncio.create_task(take("third"))  # begins before the second goes on
    room.free()
    await turns()
    assert got == ["first", "second"]
    room.free()
    await asyncio.wait({second, third}, timeout=5)
    assert got == ["first", "second", "third"]


async def test_who_is_cancelled_with_room_leaves_it_to_the_next() -> None:
    room = Room(1)
    await room.take()
    waiting = [asyncio.create_task(room.take()) for _ in range(3)]
    await turns()
    waiting[1].cancel()  # waits
    room.free()
    waiting[0].cancel()  # has room, and has not run yet
    await asyncio.wait({waiting[2]}, timeout=5)
    assert waiting[2].done()
    assert [task.cancelled() for task in waiting] == [True, True, False]
    room.free()
    assert room.empty.is_set()


async def test_room_is_given_for_as_many_as_it_holds() -> None:
    room = Room(3)
    tasks = [asyncio.create_task(room.take()) for _ in range(10)]
    for expected in (3, 4, 6):
        await turns()
        assert sum(task.done() for task in tasks) == expected
        for _ in range(1 if expected == 3 else 2):
            room.free()
    room.close()  # also for the two that have room, and have not run yet
    await asyncio.wait(tasks)
    assert sum(task.exception() is not None for task in tasks) == 4
