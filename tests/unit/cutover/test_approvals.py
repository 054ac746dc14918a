"""Who may open a phase, and which check may be waived by whom and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ecs2k8s.core.errors import UsageError
from ecs2k8s.cutover import approvals
from ecs2k8s.cutover.approvals import approve, objection, waiver_of
from ecs2k8s.cutover.verdicts import Result
from tests.journals import plan

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_795_687_200.0  # 2026-11-26T10:00:00Z
ANN, BOB = (f"arn:aws:sts::111122223333:assumed-role/ops/{name}" for name in ("ann", "bob"))


def test_an_approval_opens_its_phase() -> None:
    assert objection(approve(plan(), "P6", ANN, NOW, text="CHG-1"), plan(), "P6", ANN, NOW) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"plan": plan(version="0.2.0").ident}, "whoever plans again has to ask again"),
        ({"phase": "P7"}, "is for P7, not for P8"),
        ({"when": "2026-11-26T10:05:01Z"}, "is not yet"),
        ({"who": " "}, "does not say who"),
        ({"who": ANN}, "needs another person"),
        ({"who": "arn:aws:sts::111122223333:assumed-role/admins/Ann"}, "needs another person"),
    ],
)
def test_an_approval_that_opens_nothing_says_why(change: dict[str, Any], said: str) -> None:
    good = approve(plan(), "P8", BOB, NOW)
    assert objection(good, plan(), "P8", ANN, NOW) == ""
    bad = msgspec.convert(msgspec.to_builtins(good) | change, approvals.Approval)
    assert said in objection(bad, plan(), "P8", ANN, NOW)


def test_what_cannot_be_taken_back_has_the_name_of_the_unit_typed() -> None:
    typed = [approve(plan(), "P10", BOB, NOW, typed=text) for text in ("", "shop-we", "shop-web")]
    assert [bool(objection(each, plan(), "P10", ANN, NOW)) for each in typed] == [True, True, False]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (ANN, BOB, False),
        (ANN, "arn:aws:sts::999999999999:assumed-role/admins/ann", True),
        (
            "arn:aws:sts::1:assumed-role/ci/botocore-session-1",
            "arn:aws:sts::1:assumed-role/ci/botocore-session-2",
            True,
        ),
        (
            "arn:aws:sts::1:assumed-role/ci/botocore-session-1",
            "arn:aws:sts::1:assumed-role/cd/botocore-session-1",
            False,
        ),
        (
            "arn:aws:sts::1:assumed-role/ec2/i-0abcdef1234567890",
            "arn:aws:sts::1:assumed-role/ec2/i-0abcdef1234567891",
            True,
        ),
        ("arn:aws:sts::1:assumed-role/ops/ada", "arn:aws:sts::1:assumed-role/ops/fae", False),
        ("arn:aws:iam::1:user/ann", "arn:aws:iam::1:user/ann", True),
        ("arn:aws:iam::1:user/ann", "arn:aws:iam::2:user/ann", False),
    ],
)
def test_a_person_is_one_in_whatever_role(one: str, other: str, same: bool) -> None:
    assert (approvals.person(one) == approvals.person(other)) == same


def test_an_approval_is_kept_as_a_file_and_read_back(tmp_path: Path) -> None:
    given = approve(plan(), "P6", ANN, NOW, text="\u202e<b>")
    kept = approvals.keep_approval(tmp_path, given)
    assert kept.parent == tmp_path / "approvals"
    assert approvals.read_approval(kept) == given
    assert "\u202e" not in kept.read_text()


def written(tmp_path: Path, *waivers: dict[str, Any]) -> Path:
    path = tmp_path / "waivers.json"
    path.write_bytes(msgspec.json.encode({"format": approvals.WAIVERS, "waivers": waivers}))
    return path


GOOD = {"check": "T04", "reason": "CHG-2", "owner": "ann", "expires": "2026-11-27T00:00:00Z"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        *(({"check": check}, f"{check} is never waived") for check in sorted(approvals.NEVER_WAIVED)),
        ({"reason": " "}, "needs a reason and an owner"),
        ({"owner": ""}, "needs a reason and an owner"),
        ({"expires": "soon"}, r"Invalid RFC3339 encoded datetime - at `\$\.waivers\[1\]\.expires`"),
        ({"cheque": "T04"}, "unknown field `cheque`"),
    ],
)
def test_a_waiver_that_is_none_is_refused(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    assert len(approvals.read_waivers(written(tmp_path, GOOD))) == 1
    with pytest.raises(UsageError, match=said):
        approvals.read_waivers(written(tmp_path, GOOD, GOOD | change))


def test_files_that_are_no_approvals_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for data in (
        b"",
        b"[" * 100_000,
        b"\xff",
        b'{"\xff": 1}',
        b'{"format": "ecs2k8s/approval/v2"}',
        written(tmp_path).read_bytes(),
    ):
        path.write_bytes(data)
        with pytest.raises(UsageError, match=r"a\.json"):
            approvals.read_approval(path)
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(approve(plan(), "P6", ANN, NOW), format="other")))
    with pytest.raises(UsageError, match="format 'other' is not 'ecs2k8s/approval/v1'"):
        approvals.read_approval(path)
    path.write_text('{"format": "ecs2k8s/waivers/v2", "waivers": []}')
    with pytest.raises(UsageError, match="format 'ecs2k8s/waivers/v2' is not 'ecs2k8s/waivers/v1'"):
        approvals.read_waivers(path)
    with pytest.raises(UsageError, match="No such file"):
        approvals.read_approval(tmp_path / "b.json")


def test_a_waiver_holds_for_its_check_until_it_expires(tmp_path: Path) -> None:
    everywhere, here = approvals.read_waivers(written(tmp_path, GOOD, GOOD | {"check": "T05", "subject": "shop/web"}))
    slow, broken = (Result(id=ident, subject="shop/api", verdict="fail", text="slow") for ident in ("T04", "T05"))
    assert waiver_of(slow, [here, everywhere], NOW) == everywhere
    assert waiver_of(broken, [here, everywhere], NOW) is None
    assert waiver_of(slow, [everywhere], NOW + 86_400) is None
    assert waiver_of(Result(id="T04", subject="shop/api", verdict="pass"), [everywhere], NOW) is None
    assert (
        waiver_of(Result(id="T13", subject="", verdict="fail"), [msgspec.structs.replace(everywhere, check="T13")], NOW)
        is None
    )
    shown = approvals.waived(slow, everywhere)
    assert (shown.verdict, shown.text) == ("waived", "waived by ann until 2026-11-27: CHG-2. It was fail: slow")
