"""A ticket's life in the configuration: the robot, hours, statuses, processes, templates, own scenarios."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import get_args

import pytest

from core.domain.calendars import ALWAYS
from core.domain.reopening import Reopening
from core.domain.robot import DEFAULT_AFTER, Scenario
from core.domain.scenarios import Action, Conditions, Happening, OwnScenario, Verb
from core.domain.tickets import Act, Status
from core.settings import read
from core.settings.life import WhenSettings
from tests.unit.small_settings import GROUPS, NOTE, PATH, SCENARIO, WROTE, complaint, settings

VENDOR = '[statuses.vendor]\nkind = "waiting"\nname = "Vendor"\n'


# The robot


def test_without_a_word_the_promises_are_those_from_the_box() -> None:
    found = settings()
    assert found.clocks("north").after == DEFAULT_AFTER
    assert found.clocks("north").calendar == ALWAYS
    assert found.robot.name == "Morty"
    assert found.robot.moves_ball
    assert found.scenario("north", "unaccepted").tell == ("supervisors",)
    assert found.scenario("north", "ask").after == timedelta(minutes=30)


def test_a_group_changes_what_it_gives_and_keeps_the_rest() -> None:
    found = settings(
        '[robot.unaccepted]\nafter = "20m"\ntell = ["group", "agent:olga"]\nby_mail = true\n'
        '[groups.north.robot.unaccepted]\nafter = "45m"\n'
    )
    north, south = (found.scenario(group, Scenario.UNACCEPTED) for group in ("north", "south"))
    assert (north.after, south.after) == (timedelta(minutes=45), timedelta(minutes=20))
    assert north.tell == south.tell == ("group", "agent:olga")
    assert north.by_mail
    assert found.clocks("north").after[Scenario.UNACCEPTED] == timedelta(minutes=45)
    assert found.clocks("gone").after[Scenario.UNACCEPTED] == timedelta(minutes=20)


def test_a_scenario_can_be_switched_off_for_all_and_on_again_for_one() -> None:
    found = settings("[robot.forgotten]\nenabled = false\n[groups.north.robot.forgotten]\nenabled = true\n")
    assert Scenario.FORGOTTEN in found.clocks("north").after
    assert Scenario.FORGOTTEN not in found.clocks("south").after


def test_a_robot_that_is_off_is_off_everywhere() -> None:
    found = settings(
        f"[robot]\nenabled = false\n[groups.north.robot.forgotten]\nenabled = true\n{WROTE}{NOTE}"
    )
    assert found.clocks("north").after == {}
    assert found.own_scenarios("north") == ()
    assert not found.scenario("north", "ask").enabled


def test_a_group_can_switch_the_robot_off_for_itself() -> None:
    found = settings(f"[groups.north.robot]\nenabled = false\n{WROTE}{NOTE}")
    assert found.clocks("north").after == {}
    assert found.own_scenarios("north") == ()
    assert len(found.clocks("south").after) == 5
    assert len(found.own_scenarios("south")) == 1


def test_the_environment_changes_a_groups_number() -> None:
    found = settings(GLAZOK_GROUPS_NORTH_ROBOT_UNACCEPTED_AFTER="45m", GLAZOK_ROBOT_MOVES_BALL="false")
    assert found.clocks("north").after[Scenario.UNACCEPTED] == timedelta(minutes=45)
    assert not found.robot.moves_ball


# Hours and reopening


def test_hours_arrive_in_the_groups_clocks() -> None:
    office = (
        '[calendars.office]\nzone = "Europe/Moscow"\nmonday = "9:00-18:00"\n'
        'sunday = ["00:00-01:00", "20:00-24:00"]\nholidays = ["2026-01-01", 2026-05-09]\n'
    )
    found = read(GROUPS.replace('"North"', '"North"\nhours = "office"') + office, PATH)
    assert found.clocks("south").calendar == ALWAYS
    north = found.clocks("north").calendar
    assert north.zone == "Europe/Moscow"
    assert north.week == {0: ((time(9), time(18)),), 6: ((time(0), time(1)), (time(20), time(0)))}
    assert north.holidays == {date(2026, 1, 1), date(2026, 5, 9)}


def test_a_letter_to_a_closed_ticket_by_group_and_channel() -> None:
    found = read(
        GROUPS.replace('"North"', '"North"\nreopen = { mail = "always", form = "never" }').replace(
            '"South"', '"South"\nreopen_days = 3'
        ),
        PATH,
    )
    assert found.reopening("north", "mail").policy == "always"
    assert found.reopening("north", "form").policy == "never"
    assert found.reopening("north", "telegram") == Reopening()
    assert found.reopening("south", "mail") == Reopening("window", timedelta(days=3))
    assert found.reopening("gone", "mail") == Reopening()


# Statuses, processes, templates


def test_a_status_that_no_process_names_is_the_standard_ones() -> None:
    found = settings(VENDOR)
    assert found.process("").kind_of("vendor") is Status.WAITING
    assert found.process("left long ago").key == "standard"


def test_a_named_status_belongs_to_its_process_only() -> None:
    found = settings(VENDOR + '[processes.hardware]\nstatuses = ["vendor"]\nwithout = "solved"\n')
    assert "vendor" in found.process("hardware").statuses
    assert "vendor" not in found.process("standard").statuses
    assert found.process("hardware").after("vendor", Act.SOLVE, owned=True) == "closed"
    assert found.process("standard").after("waiting", Act.SOLVE, owned=True) == "solved"


def test_the_standard_process_can_be_changed() -> None:
    found = settings(
        VENDOR + '[processes.standard]\nname = "Ours"\nstatuses = "vendor"\nwithout = "waiting"\n'
    )
    assert found.process("standard").name == "Ours"
    assert found.process("standard").first_of(Status.WAITING) == "vendor"


def test_a_rule_says_what_its_template_leaves_open() -> None:
    template = '[templates.vm]\nname = "VM"\npriority = "urgent"\nlanguage = "ru"\n'
    rule = '[[rules]]\nname = "r"\ngroup = "north"\nregion = []\ntemplate = "vm"\n'
    found = settings(template + rule)
    (one,) = found.routing_rules
    assert (one.template, one.priority, one.language) == ("vm", "urgent", "ru")
    (own,) = settings(template + rule + 'priority = "normal"\n').routing_rules
    assert own.priority == "normal"
    assert found.template("vm") is not None
    assert found.template("gone") is None


# Own scenarios


def test_a_scenario_arrives_in_the_domain() -> None:
    found = settings(
        VENDOR
        + SCENARIO
        + 'when = { status = "vendor", for = "2d" }\nif = { owner = "any", priority = "high", subject = "disk" }\n'
        + 'then = [{ notify = "owner", text = "{minutes} #{ticket}", by_mail = true }, { pass = "south" }]\n'
        + '[[scenarios]]\nname = "two"\nenabled = false\nwhen = { event = "opened" }\n'
        + NOTE
    )
    assert found.own_scenarios() == (
        OwnScenario(
            "one",
            status="vendor",
            after=timedelta(days=2),
            conditions=Conditions(owner="any", priority=("high",), subject=("disk",)),
            actions=(
                Action(Verb.NOTIFY, "owner", "{minutes} #{ticket}", True),
                Action(Verb.TO_GROUP, "south"),
            ),
        ),
    )


def test_the_file_knows_every_event_that_the_domain_knows() -> None:
    words = get_args(WhenSettings.model_fields["event"].annotation)
    assert set(words) - {""} == set(Happening)


@pytest.mark.parametrize("verb", list(Verb))
def test_the_file_knows_every_act_that_the_domain_knows(verb: Verb) -> None:
    value = {Verb.NOTIFY: "group", Verb.TO_GROUP: "south", Verb.STATUS: "waiting", Verb.PRIORITY: "low"}.get(
        verb, "x"
    )
    (found,) = settings(f'{WROTE}then = [{{ {verb} = "{value}" }}]').own_scenarios()
    assert found.actions == (Action(verb, value),)


# Mistakes


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "[robot]\nenabeld = true",
            'robot.enabeld: unknown key; did you mean "enabled"?',
        ),
        (
            '[robot.unaccepted]\nafter = "soon"',
            (
                'robot.unaccepted.after: found "soon"; allowed is a duration such as "90s", "15m", "2h", "3d", '
                "or whole "
                "seconds."
            ),
        ),
        (
            "[robot.unaccepted]\nafter = 0",
            "robot.unaccepted.after: found 0; allowed is a duration from a second to ten years (3650d).",
        ),
        (
            '[groups.north.robot.unaccepted]\ntell = ["supervisor"]',
            (
                'groups.north.robot.unaccepted.tell: "supervisor" is none of "supervisors", "group", '
                '"owner", "agent:LOGIN"; did you mean "supervisors"?'
            ),
        ),
        (
            '[robot.unacepted]\nafter = "1h"',
            'robot.unacepted: unknown key; did you mean "unaccepted"?',
        ),
        (
            '[calendars.office]\nzone = "Europe/Moskow"\nmonday = "09:00-18:00"',
            (
                'calendars.office.zone: found "Europe/Moskow"; allowed is the name of a time zone, such as '
                '"Europe/Moscow" '
                'or "UTC"; did you mean "Europe/Moscow"?'
            ),
        ),
        (
            '[calendars.office]\nmonday = "9-18"',
            (
                'calendars.office.monday: found "9-18"; allowed are hours such as "09:00-18:00", or a list of them; '
                '"24:00" is the end of the day.'
            ),
        ),
        (
            '[calendars.office]\nmonday = ["09:00-13:00", "12:00-18:00"]',
            (
                "calendars.office.monday: found a list; the spans of a day stand in order, and none begins "
                "before the last "
                "one ends."
            ),
        ),
        (
            '[calendars.office]\nmonday = "22:00-06:00"',
            (
                'calendars.office.monday: found "22:00-06:00"; a span ends after it begins; one over midnight '
                "is two, on "
                "two days."
            ),
        ),
        (
            '[calendars.office]\nzone = "UTC"',
            'calendars.office: needed are the hours of at least one day, such as monday = "09:00-18:00".',
        ),
        (
            '[calendars.office]\nmonday = "09:00-18:00"\nholidays = ["1.1.2026"]',
            (
                'calendars.office.holidays: found "1.1.2026"; allowed is a list of days, such as ["2026-01-01", '
                '"2026-05-09"].'
            ),
        ),
        (
            '[calendars.office]\nmonday = "09:00-18:00"\nholidays = ["2026-01-01", "2026-13-26"]',
            (
                'calendars.office.holidays: found "2026-13-26"; allowed is a list of days, such as ["2026-01-01", '
                '"2026-05-09"].'
            ),
        ),
        (
            '[calendars.office]\nmonday = ["09:00-13:00", "14-18"]',
            (
                'calendars.office.monday: found "14-18"; allowed are hours such as "09:00-18:00", or a list of them; '
                '"24:00" is the end of the day.'
            ),
        ),
        (
            '[groups.east]\nname = "East"\nhours = "ofice"\n[calendars.office]\nmonday = "09:00-18:00"',
            'groups.east.hours: there is no calendar "ofice"; did you mean "office"?',
        ),
        (
            '[groups.east]\nname = "East"\nreopen = "allways"',
            ('groups.east.reopen: "allways" is none of "window", "always", "never"; did you mean "always"?'),
        ),
        (
            '[statuses.vendor]\nkind = "wating"\nname = "V"',
            (
                'statuses.vendor.kind: found "wating"; allowed is one of "new", "needs_reply", "waiting", "solved", '
                '"closed"; did you mean "waiting"?'
            ),
        ),
        (
            '[statuses.solved]\nkind = "solved"\nname = "S"',
            "statuses.solved: a built-in status has this key; use another one.",
        ),
        (
            VENDOR + 'moves = ["wating"]',
            'statuses.vendor.moves: there is no status "wating" to move to; did you mean "waiting"?',
        ),
        (
            VENDOR + '[processes.p]\nstatuses = ["vender"]',
            'processes.p.statuses: there is no status "vender"; did you mean "vendor"?',
        ),
        (
            '[processes.p]\nwithout = ["closed"]',
            'processes.p.without: a process cannot be without "closed"; there are "needs_reply", "solved", "waiting".',
        ),
        (
            '[processes.p]\nwithout = ["waiting"]',
            'processes.p.without: without "waiting" it needs a status of its own of this kind.',
        ),
        (
            '[templates.vm]\nname = "VM"\nprocess = "standart"',
            'templates.vm.process: there is no process "standart"; did you mean "standard"?',
        ),
        (
            '[[rules]]\nname = "r"\ngroup = "north"\ntemplate = "wm"\n[templates.vm]\nname = "VM"',
            'rules[1 "r"].template: there is no template "wm"; there are "vm".',
        ),
        (
            SCENARIO + 'when = { event = "client_writes" }\n' + NOTE,
            (
                'scenarios[1 "one"].when.event: found "client_writes"; allowed is one of "opened", "client_wrote", '
                '"replied", "noted", "accepted", "released", "passed", "solved", "closed", "reopened", '
                '"bounced"; did you mean '
                '"client_wrote"?'
            ),
        ),
        (
            SCENARIO + 'when = { status = "waiting" }\n' + NOTE,
            (
                'scenarios[1 "one"].when: allowed is one of { event = "client_wrote" } and { status = "waiting", for '
                '= "2d" }.'
            ),
        ),
        (
            WROTE + 'if = { grup = "north" }\n' + NOTE,
            'scenarios[1 "one"].if.grup: unknown key; did you mean "group"?',
        ),
        (
            WROTE + 'if = { group = "nroth" }\n' + NOTE,
            'scenarios[1 "one"].if.group: there is no group "nroth"; did you mean "north"?',
        ),
        (
            WROTE + "then = []",
            (
                'scenarios[1 "one"].then: found a list; allowed is a list of tables, not empty, such as [{ notify = '
                '"supervisors" }].'
            ),
        ),
        (
            WROTE + 'then = [{ note = "n", status = "waiting" }]',
            (
                'scenarios[1 "one"].then[1]: allowed is exactly one of notify, assign, follow, pass, status, '
                "note, reply, "
                "priority, tag, untag."
            ),
        ),
        (
            WROTE + 'then = [{ note = "n", by_mail = true }]',
            'scenarios[1 "one"].then[1]: text and by_mail belong to notify.',
        ),
        (
            WROTE + 'then = [{ pass = "nroth" }]',
            'scenarios[1 "one"].then[1].pass: there is no group "nroth"; did you mean "north"?',
        ),
        (
            WROTE + 'then = [{ note = "{minuets}" }]',
            (
                'scenarios[1 "one"].then[1].note: found "{minuets}"; what stands in braces is one of "minutes", '
                '"time", '
                '"ticket", "subject", "client", "owner", "group", "status"; a brace of the text\'s own is doubled.'
            ),
        ),
        (
            WROTE + NOTE + WROTE + NOTE,
            'scenarios[2 "one"].name: scenario 1 has this name already; names are unique.',
        ),
    ],
)
def test_a_mistake_is_told_in_one_sentence(text: str, sentence: str) -> None:
    assert complaint(text) == sentence
