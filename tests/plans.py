"""Plans of one unit, written by hand after `cutover.md` §2.1-§2.4 of the design.

Steps with ids, weights, bake times, thresholds, fingerprints of what they rely on, an expiry. The program that writes
plans comes later: what is tested with these holds for any plan.
"""

from __future__ import annotations

from typing import Any

RULE = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/shop/1/2/3"


def step(ident: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": ident, "kind": kind, **more}


def plan() -> dict[str, Any]:
    return {
        "format": "ecs2k8s/plan/v1",
        "unit": "shop-frontend",
        "design": "A",
        "expiry": "2026-11-27T06:00:00Z",
        "inputs": {"snapshot.json": "sha256:1111"},
        "operations": ["elasticloadbalancing:ModifyRule"],
        "steps": [
            step("attach", "elb.rule.attach", rule=RULE, weights={"ecs": 100, "eks": 0}),
            step("one-percent", "elb.weights", weights={"ecs": 99, "eks": 1}, bake={"minutes": 15, "samples": 300}),
            step("full", "elb.weights", weights={"ecs": 0, "eks": 100}, bake={"minutes": 1440, "samples": 5000}),
        ],
        "thresholds": [{"name": "target-5xx", "soft": 0.5, "hard": 1.0}],
        "fingerprints": [{"id": RULE, "actions": "sha256:2222"}],
    }
