from __future__ import annotations

from tests.harness.control_plane import BALANCER, group_arn
from tests.harness.metrics import Meter, Store, dimension

GROUP = group_arn("web")
ALL = {"LoadBalancer": "app/shop/50dc6c495c0c9188"}
OF_GROUP = ALL | {"TargetGroup": dimension(GROUP)}


def test_a_period_is_there_when_it_is_over_and_published_and_only_what_happened_is() -> None:
    now = 600.0
    store = Store(lambda: now, late=30)
    meter = Meter(BALANCER, store, now)
    for status in (200, 200, 503):
        meter.sent(GROUP)
        meter.answered(GROUP, status, 0.25 if status == 200 else 1.0)
    meter.made(503)
    meter.turn(659, dict)
    assert store.kept.values == {}
    now = 660
    meter.turn(now, dict)
    assert store.series("RequestCount", ALL, "Sum", 0, 1000).points == ()
    now = 690
    assert store.series("RequestCount", ALL, "Sum", 0, 1000).points == ()
    now = 691
    assert store.series("RequestCount", ALL, "Sum", 0, 1000).points == ((600, 3.0),)
    assert store.series("HTTPCode_Target_5XX_Count", OF_GROUP, "Sum", 0, 1000).total == 1
    assert store.series("HTTPCode_ELB_503_Count", ALL, "Sum", 0, 1000).total == 1
    assert store.series("HTTPCode_ELB_5XX_Count", ALL, "Sum", 0, 1000).total == 1
    assert store.series("TargetResponseTime", OF_GROUP, "p50", 0, 1000).points == ((600, 0.25),)
    for absent in ("HTTPCode_Target_4XX_Count", "TargetConnectionErrorCount", "HTTPCode_ELB_502_Count"):
        assert store.series(absent, ALL, "Sum", 0, 1000).points == ()


def test_what_the_load_balancer_answers_itself_has_no_target_group() -> None:
    store = Store(lambda: 1000.0)
    meter = Meter(BALANCER, store, 0)
    meter.sent(GROUP)
    meter.made(502)
    meter.turn(60, dict)
    assert {name for _, name, dimensions in store.kept.values if dict(dimensions) == OF_GROUP} == {"RequestCount"}
