"""The standard variables: defaults, what wins over what, and a clear word for every bad value."""

import pytest

from gate.telemetry.otlp.reading import SettingsError
from gate.telemetry.otlp.settings import Batching, OtlpSettings, Protocol, Signal, Target, otlp_settings

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


def traces(**env: str) -> Target:
    target = otlp_settings({"OTEL_TRACES_EXPORTER": "otlp", **env}).traces
    assert target is not None
    return target


def test_nothing_is_exported_by_default() -> None:
    assert otlp_settings({}) == OtlpSettings()
    assert otlp_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": "", "OTEL_TRACES_EXPORTER": " "}) == OtlpSettings()


def test_an_endpoint_turns_traces_on_and_nothing_else() -> None:
    settings = otlp_settings(ENDPOINT)
    assert settings.traces is not None and settings.traces.address == "http://collector:4318/v1/traces"
    assert settings.metrics is None and settings.logs is None
    own = otlp_settings({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:1/own/path"})
    assert own.traces is not None and own.traces.address == "http://c:1/own/path"
    assert otlp_settings({**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}).traces is None


def test_the_specifications_own_default_when_otlp_is_said() -> None:
    assert traces().address == "http://localhost:4318/v1/traces"
    assert traces(OTEL_EXPORTER_OTLP_PROTOCOL="grpc").address == "http://localhost:4317"


def test_metrics_and_logs_when_they_are_asked_for() -> None:
    env = {**ENDPOINT, "OTEL_METRICS_EXPORTER": "otlp,prometheus", "OTEL_LOGS_EXPORTER": "OTLP"}
    settings = otlp_settings(env)
    assert settings.metrics is not None and settings.metrics.address == "http://collector:4318/v1/metrics"
    assert settings.logs is not None and settings.logs.signal is Signal.LOGS
    assert otlp_settings({"OTEL_METRICS_EXPORTER": "prometheus"}).metrics is None


def test_the_console() -> None:
    settings = otlp_settings({**ENDPOINT, "OTEL_TRACES_EXPORTER": "console", "OTEL_LOGS_EXPORTER": "console"})
    assert settings.traces is None and settings.traces_console and settings.logs_console


def test_disabled_is_disabled_whatever_else_is_said() -> None:
    env = {**ENDPOINT, "OTEL_SDK_DISABLED": "True", "OTEL_BSP_MAX_QUEUE_SIZE": "nonsense"}
    assert otlp_settings(env) == OtlpSettings(disabled=True)
    assert otlp_settings({**ENDPOINT, "OTEL_SDK_DISABLED": "1"}).traces is not None


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("http://c:4318/", "http://c:4318/v1/traces"),
        ("http://c:4318/prefix", "http://c:4318/prefix/v1/traces"),
        ("https://c", "https://c:443/v1/traces"),
        ("http://c", "http://c:80/v1/traces"),
        ("http://[::1]:4318", "http://[::1]:4318/v1/traces"),
    ],
)
def test_the_signals_path_is_appended_to_the_base(value: str, address: str) -> None:
    assert traces(OTEL_EXPORTER_OTLP_ENDPOINT=value).address == address


def test_a_signals_own_endpoint_is_used_as_it_is() -> None:
    target = traces(**ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="https://c/in?key=secret")
    assert (target.path, target.query) == ("/in", "key=secret")
    assert "secret" not in repr(target) and "secret" not in target.address
    assert traces(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="http://c").path == "/"


@pytest.mark.parametrize(
    ("endpoint", "insecure", "secure"),
    [("http://c:4317", "", False), ("https://c:4317", "true", True), ("c:4317", "", True), ("c:4317", "true", False)],
)
def test_grpc_takes_its_security_from_the_scheme_or_the_variable(endpoint: str, insecure: str, secure: bool) -> None:
    target = traces(
        OTEL_EXPORTER_OTLP_ENDPOINT=endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
        OTEL_EXPORTER_OTLP_INSECURE=insecure,
    )
    assert (target.secure, target.host, target.port, target.protocol) == (secure, "c", 4317, Protocol.GRPC)


def test_a_signals_own_variable_wins() -> None:
    env = {
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "1500",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "none",
        "OTEL_EXPORTER_OTLP_CERTIFICATE": "ca.pem",
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY": "key.pem",
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "cert.pem",
        "OTEL_LOGS_EXPORTER": "otlp",
    }
    target, logs = traces(**env), otlp_settings(env).logs
    assert (target.protocol, target.timeout_s, target.gzip) == (Protocol.GRPC, 1.5, False)
    assert (target.certificate, target.client_key, target.client_certificate) == ("ca.pem", "key.pem", "cert.pem")
    assert logs is not None and (logs.protocol, logs.gzip, logs.client_key) == (Protocol.HTTP, True, None)


def test_headers_are_percent_decoded_and_never_shown() -> None:
    target = traces(OTEL_EXPORTER_OTLP_HEADERS="api-key=top%20secret%2Cx , X-Team = a=b,")
    assert target.headers == (("api-key", "top secret,x"), ("X-Team", "a=b"))
    assert "secret" not in repr(target) and "secret" not in repr(otlp_settings(ENDPOINT))
    grpc = traces(OTEL_EXPORTER_OTLP_HEADERS="API-Key=1", OTEL_EXPORTER_OTLP_PROTOCOL="grpc")
    assert grpc.headers == (("api-key", "1"),)


def test_batching_intervals_and_sampling() -> None:
    settings = otlp_settings(
        {
            "OTEL_BSP_MAX_QUEUE_SIZE": "300",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "OTEL_BSP_EXPORT_TIMEOUT": "2000",
            "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "10",
            "OTEL_METRIC_EXPORT_INTERVAL": "500",
            "OTEL_METRIC_EXPORT_TIMEOUT": "400",
            "OTEL_TRACES_SAMPLER": "ParentBased_TraceIdRatio",
            "OTEL_TRACES_SAMPLER_ARG": "0.25",
        }
    )
    assert settings.spans == Batching(300, 300, 0.1, 2.0)
    assert settings.records == Batching(2048, 10, 1.0, 30.0)
    assert (settings.metric_interval_s, settings.metric_budget_s) == (0.5, 0.4)
    assert (settings.sampler, settings.sampler_ratio) == ("parentbased_traceidratio", 0.25)
    assert otlp_settings({"OTEL_TRACES_SAMPLER_ARG": "not used"}).sampler_ratio == 1.0


@pytest.mark.parametrize(
    ("variable", "value", "hint"),
    [
        ("OTEL_TRACES_EXPORTER", "zipkin", "otlp, none or console"),
        ("OTEL_TRACES_EXPORTER", "none,otlp", "none cannot stand"),
        ("OTEL_METRICS_EXPORTER", "console", "otlp, none or prometheus"),
        ("OTEL_LOGS_EXPORTER", "file", "otlp, none or console"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "http/protobuf or grpc"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd", "gzip or none"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "milliseconds"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0", "milliseconds"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "http:// or https://"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://c", "http:// or https://"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:port", "cannot be read"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:secret@c", "OTEL_EXPORTER_OTLP_HEADERS"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c/?key=secret", "is appended"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c/a b", "percent-encoded"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "secret", "pair 1"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1,b b=secret", "pair 2"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=secret%0d%0ax: y", "may not"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "-1", "whole number"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096", "OTEL_BSP_MAX_QUEUE_SIZE"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "x", "milliseconds"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1.5", "milliseconds"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote", "parentbased_always_on"),
    ],
)
def test_a_bad_value_names_its_variable_and_what_it_accepts(variable: str, value: str, hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        otlp_settings({"OTEL_TRACES_EXPORTER": "otlp", variable: value})
    assert caught.value.variable == variable
    assert str(caught.value).startswith(f"{variable}: ") and hint in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("value", ["1.5", "-0.1", "nan", "x"])
def test_a_ratio_is_from_0_to_1(value: str) -> None:
    with pytest.raises(SettingsError, match="from 0 to 1"):
        otlp_settings({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": value})
