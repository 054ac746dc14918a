"""The times of schedules: what is translated fires when AWS fired, by an oracle that reads minute by minute."""

from __future__ import annotations

import zoneinfo
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecs2k8s.assess.aws_cron import AwsCron
from ecs2k8s.assess.schedules import hold_unproved, schedule_proofs
from ecs2k8s.core.cron_fields import UnreadableError
from ecs2k8s.core.kubernetes_cron import Cron, CronError
from ecs2k8s.core.schedule_expressions import convert
from ecs2k8s.core.zones import instants, repeated, zone
from ecs2k8s.pipeline import translate
from ecs2k8s.translate.handover_steps import handover_steps
from tests import schedule_oracle as oracle
from tests.estates import estate

RUNS = 50
UTC_ZONE = zoneinfo.ZoneInfo("UTC")
START = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = ["Etc/UTC", "Europe/Berlin", "America/Santiago", "Africa/Cairo", "Australia/Lord_Howe", "America/New_York"]
# platform.md 7.3: what AWS has, and what Kubernetes has for it.
VECTORS = {
    "0 20 * * ? *": "0 20 * * *",
    "0/15 8-17 ? * MON-FRI *": "*/15 8-17 * * 1-5",
    "30 9 ? * 2-6 *": "30 9 * * 1-5",
    "0 2 ? * 1 *": "0 2 * * 0",
    "0 0 1 * ? *": "0 0 1 * *",
    "5 0/6 * * ? *": "5 */6 * * *",
    "10 3 */2 * ? *": "10 3 */2 * *",
    "0 7 1/10 * ? *": "0 7 */10 * *",
    "0 6 ? * FRI-MON *": "0 6 * * 0,1,5,6",
    "0 6 ? * 7-2 *": "0 6 * * 0,1,6",
    "0 22-2 * * ? *": "0 0,1,2,22,23 * * *",
    "0 9 ? * L *": "0 9 * * 6",
    "0 1 L APR,JUN ? *": "0 1 30 4,6 *",
    "0 9 ? JUL MON *": "0 9 * 7 1",
    "1/7 * * * ? *": "1-59/7 * * * *",
    "0 12 ? * 2/2 *": "0 12 * * 1,3,5",
}
HELD = {
    "0 1 L * ? *": "last-day-of-month",
    "0 1 3W * ? *": "nearest-weekday",
    "0 9 LW * ? *": "nearest-weekday",
    "0 9 ? * 3#2 *": "nth-weekday",
    "0 9 ? * 6L *": "nth-weekday",
    "0 9 1 1 ? 2027": "schedule-of-years",
}


def fires(expression: str, zone_name: str = "Etc/UTC") -> list[datetime]:
    its = zoneinfo.ZoneInfo(zone_name)
    return list(islice(oracle.times(oracle.aws_fits(expression), its, START, again=False), RUNS))


@pytest.mark.parametrize(("source", "schedule"), VECTORS.items())
def test_each_vector_has_its_form_and_fires_at_the_same_times(source: str, schedule: str) -> None:
    said = convert(f"cron({source})", "Etc/UTC", None, None)
    assert (said.schedule, said.exact) == (schedule, True)
    found = list(islice(oracle.times(oracle.kubernetes_fits(schedule), UTC_ZONE, START, again=True), RUNS))
    assert found == fires(f"cron({source})") != []


@pytest.mark.parametrize(("source", "slug"), HELD.items())
def test_what_kubernetes_cannot_say_is_held_and_named(source: str, slug: str) -> None:
    said = convert(f"cron({source})", "Etc/UTC", None, None)
    assert [name for name, _ in said.held] == [slug]
    near = set(islice(oracle.times(oracle.kubernetes_fits(said.schedule), UTC_ZONE, START, again=True), 400))
    assert set(fires(f"cron({source})")[:3]) < near, "the nearest form leaves out runs"


def test_what_never_fires_again_is_over() -> None:
    read = datetime(2026, 3, 1, tzinfo=UTC)
    for over in ("cron(0 0 30 2 ? *)", "cron(0 0 1 1 ? 2020-2025)", "at(2026-02-28T23:00:00)"):
        assert convert(over, "Etc/UTC", None, read).over, over
    for still in ("cron(0 0 29 2 ? *)", "cron(0 0 1 1 ? 2020-2026)", "at(2026-03-01T01:00:00)"):
        assert not convert(still, "Etc/UTC", None, read).over, still


@pytest.mark.parametrize(
    "text",
    ["cron(0 1 L-3 * ? *)", "cron(0 9 ? * 5#6 *)", "cron(0 9 * * * *)", "cron(0 9 ? * ? *)", "cron(60 1 * * ? *)",
     "cron(0/0 1 * * ? *)", "cron(0 1 1,L * ? *)", "cron(0 1 * * ?)", "cron(0 1 * * ? 20001)", "rate(0 minutes)",
     "rate(5 weeks)", "rate(-1 days)", "at(2026-13-01T00:00:00)", "at(tomorrow)", "every day", "", "cron(? 1 * * ? *)"],
)  # fmt: skip
def test_what_the_grammar_does_not_have_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        convert(text, "Etc/UTC", None, None)


@settings(max_examples=max(200, settings.default.max_examples if settings.default else 0))
@given(oracle.EXPRESSIONS, st.sampled_from(ZONES), st.datetimes(datetime(2025, 1, 1), datetime(2025, 12, 31)))  # noqa: DTZ001
@example("cron(30 2 * * ? *)", "Europe/Berlin", datetime(2025, 1, 1))  # noqa: DTZ001
def test_fire_times_are_equal_or_the_expression_is_refused_or_held(expression: str, name: str, begun: datetime) -> None:
    phase = begun.replace(tzinfo=UTC)
    try:
        said = convert(expression, name, phase, None)
    except UnreadableError:
        return
    if said.once:
        shown = datetime.fromisoformat(expression[3:-1])
        assert said.once.astimezone(zoneinfo.ZoneInfo(name)).replace(tzinfo=None) in (shown, shown + timedelta(hours=1))
        return
    if said.held or said.over:
        return
    if said.every:
        aws = list(islice(oracle.rate_times(said.every, phase, START), RUNS))
        its = zoneinfo.ZoneInfo(said.zone)
        found = list(islice(oracle.times(oracle.kubernetes_fits(said.schedule), its, START, again=True), RUNS))
        assert found == aws[: len(found)] != []
        return
    its = zoneinfo.ZoneInfo(name)
    aws = fires(expression, name)
    once = list(islice(oracle.times(oracle.kubernetes_fits(said.schedule), its, START, again=False), RUNS))
    assert once == aws
    twice = list(islice(oracle.times(oracle.kubernetes_fits(said.schedule), its, START, again=True), RUNS))
    extra = set(twice) - set(aws) if not aws or len(twice) < RUNS else {t for t in twice if t <= aws[-1]} - set(aws)
    day = Cron.parse(said.schedule).repeats(name, START.date())
    assert not extra or (day and day <= min(extra).astimezone(its).date()), "a second run that no finding tells of"
    own = list(islice(Cron.parse(said.schedule).times(zone(name) or UTC_ZONE, START - timedelta(minutes=1)), RUNS))
    assert own[: len(twice)] == twice
    theirs = list(islice(AwsCron.parse(expression).times(zone(name) or UTC_ZONE, START - timedelta(minutes=1)), RUNS))
    assert theirs[: len(aws)] == aws


@pytest.mark.parametrize("source", [*HELD, "0 9 31W * ? *", "0 9 1W 2,8 ? *", "0 9 ? * MON#5 *", "0 9 ? 1/3 FRIL *"])
def test_the_products_reading_of_what_is_held_is_that_of_the_oracle(source: str) -> None:
    own = list(islice(AwsCron.parse(f"cron({source})").times(UTC_ZONE, START - timedelta(minutes=1)), RUNS))
    expected = fires(f"cron({source})")
    assert own[: len(expected)] == expected != []


@pytest.mark.parametrize("text", ["* * * *", "60 * * * *", "5-1 * * * *", "*/0 * * * *", "x * * * *", "* * 0 * *"])
def test_a_schedule_that_kubernetes_refuses_is_refused(text: str) -> None:
    with pytest.raises(CronError):
        Cron.parse(text)


def test_two_restricted_day_fields_are_alternatives_and_a_stepped_star_is_restricted() -> None:
    either = Cron.parse("0 0 1 * 1")
    assert either.fires_on(datetime(2026, 1, 1, tzinfo=UTC).date())
    assert either.fires_on(datetime(2026, 1, 5, tzinfo=UTC).date())
    assert Cron.parse("0 0 */2 * 1").fires_on(datetime(2026, 1, 3, tzinfo=UTC).date())
    assert not Cron.parse("0 0 * * 1").fires_on(datetime(2026, 1, 3, tzinfo=UTC).date())


@pytest.mark.parametrize(
    ("name", "clock", "day"),
    [
        ("Europe/Berlin", "30 2 * * *", "2026-10-25"),
        ("Europe/Berlin", "30 3 * * *", None),
        ("Africa/Cairo", "30 23 * * *", "2026-10-29"),
        ("America/Santiago", "30 23 * * *", "2026-04-04"),
        ("Etc/UTC", "* * * * *", None),
    ],
)
def test_the_repeated_hour_is_that_of_the_zone(name: str, clock: str, day: str | None) -> None:
    found = Cron.parse(clock).repeats(name, START.date())
    assert (str(found) if found else None) == day


def test_a_gap_has_no_instant_and_a_repeated_hour_two() -> None:
    berlin = zone("Europe/Berlin")
    assert berlin is not None
    assert instants(datetime(2026, 3, 29, 2, 30), berlin, again=True) == []  # noqa: DTZ001
    assert len(instants(datetime(2026, 10, 25, 2, 30), berlin, again=True)) == 2  # noqa: DTZ001
    assert len(instants(datetime(2026, 10, 25, 2, 30), berlin, again=False)) == 1  # noqa: DTZ001
    assert len(repeated("Europe/Berlin", START.date())) == 3
    assert zone("Mars/Olympus") is None
    assert zone("../zones") is None


def test_a_cronjob_that_is_not_seen_to_fire_as_aws_does_is_suspended_and_named() -> None:
    snapshot, target = estate("three-tier")
    made = translate(snapshot, target)
    (proof,) = schedule_proofs(made.translated, made.bundle)
    assert proof.holds
    assert hold_unproved([proof], made.bundle) == []
    (job,) = [p.manifest for p in made.bundle.handover if p.manifest["kind"] == "CronJob"]
    assert job["spec"]["suspend"] is False
    (held,) = [m for m in made.bundle.manifests if m["kind"] == "CronJob"]
    held["spec"]["schedule"] = "16 1 * * *"
    (wrong,) = schedule_proofs(made.translated, made.bundle)
    (finding,) = hold_unproved([wrong], made.bundle)
    assert finding.slug == "schedule-not-proved"
    assert job["spec"]["suspend"] is True
    steps = list(handover_steps(made.translated, made.bundle))
    assert len(steps) == len(made.handover_steps) - 1
    assert not replace(proof, aws=(), kubernetes=()).holds
