"""Costs worked out by hand, from prices that are made up."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.assess.cost import Costs, costs
from ecs2k8s.collect import files
from ecs2k8s.core.documents import Snapshot
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.report.cost import cost_json, lines, money
from tests.case_files import snapshot
from tests.unit.assess.test_fit import cluster, group

if TYPE_CHECKING:
    from pathlib import Path

FARGATE = {"Fargate-vCPU-Hours:perCPU": "0.04", "Fargate-GB-Hours": "0.004"}
EKS = {"AmazonEKS-Hours:perCluster": "0.1"}
NODES = {"m7i.large": "0.2", "m7i.xlarge": "0.3"}
LINUX = {"operatingSystem": "Linux", "preInstalledSw": "NA", "capacitystatus": "Used", "tenancy": "Shared"}


def product(service: str, name: str, price: str, region: str = "eu-west-1", **more: str) -> dict[str, Any]:
    """A product as get-products has it; *name* is its usage type without the Region, or an instance type."""
    usage = f"EU-BoxUsage:{name}" if service == "AmazonEC2" else f"EU-{name}"
    attributes = {"usagetype": usage, "regionCode": region} | more
    attributes |= {"instanceType": name, **LINUX, **more} if service == "AmazonEC2" else {}
    sku = f"{service}{name}{region}{''.join(more.values())}"
    rate = {"unit": "Hrs", "pricePerUnit": {"USD": price}, "beginRange": "0", "endRange": "Inf"}
    terms = {f"{sku}.T": {"sku": sku, "priceDimensions": {f"{sku}.T.R": rate}}}
    return {"serviceCode": service, "product": {"sku": sku, "attributes": attributes}, "terms": {"OnDemand": terms}}


def everything() -> list[dict[str, Any]]:
    found = [product("AmazonECS", name, price) for name, price in FARGATE.items()]
    found += [product("AmazonEKS", name, price) for name, price in EKS.items()]
    return found + [product("AmazonEC2", name, price) for name, price in NODES.items()]


def answer(products: list[dict[str, Any]]) -> dict[str, Any]:
    return {"FormatVersion": "aws_v1", "PriceList": [json.dumps(each) for each in products]}


def offer(products: list[dict[str, Any]]) -> dict[str, Any]:
    """The file of one service."""
    skus = {each["product"]["sku"]: each["product"] for each in products}
    terms = {each["product"]["sku"]: each["terms"]["OnDemand"] for each in products}
    code = products[0]["serviceCode"]
    return {"formatVersion": "v1.0", "offerCode": code, "products": skus, "terms": {"OnDemand": terms, "Reserved": {}}}


def compared(tmp_path: Path, prices: list[Any], choices: dict[str, Any] | None = None, **given: Any) -> Costs:
    """8 tasks of half a vCPU and 1 GiB on Fargate."""
    for index, each in enumerate(prices):
        (tmp_path / f"prices-{index}.json").write_text(json.dumps(each))
    case: dict[str, Any] = {"cpu": "512", "memory": "1024", "requiresCompatibilities": ["FARGATE"]}
    case |= {"service": {"desiredCount": 8, "launchType": "FARGATE"}} | given
    read = files.read([str(tmp_path)])
    whole = Snapshot((*snapshot(case).documents, *read.documents))
    target = convert({"background": "eks"} | (choices or {}))
    found = costs(translate(whole, target), target)
    assert found is not None
    return found


def test_the_same_number_of_pods_on_nodes(tmp_path: Path) -> None:
    """ECS: 8 x (0.5 x 0.04 + 1 x 0.004) an hour. EKS: three pods to an m7i.large, so three nodes, and the cluster."""
    found = compared(tmp_path, [answer(everything())], others=[cluster(), group(9, "m7i.large")])
    assert found.month("ECS") == Decimal("0.192") * 730
    assert found.month("EKS") == (Decimal("0.1") + 3 * Decimal("0.2")) * 730
    assert (found.missing("ECS"), found.missing("EKS"), found.currency) == ([], [], "USD")


def test_offer_files_say_the_same(tmp_path: Path) -> None:
    services = [[p for p in everything() if p["serviceCode"] == s] for s in ("AmazonECS", "AmazonEKS", "AmazonEC2")]
    found = compared(tmp_path, [offer(each) for each in services], others=[cluster(), group(9, "m7i.large")])
    assert (found.month("ECS"), found.month("EKS")) == (Decimal("0.192") * 730, Decimal("0.7") * 730)


def test_eks_fargate_rounds_up(tmp_path: Path) -> None:
    """1024 MiB and 256 for the kubelet are 2 GB."""
    found = compared(tmp_path, [answer(everything())], {"compute": "fargate"})
    assert found.month("EKS") == (Decimal("0.1") + 8 * (Decimal("0.02") + 2 * Decimal("0.004"))) * 730


def test_pools_take_the_cheapest_type(tmp_path: Path) -> None:
    """An m7i.xlarge has room for 7 of these pods, so two of them cost as much as three m7i.large."""
    found = compared(tmp_path, [answer(everything())], {"compute": "karpenter"})
    assert found.month("EKS") == (Decimal("0.1") + 2 * Decimal("0.3")) * 730


def test_what_has_no_price_is_named(tmp_path: Path) -> None:
    prices = [each for each in everything() if "GB" not in each["product"]["sku"]]
    found = compared(tmp_path, [answer(prices)])
    assert found.missing("ECS") == ["Fargate-GB-Hours"]
    assert found.missing("EKS") == ["nodes of the EKS cluster, which were not read"]
    assert found.month("ECS") == 8 * Decimal("0.02") * 730


@pytest.mark.parametrize("price", ["1e999", "1e30", "NaN", "Infinity", "-1", "", "free"])
def test_what_is_no_price_counts_as_missing(price: str, tmp_path: Path) -> None:
    prices = [product("AmazonECS", "Fargate-GB-Hours", price), product("AmazonEKS", *next(iter(EKS.items())))]
    assert "Fargate-GB-Hours" in compared(tmp_path, [answer(prices)]).missing("ECS")


def test_nodes_on_spot_have_no_price(tmp_path: Path) -> None:
    """Spot prices are in no price list, and those of On-Demand must not stand for them."""
    items = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    service = {"desiredCount": 8, "capacityProviderStrategy": items}
    found = compared(tmp_path, [answer(everything())], {"compute": "karpenter"}, service=service)
    assert (found.missing("EKS"), found.month("EKS")) == (["EC2 Spot"], Decimal("0.1") * 730)


def test_prices_of_other_regions_and_other_systems_do_not_count(tmp_path: Path) -> None:
    """Nor two different prices of one thing."""
    others = [product("AmazonECS", name, "9", "us-east-1") for name in FARGATE]
    others += [product("AmazonEC2", "m7i.large", "9", operatingSystem="Windows")]
    others += [product("AmazonECS", "Fargate-ARM-GB-Hours", "1"), product("AmazonS3", "Requests", "1")]
    found = compared(tmp_path, [answer([*everything(), *others])], others=[cluster(), group(9, "m7i.large")])
    assert (found.month("ECS"), found.month("EKS")) == (Decimal("0.192") * 730, Decimal("0.7") * 730)
    twice = product("AmazonECS", "Fargate-GB-Hours", "7")
    twice["terms"]["OnDemand"] = {"x": {"priceDimensions": {"other": {"pricePerUnit": {"USD": "7"}}}}}
    assert compared(tmp_path, [answer([*everything(), twice])]).missing("ECS") == ["Fargate-GB-Hours"]


def test_arm_spot_disk_and_base(tmp_path: Path) -> None:
    """8 tasks: 2 on Fargate first, then 1 to 2: 4 on Fargate, 4 on Spot. 10 GiB above the 20 that are free."""
    names = ("Fargate-ARM-vCPU-Hours:perCPU", "Fargate-ARM-GB-Hours", "SpotUsage-Fargate-ARM-vCPU-Hours:perCPU")
    prices = [product("AmazonECS", name, price) for name, price in zip(names, ("1", "0.5", "0.25"), strict=True)]
    prices += [product("AmazonECS", "SpotUsage-Fargate-ARM-GB-Hours", "0.125")]
    prices += [product("AmazonECS", "Fargate-EphemeralStorage-GB-Hours", "0.01")]
    items = [{"capacityProvider": "FARGATE", "weight": 1, "base": 2}, {"capacityProvider": "FARGATE_SPOT", "weight": 2}]
    given: dict[str, Any] = {"runtimePlatform": {"cpuArchitecture": "ARM64"}, "ephemeralStorage": {"sizeInGiB": 30}}
    given |= {"service": {"desiredCount": 8, "capacityProviderStrategy": items}}
    found = compared(tmp_path, [answer(prices)], **given)
    each = 4 * (Decimal("0.5") + Decimal("0.5")) + 4 * (Decimal("0.125") + Decimal("0.125")) + 8 * 10 * Decimal("0.01")
    assert (found.month("ECS"), found.missing("ECS")) == (each * 730, [])


def test_instances_of_ecs(tmp_path: Path) -> None:
    arn = "arn:aws:ecs:eu-west-1:111122223333:container-instance/prod"
    items = [
        {"containerInstanceArn": f"{arn}/{n}", "attributes": [{"name": "ecs.instance-type", "value": "m7i.large"}]}
        for n in range(3)
    ]
    others = [{"shape": "ecs.ContainerInstance", "id": i["containerInstanceArn"], "data": i} for i in items]
    given: dict[str, Any] = {"service": {"desiredCount": 8, "launchType": "EC2"}, "requiresCompatibilities": ["EC2"]}
    found = compared(tmp_path, [answer(everything())], others=others, **given)
    assert (found.month("ECS"), found.missing("ECS")) == (3 * Decimal("0.2") * 730, [])
    found = compared(tmp_path, [answer(everything())], **given)
    assert found.missing("ECS") == ["instances of ECS that were not read"]


def test_the_report_shows_lines_sums_and_assumptions(tmp_path: Path) -> None:
    (tmp_path / "prices.json").write_text(json.dumps(answer(everything())))
    read = files.read([str(tmp_path)])
    given = {"cpu": "512", "memory": "1024", "service": {"desiredCount": 8, "launchType": "FARGATE"}}
    target = convert({})
    made = translate(Snapshot((*snapshot(given).documents, *read.documents)), target)
    text = "\n".join(lines(made))
    assert "- ECS: 140.16 USD per month\n" in text
    assert "- EKS: 73.00 USD per month, **incomplete**: no price for nodes of the EKS cluster" in text
    assert "A month has 730 hours." in text
    assert "averages of CloudWatch are not read" in text
    whole = json.loads(cost_json(made, target)["report/cost.json"])
    assert whole["fleets"]["ECS"] | {"lines": []} == {
        "lines": [],
        "missing": [],
        "perMonth": "140.16",
        "complete": True,
    }
    assert whole["fleets"]["EKS"]["complete"] is False
    assert {finding.slug for finding in made.findings} >= {"price-missing"}
    assert {e.fidelity.value for e in made.ledger.entries if e.document.shape == "pricing.Price"} == {"not-applicable"}


def test_without_prices_nothing_is_compared() -> None:
    made = translate(snapshot({"service": {}}), convert({}))
    assert cost_json(made, convert({})) == {}
    assert "No prices were given." in "\n".join(lines(made))


@pytest.mark.parametrize(("amount", "text"), [("0.005", "0.01"), ("0.0049", "0.00"), ("1e3", "1000.00")])
def test_money_is_rounded_half_up(amount: str, text: str) -> None:
    assert money(Decimal(amount)) == text


@pytest.mark.parametrize(
    "odd",
    [
        {"PriceList": ["not json", "[]", "1"]},
        {"PriceList": [{"serviceCode": "AmazonECS", "product": 1, "terms": []}]},
        {"products": {"a": 1}, "terms": {"OnDemand": 1}},
        answer([product("AmazonECS", "Fargate-GB-Hours", "NaN"), product("AmazonECS", "Fargate-GB-Hours", "-1")]),
    ],
)
def test_odd_price_lists_give_no_price(odd: dict[str, Any], tmp_path: Path) -> None:
    with_one = answer([product("AmazonEKS", "AmazonEKS-Hours:perCluster", "0.1")])
    assert "Fargate-GB-Hours" in compared(tmp_path, [odd, with_one]).missing("ECS")
