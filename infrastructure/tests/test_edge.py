"""CloudFront, firewall, names: what can only be in us-east-1, and what must not share a cache."""

from __future__ import annotations

import re
from pathlib import Path

from contract.names import PREVIEW_LABEL_PATTERN
from infrastructure.tests.templates import Assembly

SOURCE = Path(__file__).parents[2]


def test_what_cloudfront_needs_is_in_us_east_1_wherever_the_school_is(
    each: Assembly,
) -> None:
    acl = each.one("AWS::WAFv2::WebACL")
    assert (acl.stack, acl["Scope"]) == ("edge", "CLOUDFRONT")
    assert each.manifest["artifacts"]["apranova-edge"]["environment"].endswith("/us-east-1")
    for distribution in each.all("AWS::CloudFront::Distribution"):
        certificate = distribution["DistributionConfig"]["ViewerCertificate"]["AcmCertificateArn"]
        assert each.target(certificate, "edge").type == "AWS::CertificateManager::Certificate"


def test_the_origin_secret_is_copied_to_where_cloudfront_reads_it(school) -> None:
    for example, copies in (("small", [{"Region": "us-east-1"}]), ("hundred", None)):
        assembly = school(example)
        (secret,) = [s for s in assembly.all("AWS::SecretsManager::Secret") if s["Name"] == "/apranova/origin-secret"]
        assert secret.properties.get("ReplicaRegions") == copies


def test_the_firewall_knows_sql_injection_scripting_bad_inputs_and_floods(hundred: Assembly) -> None:
    rules = hundred.one("AWS::WAFv2::WebACL")["Rules"]
    assert {rule["Name"] for rule in rules} >= {
        "AWSManagedRulesSQLiRuleSet",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
    }
    limits = [rule["Statement"]["RateBasedStatement"] for rule in rules if "RateBasedStatement" in rule["Statement"]]
    assert [limit["Limit"] for limit in limits] == [50_000, 200_000]
    assert {(limit["EvaluationWindowSec"], limit["AggregateKeyType"]) for limit in limits} == {(300, "IP")}
    assert len({rule["Priority"] for rule in rules}) == len(rules)


def test_a_class_of_100_behind_one_address_never_meets_the_limit(hundred: Assembly) -> None:
    """Static files have their own limit; a path that only looks like one counts as others do."""
    rules = hundred.one("AWS::WAFv2::WebACL")["Rules"]
    others, files = (
        rule["Statement"]["RateBasedStatement"] for rule in rules if "RateBasedStatement" in rule["Statement"]
    )
    assert others["Limit"] / 100 >= 500  # sign-in, portal, editor, charts and reloads of one student
    assert files["Limit"] / 100 >= 2_000  # with a cold cache
    # Each request counts in exactly one of the two: a random name below /_next/static/ as well.
    assert others["ScopeDownStatement"] == {"NotStatement": {"Statement": files["ScopeDownStatement"]}}
    static = files["ScopeDownStatement"]["RegexMatchStatement"]
    assert static["FieldToMatch"] == {"UriPath": {}}
    transformations = sorted(static["TextTransformations"], key=lambda one: one["Priority"])
    assert [one["Type"] for one in transformations] == ["URL_DECODE", "NORMALIZE_PATH"]
    pattern = re.compile(static["RegexString"])
    for path in ("/_next/static/chunks/a.js", "/stable-0af3/static/out/b.js", "/_shared/superset-6.1.0/static/c.css"):
        assert pattern.search(path)
    for path in ("/api/me", "/workspace", "/signin", "/static/a.js", "/x/_next/static/a.js", "/_next/image"):
        assert not pattern.search(path)
    gateway = (SOURCE / "gateway/render.py").read_text()
    (served,) = re.findall(r'(?m)^STATIC_FOLDER = r"\((.+)\)/static"$', gateway)
    stable, shared = served.split("|")
    assert stable in static["RegexString"]
    assert shared in static["RegexString"]


def test_timeouts_agree_from_cloudfront_to_envoy(each: Assembly) -> None:
    """Each hop keeps an idle connection longer than the hop that sends into it.

    Nobody ends a WebSocket before the gateway but CloudFront, after ten silent minutes.
    """
    gateway = (SOURCE / "gateway/render.py").read_text()
    (websocket_s,) = re.findall(r"websocket_max_s: int = (\d+)", gateway)
    (client_idle_s,) = re.findall(r'"client_idle": "(\d+)s" if settings.trusted_hops', gateway)
    attributes = each.one("AWS::ElasticLoadBalancingV2::LoadBalancer")["LoadBalancerAttributes"]
    (balancer_s,) = [int(it["Value"]) for it in attributes if it["Key"] == "idle_timeout.timeout_seconds"]
    assert int(websocket_s) < balancer_s < int(client_idle_s)
    for distribution in each.all("AWS::CloudFront::Distribution"):
        origin = distribution["DistributionConfig"]["Origins"][0]["CustomOriginConfig"]
        assert origin["OriginKeepaliveTimeout"] < balancer_s
        assert origin["OriginReadTimeout"] == 60


def test_every_distribution_stands_behind_the_firewall_and_speaks_https_alone(hundred: Assembly) -> None:
    for distribution in hundred.all("AWS::CloudFront::Distribution"):
        config = distribution["DistributionConfig"]
        assert hundred.target(config["WebACLId"], "edge").type == "AWS::WAFv2::WebACL"
        assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
        assert config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
        assert config["Origins"][0]["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"


def test_a_students_file_cannot_come_back_as_the_portals_script(hundred: Assembly) -> None:
    """Portal and workspaces share no cache, and nothing of a workspace is cached."""
    cached = {
        tuple(d["DistributionConfig"]["Aliases"]): [b["PathPattern"] for b in d["DistributionConfig"]["CacheBehaviors"]]
        for d in hundred.all("AWS::CloudFront::Distribution")
    }
    assert cached == {("school.example",): ["/_next/static/*"], ("*.ws.school.example",): []}


def test_every_name_of_the_school_has_its_record(hundred: Assembly) -> None:
    records = {(record["Name"], record["Type"]) for record in hundred.all("AWS::Route53::RecordSet")}
    assert records == {
        ("school.example.", "A"),
        ("school.example.", "AAAA"),
        ("*.ws.school.example.", "A"),
        ("*.ws.school.example.", "AAAA"),
        ("origin.school.example.", "A"),
    }


def test_the_host_of_a_port_takes_every_way_of_a_workspace(hundred: Assembly) -> None:
    """One label below the workspaces' domain: what fits `*.ws.school.example` fits it, and the
    firewall's rules against SQL and scripts end there as well."""
    host = "p65535--ws-aaaaaaaaaa.ws.school.example"
    assert PREVIEW_LABEL_PATTERN.fullmatch(host.partition(".")[0])
    assert len(host.partition(".")[0]) <= 63
    listened = [
        pattern
        for rule in hundred.all("AWS::ElasticLoadBalancingV2::ListenerRule")
        for condition in rule["Conditions"]
        for pattern in condition.get("HostHeaderConfig", {}).get("Values", [])
    ]
    aliases = [
        alias
        for distribution in hundred.all("AWS::CloudFront::Distribution")
        for alias in distribution["DistributionConfig"]["Aliases"]
    ]
    certified = [
        name
        for certificate in hundred.all("AWS::CertificateManager::Certificate")
        for name in [certificate["DomainName"], *certificate["SubjectAlternativeNames"]]
    ]
    records = [record["Name"].rstrip(".") for record in hundred.all("AWS::Route53::RecordSet")]
    for names in (listened, aliases, certified, records):
        assert f"*.{host.partition('.')[2]}" in names
