"""Who depends on whom, found in small worlds and in the samples."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.pipeline import translate
from tests.call_worlds import SPACE, calls, graph, lines, registered, service
from tests.estates import estate

ALB = "internal-api-1.eu-west-1.elb.amazonaws.com"
RDS = "shop.c9akciq32abc.eu-west-1.rds.amazonaws.com"


def balancer(**more: Any) -> dict[str, Any]:
    """An internal one: `/api` goes to `api`, the host `admin.corp.example` to `admin`, all else to `web`."""
    rules = [
        {"priority": 1, "if": {"path-pattern": ["/api", "/api/*"]}, "then": "forward api"},
        {"priority": 2, "if": {"host-header": ["admin.corp.example"]}, "then": "forward admin"},
    ]
    listener = {"port": 80, "rules": rules, "default": "forward web"}
    return {"name": "inner", "DNSName": ALB, "Scheme": "internal", "listeners": [listener]} | more


BEHIND = [service(name, group=name) for name in ("web", "api", "admin")]


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (
            "three-tier",
            [
                "shop -> shop/backend: /api/*",
                "shop -> shop/frontend: all else",
                "Internet -> shop: d111111abcdef8.cloudfront.net, shop.example.com, www.shop.example.com",
                "shop/backend -> shop (postgres): DB_HOST",
                "shop/backend -> shop-orders (queue): QUEUE_URL",
                "shop/frontend -> shop/backend: BACKEND_URL, shop.example.com",
                "shop/shop-close-day -> shop (postgres): DB_HOST",
                "shop/shop-close-day -> shop-orders (queue): QUEUE_URL",
                "shop/worker -> shop (postgres): DB_HOST",
                "shop/worker -> shop-orders (queue): QUEUE_URL",
            ],
        ),
        (
            "microservices",
            [
                "market -> market/payment: payment.market.example.com",
                "Internet -> market: ",
                "market/inventory -> fs-0123456789abcdef0 (file system): volume files, volume plain",
                "market/order -> fs-0123456789abcdef0 (file system): volume Shared_Files",
            ],
        ),
        (
            "routing",
            [
                "store -> store/admin: admin.example.com",
                "store -> store/api: /api, /api/*",
                "store -> store/api-canary: /api, /api/*",
                "store -> store/web: all else, ~^pr-[0-9]+\\.example\\.com$",
                "Internet -> store: *.example.com, admin.example.com, store.example.com, www.example.com",
            ],
        ),
        (
            "ec2-legacy",
            [
                "legacy -> legacy/portal: all else",
                "legacy -> legacy/checkout: all else",
                "reports-classic -> legacy/reports: ",
                "VPC -> legacy: ",
                "VPC -> legacy: ",
            ],
        ),
    ],
)
def test_the_samples(sample: str, expected: list[str]) -> None:
    assert lines(translate(*estate(sample)).dependencies) == expected


def test_a_cache_that_only_security_groups_show_is_a_permission() -> None:
    found = translate(*estate("three-tier")).dependencies
    (cache,) = [node.ident for node in found.nodes if node.label == "shop-cache (valkey)"]
    callers = [edge for edge in found.edges if edge.target == cache]
    assert [edge.source for edge in callers] == ["shop/backend", "shop/shop-close-day", "shop/worker"]
    assert all(edge.may_only and edge.ports == "TCP 6379" for edge in callers)


def test_a_group_that_admits_itself_ties_nobody_together() -> None:
    found = translate(*estate("microservices")).dependencies
    assert [edge.target.rpartition("/")[0] for edge in found.edges if edge.source == "market/auth"] == [
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/market",
        "",
    ]
    assert {permission.evidence for permission in found.wide} == {("security-group",), ("discovery",)}


@pytest.mark.parametrize(
    ("value", "callee"),
    [
        (f"http://{ALB}/api", "api"),
        (f"http://{ALB}/api/v2?key=x", "api"),
        (f"http://user:p@{ALB}:80/other", "web"),
        ("https://admin.corp.example/console", "admin"),  # the zone was not read, but a rule has the host
        ("https://ADMIN.corp.example./console", "admin"),
        (f"http://dualstack.{ALB}/api", "api"),
    ],
)
def test_a_load_balancers_host_means_what_its_rules_send_there(value: str, callee: str) -> None:
    found = graph(*BEHIND, service("caller", {"URL": value}), balancers=[balancer()])
    assert [line.partition(":")[0] for line in calls(found)] == [f"caller -> {callee}"]


def test_a_host_without_a_path_means_all_that_it_may_lead_to_but_the_caller() -> None:
    found = graph(*BEHIND[1:], service("web", {"BASE": f"http://{ALB}"}, group="web"), balancers=[balancer()])
    assert calls(found) == [f"web -> api: BASE, {ALB}"]


def test_what_nothing_of_ours_answers_is_a_call_of_the_load_balancer() -> None:
    fixed = {"port": 80, "rules": [], "default": "fixed 404"}
    kept = {"port": 81, "rules": [], "default": "forward web"}
    found = graph(
        BEHIND[0], service("caller", {"URL": "http://x.example/"}), balancers=[balancer(listeners=[fixed, kept])]
    )
    assert calls(found) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("URL", "http://api/v1"),
        ("URL", "http://user:secret@api:8080/"),
        ("API", "api:8080"),
        ("API_HOST", "api"),
        ("DSN", "user:secret@tcp(api:3306)/db"),
        ("JDBC", "jdbc:oracle:thin:@api:1521:sid"),
        ("HOSTS", "other:1,api:80"),
    ],
)
def test_a_name_of_service_connect_is_called_by_members_only(name: str, value: str) -> None:
    api = service("api", alias="api")
    found = graph(api, service("caller", {name: value}, member=True), service("stranger", {name: value}))
    assert calls(found) == [f"caller -> api: {', '.join(sorted([name, 'api']))} (ECS alone: api)"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODE", "api"),
        ("TEXT", "the api is down"),
        ("PATH", "/api/v1"),
        ("MAIL", "ops@api"),
        ("USER", "api@tcp"),
        ("NO_PROXY", "http://api/"),
        ("CORS_ORIGINS", "http://api/"),
        ("ALLOWED_HOSTS", "api:80"),
    ],
)
def test_a_word_is_no_call(name: str, value: str) -> None:
    assert calls(graph(service("api", alias="api"), service("caller", {name: value}, member=True))) == []


def test_a_name_of_cloud_map_is_called_by_anyone_and_crosses() -> None:
    api, documents = registered("api", "api")
    found = graph(api, service("caller", {"MAIL": "x@api.shop.local", "API": "api.shop.local"}), others=documents)
    assert calls(found) == ["caller -> api: API, api.shop.local"]


def test_a_name_of_both_crosses() -> None:
    api, documents = registered("api", "api")
    connected = service("api", alias="api.shop.local")
    connected["service"] |= {"serviceRegistries": api["service"]["serviceRegistries"]}
    found = graph(connected, service("caller", {"API": "api.shop.local"}, member=True), others=documents)
    assert calls(found) == ["caller -> api: API, api.shop.local"]


def test_commands_and_files_of_variables_call_too_and_checks_of_health_do_not() -> None:
    check = {"command": ["CMD", "curl", "http://api/"]}
    by_command = service("one", member=True, container={"command": ["serve", "--to=http://api/"]})
    by_check = service("two", member=True, container={"healthCheck": check})
    arn = "arn:aws:s3:::files/one.env"
    by_file = service("three", member=True, container={"environmentFiles": [{"value": arn, "type": "s3"}]})
    file = {"arn": arn, "variables": [{"name": "API", "value": "http://api/"}]}
    others = [{"shape": "s3.EnvironmentFile", "id": arn, "data": file}]
    found = graph(service("api", alias="api"), by_command, by_check, by_file, others=others)
    assert [line.partition(" (")[0] for line in calls(found)] == ["one -> api: api, command", "three -> api: API, api"]


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("https://sqs.eu-west-1.amazonaws.com/111122223333/orders", "orders (queue)"),
        ("https://sqs.eu-west-1.amazonaws.com/111122223333/orders.fifo", "orders.fifo (queue)"),
        ("arn:aws:sqs:eu-west-1:111122223333:orders", "orders (queue)"),
        ("arn:aws:sns:eu-west-1:111122223333:news", "news (topic)"),
        ("arn:aws:dynamodb:eu-west-1:111122223333:table/carts/index/x", "carts (table)"),
        ("arn:aws:s3:::pictures/prefix/*", "pictures (bucket)"),
        (f"jdbc:postgresql://{RDS}:5432/shop?password=x", "shop (database)"),
        (f"postgres://user:pa@ss@{RDS}/shop", "shop (database)"),
        (
            "b-1.events.x1.c2.kafka.eu-west-1.amazonaws.com:9092,b-2.events.x1.c2.kafka.eu-west-1.amazonaws.com:9092",
            "events (broker)",
        ),
        ("redis://master.carts.abc.euw1.cache.amazonaws.com:6379", "master (cache)"),
        ("https://search-x.eu-west-1.es.amazonaws.com", "search-x (search)"),
        ("fs-1.efs.eu-west-1.amazonaws.com:/", "fs-1 (file system)"),
        ("https://pictures.s3.eu-west-1.amazonaws.com/", "pictures (bucket)"),
        ("s3://pictures/2026/", "pictures (bucket)"),
        ("https://dynamodb.eu-west-1.amazonaws.com", "dynamodb"),
        ("https://sqs.eu-west-1.amazonaws.com/", "sqs"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/111122223333/orders", "orders (queue)"),
    ],
)
def test_endpoints_and_arns_of_aws_are_told_by_their_form(value: str, label: str) -> None:
    assert calls(graph(service("app", {"STORE": value}))) == [f"app -> {label}: STORE"]


@pytest.mark.parametrize(
    "value",
    [
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf",
        "arn:aws:ssm:eu-west-1:111122223333:parameter/db",
        "arn:aws:kms:eu-west-1:111122223333:key/1",
        "https://api.stripe.com/v1",
        "rds.amazonaws.com.evil.example",
    ],
)
def test_secrets_and_strangers_are_no_nodes(value: str) -> None:
    assert calls(graph(service("app", {"STORE": value}))) == []


def test_producer_and_consumer_share_a_queue_whatever_names_it() -> None:
    url, arn = "https://sqs.eu-west-1.amazonaws.com/111122223333/q", "arn:aws:sqs:eu-west-1:111122223333:q"
    found = graph(service("one", {"QUEUE": url}), service("two", {"QUEUE_ARN": arn}))
    assert len({edge.target for edge in found.edges}) == 1


def test_an_instance_of_a_cluster_is_the_cluster() -> None:
    arn = "arn:aws:rds:eu-west-1:111122223333"
    cluster = {
        "DBClusterIdentifier": "main",
        "Engine": "aurora-mysql",
        "Endpoint": "main.cluster-x.eu-west-1.rds.amazonaws.com",
    }
    instance = {"DBInstanceIdentifier": "main-1", "DBClusterIdentifier": "main", "Endpoint": {"Address": RDS}}
    documents = [
        {"shape": "rds.DBCluster", "id": f"{arn}:cluster:main", "data": cluster},
        {"shape": "rds.DBInstance", "id": f"{arn}:db:main-1", "data": instance},
    ]
    zone = {
        "HostedZoneId": "Z1",
        "ResourceRecordSets": [{"Name": "db.corp.", "Type": "CNAME", "ResourceRecords": [{"Value": RDS}]}],
    }
    documents.append({"shape": "route53.RecordSets", "id": "Z1", "data": zone})
    env = {"A": RDS, "B": str(cluster["Endpoint"]), "C": "db.corp:3306"}
    assert calls(graph(service("app", env), others=documents)) == ["app -> main (aurora-mysql): A, B, C"]


def test_a_host_in_a_zone_of_ours_that_leads_nowhere_is_told_by_its_variable() -> None:
    zone = {
        "shape": "route53.HostedZone",
        "id": "/hostedzone/Z1",
        "data": {"Id": "/hostedzone/Z1", "Name": "corp.example."},
    }
    env = {
        "PRICES": "http://prices.corp.example/",
        "SITE": "https://corp.example/",
        "OTHER": "http://elsewhere.example",
    }
    found = graph(service("app", env), others=[zone])
    assert (found.unread, calls(found)) == ((("prod/app", "PRICES"),), [])


def test_a_record_for_all_names_of_a_domain_means_each() -> None:
    record = {"Name": "\\052.corp.example.", "Type": "A", "AliasTarget": {"DNSName": f"{ALB}."}}
    zone = {"shape": "route53.RecordSets", "id": "Z1", "data": {"HostedZoneId": "Z1", "ResourceRecordSets": [record]}}
    found = graph(
        *BEHIND, service("caller", {"URL": "http://any.corp.example/api"}), balancers=[balancer()], others=[zone]
    )
    assert calls(found) == ["caller -> api: URL, any.corp.example"]
    assert "VPC -> inner: *.corp.example" in lines(found)


def test_records_that_lead_in_a_circle_end() -> None:
    its = [
        {"Name": f"{a}.corp.", "Type": "CNAME", "ResourceRecords": [{"Value": f"{b}.corp"}]} for a, b in ("ab", "ba")
    ]
    zone = {"shape": "route53.RecordSets", "id": "Z1", "data": {"HostedZoneId": "Z1", "ResourceRecordSets": its}}
    assert calls(graph(service("app", {"URL": "http://a.corp/"}), others=[zone])) == []


POOL = {
    "A": f"http://{ALB}/api",
    "B": "http://api.shop.local",
    "C": "http://orders/",
    "D": f"postgres://u:p@{RDS}/x",
    "E": "arn:aws:sqs:eu-west-1:111122223333:q",
    "F": f"http://{ALB}/",
}


@settings(max_examples=25)
@given(kept=st.sets(st.sampled_from(sorted(POOL))), gone=st.sets(st.sampled_from(sorted(POOL))), order=st.randoms())
def test_less_evidence_never_gives_more_edges_and_order_does_not_matter(
    kept: set[str], gone: set[str], order: Any
) -> None:
    def found(names: set[str]) -> Any:
        shuffled = order.sample(sorted(names), len(names))
        its = [*BEHIND, service("orders", alias="orders"), service("app", {n: POOL[n] for n in shuffled}, member=True)]
        order.shuffle(its)
        return graph(*its, balancers=[balancer()], others=[SPACE])

    whole, less = found(kept | gone), found(kept)
    assert {(edge.source, edge.target) for edge in less.edges} <= {(edge.source, edge.target) for edge in whole.edges}
    assert set(less.nodes) <= set(whole.nodes)
    assert found(kept) == less
    assert {edge.source for edge in whole.edges} | {edge.target for edge in whole.edges} <= {
        n.ident for n in whole.nodes
    }
