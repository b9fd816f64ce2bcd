"""The presence server over real sockets: who sees whose eye, who is refused, how it starts and stops."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from core import presence_protocol as protocol
from core.errors import ConfigError, Unavailable
from core.presence_frames import (
    BAD_TOKEN,
    NOT_ALLOWED,
    RESTARTING,
    TRY_LATER,
    Eye,
)
from presence_server.server import run, serving
from tests.servers.presence import QUICK, Pipe, SmallDesk, Wire, presence, shows, two_groups


@pytest.fixture
def desk() -> SmallDesk:
    return two_groups()


async def test_two_agents_of_a_group_see_each_others_eyes_and_another_group_sees_nothing(
    desk: SmallDesk,
) -> None:
    async with presence(desk) as (_, url):
        a, b, stranger = [await Wire.enter(url, desk.token(n), *desk.rooms[n]) for n in (1, 2, 3)]
        await a.send(protocol.at(1, [Eye("7", "g1", "v")]))
        await b.until(shows("7", ("a1", "v")))
        await b.send(protocol.at(1, [Eye("7", "g1", "w")]))
        await a.until(shows("7", ("a1", "v"), ("a2", "w")))
        # Something of its own shows that the stranger's connection is alive and heard nothing before.
        await stranger.send(protocol.at(1, [Eye("8", "g2", "v")]))
        assert (await stranger.expect("eyes"))["set"] == {"8": [["a3", "v"]]}


async def test_whoever_comes_later_gets_the_whole_picture_at_once(desk: SmallDesk) -> None:
    async with presence(desk) as (server, url):
        a = await Wire.enter(url, desk.token(1), "g1")
        await a.send(protocol.at(1, [Eye("7", "g1", "v")]))
        await a.until(shows("7", ("a1", "v")))
        b = await Wire.enter(url, desk.token(2), "g1")
        welcome, snap = b.inbox
        assert welcome == {
            "t": "welcome",
            "v": 1,
            "conn": "c2",
            "agent": "a2",
            "epoch": server.epoch,
            "tick": 50,
        }
        assert snap == {"t": "snap", "room": "g1", "seq": 1, "eyes": {"7": [["a1", "v"]]}}


async def test_closing_the_window_puts_the_eye_out_at_once(desk: SmallDesk) -> None:
    # Pings that never come show that it is the closing that does it.
    async with presence(desk, dataclasses.replace(QUICK, ping_interval=3600)) as (_, url):
        a, b = [await Wire.enter(url, desk.token(n), "g1") for n in (1, 2)]
        await a.send(protocol.at(1, [Eye("7", "g1", "v")]))
        await b.until(shows("7", ("a1", "v")))
        await a.close()
        await b.until(shows("7"))


async def test_a_machine_that_dies_without_a_word_is_gone_after_the_pings(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        b = await Wire.enter(url, desk.token(2), "g1")
        async with Pipe(url) as pipe:
            a = await Wire.enter(pipe.url, desk.token(1), "g1")
            await a.send(protocol.at(1, [Eye("7", "g1", "v")]))
            await b.until(shows("7", ("a1", "v")))
            pipe.is_frozen = True
            await b.until(shows("7"))


def test_the_products_own_times_let_no_ghost_live_longer_than_ten_seconds() -> None:
    from presence_server.limits import Limits

    limits = Limits()
    assert limits.ping_interval + limits.ping_timeout + limits.close_timeout <= 10


async def test_stale_announcements_do_not_bring_an_eye_back(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        a, b = [await Wire.enter(url, desk.token(n), "g1") for n in (1, 2)]
        await a.send(protocol.at(5, [Eye("7", "g1", "v")]))
        await b.until(shows("7", ("a1", "v")))
        await a.send(protocol.at(4, [Eye("8", "g1", "v")]))
        await a.send(protocol.chg("g1", "9", 1))
        assert (await b.until(lambda frame: "chg" in frame))["set"] == {}


async def test_hints_reach_the_room_but_not_their_sender_and_the_bridge_may_hint_anywhere(
    desk: SmallDesk,
) -> None:
    async with presence(desk) as (_, url):
        a, b = [await Wire.enter(url, desk.token(n), "g1") for n in (1, 2)]
        bridge = await Wire.enter(url, desk.token(0))
        assert bridge.inbox[0]["agent"] == ""
        await a.send(protocol.chg("g1", "9", 881))
        assert (await b.until(lambda frame: "chg" in frame))["chg"] == {"9": 881}
        await bridge.send(protocol.chg("g1", "10", 882))
        assert (await b.until(lambda frame: "chg" in frame))["chg"] == {"10": 882}
        assert (await a.until(lambda frame: "chg" in frame))["chg"] == {"10": 882}


async def test_a_system_actor_has_no_eye(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        bridge = await Wire.enter(url, desk.token(0), "g1")
        await bridge.send(protocol.at(1, [Eye("7", "g1", "w")]))
        assert (await bridge.expect("err"))["code"] == "system"


async def test_the_first_change_goes_at_once_and_what_follows_waits_for_the_tick(desk: SmallDesk) -> None:
    async with presence(desk, dataclasses.replace(QUICK, tick=3600)) as (_, url):
        a = await Wire.enter(url, desk.token(1), "g1")
        await a.send(protocol.at(1, [Eye("1", "g1", "v")]))
        await a.until(shows("1", ("a1", "v")))
        for n in range(2, 6):
            await a.send(protocol.at(n, [Eye(str(n), "g1", "v")]))
            # The answer shows that the server has come so far, and that nothing went out before it.
            await a.send(protocol.resync("g1"))
            assert (await a.expect("snap"))["eyes"] == {"1": [["a1", "v"]]}


async def test_what_a_busy_tick_has_gathered_goes_in_one_frame(desk: SmallDesk) -> None:
    async with presence(desk, dataclasses.replace(QUICK, tick=0.5)) as (_, url):
        a = await Wire.enter(url, desk.token(1), "g1")
        await a.send(protocol.at(1, [Eye("1", "g1", "v")]))
        await a.until(shows("1", ("a1", "v")))
        for n in range(2, 6):
            await a.send(protocol.at(n, [Eye(str(n), "g1", "v")]))
            await a.send(protocol.resync("g1"))
            await a.until(lambda frame: frame["t"] == "snap")
        frame = await a.until(shows("5", ("a1", "v")))
        assert frame["set"] == {"1": [], "5": [["a1", "v"]]}


async def test_a_gap_is_healed_by_asking_for_a_snapshot(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        a = await Wire.enter(url, desk.token(1), "g1")
        await a.send(protocol.at(1, [Eye("7", "g1", "v")]))
        await a.until(shows("7", ("a1", "v")))
        await a.send(protocol.resync("g1"))
        assert (await a.expect("snap"))["eyes"] == {"7": [["a1", "v"]]}


# Doors


async def test_rooms_of_others_are_refused_and_the_rest_goes_on(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        a = await Wire.open(url)
        await a.send(protocol.hello(desk.token(1), ["g2", "g1"], "test"))
        await a.expect("welcome")
        assert await a.receive() == {
            "t": "err", "code": "room", "re": 0, "msg": "not allowed in this room", "room": "g2"
        }  # fmt: skip
        assert (await a.expect("snap"))["room"] == "g1"
        await a.send(protocol.at(8, [Eye("7", "g2", "v"), Eye("6", "g1", "v")]))
        assert (await a.expect("err"))["re"] == 8
        await a.until(shows("6", ("a1", "v")))
        await a.send(protocol.chg("g2", "7", 1))
        assert (await a.expect("err"))["room"] == "g2"


async def test_someone_asked_from_outside_enters_the_room_of_that_ticket_alone(desk: SmallDesk) -> None:
    desk.tickets.add((3, "t1042"))
    async with presence(desk) as (_, url):
        guest = await Wire.enter(url, desk.token(3), "g2")
        await guest.send(protocol.sub(1, ["g2", "t1042", "t1043"]))
        assert (await guest.expect("snap"))["room"] == "t1042"
        assert (await guest.expect("err"))["room"] == "t1043"
        await guest.send(protocol.at(2, [Eye("1042", "t1042", "w")]))
        await guest.until(shows("1042", ("a3", "w")))


async def test_to_see_a_ticket_opens_no_group_that_has_its_number(desk: SmallDesk) -> None:
    desk.tickets.add((3, "t1"))
    async with presence(desk) as (_, url):
        guest, member = await Wire.enter(url, desk.token(3), "g2"), await Wire.enter(url, desk.token(1), "g1")
        await guest.send(protocol.at(1, [Eye("1", "g1", "v"), Eye("4711", "g1", "v")]))
        assert (await guest.expect("err"))["room"] == "g1"
        await guest.send(protocol.sub(2, ["g1", "t1"]))
        assert (await guest.expect("err"))["room"] == "g1"
        assert (await guest.expect("snap"))["room"] == "t1"
        assert (await member.expect("eyes"))["set"] == {"1": [["a3", "v"]]}


async def test_who_leaves_a_group_is_still_seen_on_a_ticket_that_they_may_see_and_hears_of_that_alone(
    desk: SmallDesk,
) -> None:
    desk.rooms[3] = {"g1", "g2"}
    desk.tickets.add((3, "t1"))
    async with presence(desk) as (server, url):
        guest = await Wire.enter(url, desk.token(3), "g1", "t1")
        member = await Wire.enter(url, desk.token(1), "g1")
        await guest.send(protocol.at(1, [Eye("1", "g1", "v"), Eye("7", "g1", "v")]))
        await member.until(lambda frame: frame.get("set") == {"1": [["a3", "v"]], "7": [["a3", "v"]]})
        desk.rooms[3] = {"g2"}
        await server.review()
        await member.until(lambda frame: frame.get("set") == {"7": []})
        assert (await guest.until(lambda frame: frame["t"] == "err"))["room"] == "g1"
        await member.send(protocol.at(1, [Eye("1", "g1", "w"), Eye("1", "t1", "w")]))
        assert (await guest.expect("eyes"))["room"] == "t1"


async def test_who_may_enter_none_of_the_rooms_is_sent_away(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        a = await Wire.open(url)
        await a.send(protocol.hello(desk.token(1), ["g2"], "test"))
        assert (await a.closed())[0] == NOT_ALLOWED


async def test_tokens_that_are_used_expired_foreign_or_nonsense_are_refused(desk: SmallDesk) -> None:
    async with presence(desk) as (server, url):
        used = desk.token(1)
        await Wire.enter(url, used, "g1")
        for token in (used, desk.old_token(1), desk.token(1)[:-1] + "!", "x", desk.token(99)):
            wire = await Wire.open(url)
            await wire.send(protocol.hello(token, ["g1"], "test"))
            assert await wire.closed() == (BAD_TOKEN, "token not accepted")
        assert server.connections == 1


async def test_a_desk_that_cannot_answer_asks_to_come_back_later(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        token, desk.out_of_order = desk.token(1), True
        wire = await Wire.open(url)
        await wire.send(protocol.hello(token, ["g1"], "test"))
        assert (await wire.closed())[0] == TRY_LATER


async def test_a_slow_database_holds_nobody_up(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        a, b = [await Wire.enter(url, desk.token(n), "g1") for n in (1, 2)]
        desk.open.clear()
        waiting = await Wire.open(url)
        await waiting.send(protocol.hello(desk.token(1), ["g1"], "test"))
        await a.send(protocol.at(1, [Eye("7", "g1", "v")]))
        await b.until(shows("7", ("a1", "v")))
        desk.open.set()
        await waiting.expect("welcome")


async def test_an_agent_who_loses_a_group_loses_its_eyes_there(desk: SmallDesk) -> None:
    desk.rooms[1] = {"g1", "g2"}
    async with presence(desk) as (server, url):
        a, b = await Wire.enter(url, desk.token(1), "g1", "g2"), await Wire.enter(url, desk.token(2), "g1")
        await a.send(protocol.at(1, [Eye("7", "g1", "v"), Eye("8", "g2", "v")]))
        await b.until(shows("7", ("a1", "v")))
        desk.rooms[1] = {"g2"}
        await server.review()
        await b.until(shows("7"))
        assert (await a.until(lambda frame: frame["t"] == "err"))["room"] == "g1"
        await a.send(protocol.at(2, [Eye("9", "g1", "v"), Eye("8", "g2", "w")]))
        assert (await a.until(lambda frame: frame["t"] == "err"))["re"] == 2
        await a.until(shows("8", ("a1", "w")))


async def test_who_loses_every_group_or_leaves_or_has_the_token_revoked_is_closed(desk: SmallDesk) -> None:
    desk.rooms[4] = {"g1"}
    async with presence(desk) as (server, url):
        revoked = desk.token(4)
        moved, gone = [await Wire.enter(url, desk.token(n), "g1") for n in (1, 2)]
        banned = await Wire.enter(url, revoked, "g1")
        bridge = await Wire.enter(url, desk.token(0))
        desk.rooms[1] = set()
        del desk.rooms[2]
        desk.revoked.add(revoked)
        await server.review()
        assert (await moved.closed())[0] == NOT_ALLOWED
        assert (await gone.closed())[0] == BAD_TOKEN
        assert (await banned.closed())[0] == BAD_TOKEN
        assert server.connections == 1, "the bridge is not an agent"
        await bridge.close()


async def test_the_review_comes_by_itself_and_survives_a_broken_database(desk: SmallDesk) -> None:
    async with presence(desk, dataclasses.replace(QUICK, recheck=0.05)) as (_, url):
        a = await Wire.enter(url, desk.token(1), "g1")
        desk.out_of_order = True
        await asyncio.sleep(0.2)
        desk.out_of_order = False
        del desk.rooms[1]
        assert (await a.closed())[0] == BAD_TOKEN


# Start and stop


async def test_stopping_says_goodbye_and_when_to_come_back(desk: SmallDesk) -> None:
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    limits = dataclasses.replace(QUICK, retry_ms=(200, 3000))
    task = asyncio.create_task(run(("127.0.0.1", 0), desk, stop=stop, ready=ready.set_result, limits=limits))
    url = f"ws://127.0.0.1:{await ready}/"
    a = await Wire.enter(url, desk.token(1), "g1")
    stop.set()
    assert await a.expect("bye") == {"t": "bye", "code": 1012, "retry_ms": [200, 3000]}
    assert (await a.closed())[0] == RESTARTING
    await task


async def test_a_port_that_is_taken_is_named(desk: SmallDesk) -> None:
    async with presence(desk) as (server, _):
        with pytest.raises(Unavailable, match=f"Port {server.port} on 127.0.0.1 is taken"):
            async with presence(desk, port=server.port):
                pass


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "desk.example"])
async def test_it_does_not_listen_where_others_could_hear_tokens(desk: SmallDesk, host: str) -> None:
    with pytest.raises(ConfigError, match="TLS"):
        async with serving((host, 0), desk):
            pass
