"""The SMTP adapter against a real server that can fail at every step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from core.errors import Unavailable
from mailbridge.servers import LoginRefused, Security, Server
from mailbridge.smtp import FateUnknown, Phase, SmtpSink
from tests.servers.smtp import SmtpServer
from tests.servers.smtp_talk import Step
from tests.servers.tls import Ca

RAW = b"From: a@desk.example\r\nSubject: x\r\n\r\nHello\r\n.\r\n..two\r\n.three\r\n"
SENDER = "support@desk.example"

MakeServer = Callable[..., SmtpServer]


def sink_of(
    server: SmtpServer, *, security: Security = "plain", user: str = "", password: str = "pw"
) -> SmtpSink:
    return SmtpSink(Server(server.host, server.port, security, user, lambda: password, what="SMTP"))


class Steps:
    """Records the announced phases; can refuse one."""

    def __init__(self, refuse: Phase | None = None) -> None:
        self.seen: list[Phase] = []
        self.refuse = refuse

    async def __call__(self, phase: Phase) -> None:
        if phase == self.refuse:
            raise Unavailable("the database is locked")
        self.seen.append(phase)


async def test_the_stored_bytes_arrive_unchanged_and_every_step_is_announced(smtp_server: SmtpServer) -> None:
    sink, steps = sink_of(smtp_server), Steps()
    results = await sink.deliver(SENDER, ["a@x.example", "b@x.example"], RAW, steps)
    await sink.close()
    (got,) = smtp_server.received
    assert got.data == RAW
    assert (got.envelope_from, got.recipients) == (SENDER, ("a@x.example", "b@x.example"))
    assert all(result.taken for result in results.values())
    assert steps.seen == ["connect", "mail", "rcpt", "data"]


async def test_automatic_letters_go_with_the_null_sender(smtp_server: SmtpServer) -> None:
    sink = sink_of(smtp_server)
    await sink.deliver("", ["a@x.example"], RAW, Steps())
    await sink.close()
    assert smtp_server.received[0].envelope_from == ""


async def test_each_recipient_has_a_result_of_its_own(smtp_server: SmtpServer) -> None:
    smtp_server.fail("rcpt", "550 5.1.1 No such user", address="gone@x.example")
    smtp_server.fail("rcpt", "451 4.7.1 Greylisted", address="grey@x.example")
    sink = sink_of(smtp_server)
    results = await sink.deliver(SENDER, ["a@x.example", "gone@x.example", "grey@x.example"], RAW, Steps())
    await sink.close()
    assert smtp_server.received[0].recipients == ("a@x.example",)
    assert results["a@x.example"].taken
    assert (results["gone@x.example"].code, results["grey@x.example"].code) == (550, 451)
    assert results["grey@x.example"].temporary
    assert "No such user" in results["gone@x.example"].text


async def test_nobody_accepted_means_no_data(smtp_server: SmtpServer) -> None:
    smtp_server.fail("rcpt", "550 5.1.1 No such user")
    sink, steps = sink_of(smtp_server), Steps()
    results = await sink.deliver(SENDER, ["a@x.example"], RAW, steps)
    assert results["a@x.example"].code == 550
    assert "data" not in steps.seen
    smtp_server.heal()
    assert (await sink.deliver(SENDER, ["a@x.example"], RAW, Steps()))["a@x.example"].taken
    await sink.close()


@pytest.mark.parametrize("step", ["mail", "data", "dot"])
async def test_a_refused_letter_is_refused_for_everybody(smtp_server: SmtpServer, step: Step) -> None:
    smtp_server.fail(step, "554 5.7.1 Spam", times=1)
    sink = sink_of(smtp_server)
    results = await sink.deliver(SENDER, ["a@x.example", "b@x.example"], RAW, Steps())
    assert {result.code for result in results.values()} == {554}
    assert (await sink.deliver(SENDER, ["a@x.example"], RAW, Steps()))["a@x.example"].taken
    await sink.close()
    assert len(smtp_server.received) == 1


async def test_one_connection_serves_many_letters(smtp_server: SmtpServer) -> None:
    sink = sink_of(smtp_server)
    for _ in range(20):
        await sink.deliver(SENDER, ["a@x.example"], RAW, Steps())
    await sink.close()
    assert (len(smtp_server.received), smtp_server.connections) == (20, 1)


async def test_an_idle_connection_that_was_closed_is_opened_again_once(smtp_server: SmtpServer) -> None:
    sink = sink_of(smtp_server)
    await sink.deliver(SENDER, ["a@x.example"], RAW, Steps())
    smtp_server.drop_connections()
    assert (await sink.deliver(SENDER, ["a@x.example"], RAW, Steps()))["a@x.example"].taken
    smtp_server.fail("mail", "421 4.4.2 Idle too long", times=1)
    assert (await sink.deliver(SENDER, ["a@x.example"], RAW, Steps()))["a@x.example"].taken
    await sink.close()
    assert (len(smtp_server.received), smtp_server.connections) == (3, 3)


@pytest.mark.parametrize("step", ["connect", "ehlo", "mail", "rcpt", "data"])
async def test_a_drop_before_the_letter_is_only_unavailable(smtp_server: SmtpServer, step: Step) -> None:
    smtp_server.drop(step)
    sink, steps = sink_of(smtp_server), Steps()
    with pytest.raises(Unavailable) as caught:
        await sink.deliver(SENDER, ["a@x.example"], RAW, steps)
    assert not isinstance(caught.value, FateUnknown)
    assert "data" not in steps.seen
    assert str(caught.value) == f"SMTP server 127.0.0.1:{smtp_server.port}: the connection was lost"
    assert smtp_server.received == []
    await sink.close()


@pytest.mark.parametrize("step", ["body", "dot"])
async def test_a_drop_after_the_letter_leaves_its_fate_unknown(smtp_server: SmtpServer, step: Step) -> None:
    smtp_server.drop(step)
    sink, steps = sink_of(smtp_server), Steps()
    with pytest.raises(FateUnknown):
        await sink.deliver(SENDER, ["a@x.example"], RAW, steps)
    assert steps.seen[-1] == "data"
    await sink.close()


async def test_a_reused_connection_that_breaks_after_the_letter_is_not_tried_again(
    smtp_server: SmtpServer,
) -> None:
    sink = sink_of(smtp_server)
    await sink.deliver(SENDER, ["a@x.example"], RAW, Steps())
    smtp_server.drop("dot")
    with pytest.raises(FateUnknown):
        await sink.deliver(SENDER, ["a@x.example"], RAW, Steps())
    await sink.close()
    assert len(smtp_server.received) == 2


@pytest.mark.parametrize("phase", ["connect", "mail", "rcpt", "data"])
async def test_a_step_that_cannot_be_noted_is_not_taken(smtp_server: SmtpServer, phase: Phase) -> None:
    sink = sink_of(smtp_server)
    with pytest.raises(Unavailable, match="locked"):
        await sink.deliver(SENDER, ["a@x.example"], RAW, Steps(refuse=phase))
    await sink.close()
    assert smtp_server.received == []


async def test_starttls_is_required_not_opportunistic(
    make_smtp_server: MakeServer, ca: Ca, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca.ca_file))
    with pytest.raises(Unavailable, match="offers no STARTTLS"):
        await sink_of(make_smtp_server(), security="starttls").deliver(SENDER, ["a@x.example"], RAW, Steps())
    server = make_smtp_server(tls="starttls", users={"u": "pw"})
    sink = sink_of(server, security="starttls", user="u")
    await sink.deliver(SENDER, ["a@x.example"], RAW, Steps())
    await sink.close()
    assert (server.received[0].tls, server.received[0].login) == (True, "u")


async def test_implicit_tls_is_verified(
    make_smtp_server: MakeServer, ca: Ca, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = make_smtp_server(tls="tls")
    with pytest.raises(Unavailable, match="certificate is not trusted"):
        await sink_of(server, security="tls").deliver(SENDER, ["a@x.example"], RAW, Steps())
    monkeypatch.setenv("SSL_CERT_FILE", str(ca.ca_file))
    sink = sink_of(server, security="tls")
    await sink.deliver(SENDER, ["a@x.example"], RAW, Steps())
    await sink.close()
    assert server.received[0].tls


async def test_a_wrong_password_is_told_apart(make_smtp_server: MakeServer) -> None:
    server = make_smtp_server(users={"u": "right"})
    with pytest.raises(LoginRefused, match="user u or the password"):
        await sink_of(server, user="u", password="wrongly").deliver(SENDER, ["a@x.example"], RAW, Steps())
    server.fail("auth", "454 4.7.0 Temporary authentication failure")
    with pytest.raises(Unavailable) as caught:
        await sink_of(server, user="u", password="right").deliver(SENDER, ["a@x.example"], RAW, Steps())
    assert not isinstance(caught.value, LoginRefused)


async def test_nobody_listening_says_host_and_port(smtp_server: SmtpServer) -> None:
    smtp_server.stop()
    with pytest.raises(Unavailable, match=rf"SMTP server 127\.0\.0\.1:{smtp_server.port}: refused"):
        await sink_of(smtp_server).deliver(SENDER, ["a@x.example"], RAW, Steps())


async def test_domains_travel_as_a_labels(smtp_server: SmtpServer) -> None:
    sink = sink_of(smtp_server)
    results = await sink.deliver(SENDER, ["client@почта.рф"], RAW, Steps())
    await sink.close()
    assert results["client@почта.рф"].taken
    assert smtp_server.received[0].recipients == ("client@xn--80a1acny.xn--p1ai",)


async def test_a_foreign_local_part_needs_smtputf8(make_smtp_server: MakeServer) -> None:
    plain, modern = make_smtp_server(), make_smtp_server(utf8=True)
    sink = sink_of(plain)
    results = await sink.deliver(SENDER, ["почта@x.example", "a@x.example"], RAW, Steps())
    await sink.close()
    assert (results["почта@x.example"].code, results["a@x.example"].taken) == (553, True)
    assert "SMTPUTF8" in results["почта@x.example"].text
    sink = sink_of(modern)
    results = await sink.deliver(SENDER, ["почта@x.example"], RAW, Steps())
    await sink.close()
    assert results["почта@x.example"].taken
    assert (modern.received[0].recipients, modern.received[0].utf8) == (("почта@x.example",), True)


@pytest.mark.parametrize(
    "bad", ["a@x\r\nRCPT TO:<spy@evil.example>", "nobody", "a b@x.example", "<a@x.example>"]
)
async def test_what_is_no_address_is_never_sent(smtp_server: SmtpServer, bad: str) -> None:
    sink = sink_of(smtp_server)
    results = await sink.deliver(SENDER, [bad, "a@x.example"], RAW, Steps())
    await sink.close()
    assert results[bad].code == 553
    assert smtp_server.received[0].recipients == ("a@x.example",)


async def test_a_letter_over_the_servers_limit_is_refused_before_it_is_sent(
    make_smtp_server: MakeServer,
) -> None:
    sink, steps = sink_of(make_smtp_server(size_limit=50)), Steps()
    results = await sink.deliver(SENDER, ["a@x.example"], RAW, steps)
    await sink.close()
    assert results["a@x.example"].code == 552
    assert "data" not in steps.seen


async def test_the_answer_to_the_dot_may_take_its_time(smtp_server: SmtpServer) -> None:
    smtp_server.hang("dot")
    sink, steps = sink_of(smtp_server), Steps()
    sending = asyncio.create_task(sink.deliver(SENDER, ["a@x.example"], RAW, steps))
    await asyncio.to_thread(smtp_server.wait_for, 1)
    assert not sending.done()
    smtp_server.release()
    assert (await sending)["a@x.example"].taken
    await sink.close()
