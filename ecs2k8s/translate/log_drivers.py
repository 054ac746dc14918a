"""Options of log drivers as settings of outputs of Fluent Bit.

https://docs.docker.com/engine/logging/configure/ and https://docs.fluentbit.io/manual/data-pipeline/outputs
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Settings = tuple[tuple[str, str], ...]
Made = tuple[Settings, Settings, set[str]]  # the output, filters of `grep`, and options that are not among them
FILTERS = {"include-pattern": "Regex", "exclude-pattern": "Exclude"}
DELIVERY = {"log-driver-buffer-limit"}
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
PLUGIN = re.compile(r"[A-Za-z0-9_-]+")
OWN = {"match", "match_regex", "alias"}  # keys that say which records an output gets


class NotCarried(Exception):  # noqa: N818
    """The option *key* (None: the driver as a whole) has no counterpart, and why."""

    def __init__(self, key: str | None, why: str) -> None:
        super().__init__(why)
        self.key, self.why = key, why


def firelens_output(options: Mapping[str, str]) -> Made:
    """The options of `awsfirelens` are those of an output of Fluent Bit already."""
    filters = tuple((word, f"log {options[key]}") for key, word in FILTERS.items() if key in options)
    kept = {key: value for key, value in options.items() if key not in FILTERS and key not in DELIVERY}
    plugin = [key for key in kept if key.lower() == "name"]
    if "@type" in kept:
        raise NotCarried("@type", "the options are those of Fluentd, which the log agent is not")
    if len(plugin) != 1 or not PLUGIN.fullmatch(kept[plugin[0]]):
        raise NotCarried(plugin[0] if plugin else None, "the options name no output; the router's own file has it")
    for key in kept:
        if not KEY.fullmatch(key) or key.lower() in OWN:
            raise NotCarried(key, f"{key} would mean something else in the file")
    others = sorted((key, value) for key, value in kept.items() if key != plugin[0])
    return (("Name", kept[plugin[0]]), *others), filters, set()


def unknown(_options: Mapping[str, str]) -> Made:
    raise NotCarried(None, "Fluent Bit has no output for it")


def _syslog(options: Mapping[str, str]) -> Made:
    scheme, host, port = _address(options, "syslog-address", ("udp", "tcp", "tcp+tls"))
    form = options.get("syslog-format", "rfc3164")
    if not form.startswith(("rfc3164", "rfc5424")):
        raise NotCarried("syslog-format", f"Fluent Bit does not write {form}")
    output = (
        ("Name", "syslog"),
        ("host", host),
        ("port", port or "514"),
        ("mode", {"tcp+tls": "tls"}.get(scheme, scheme)),
        ("syslog_format", form[:7]),
        ("syslog_message_key", "log"),
    )
    return output, (), options.keys() - {"syslog-address", "syslog-format"}


def _gelf(options: Mapping[str, str]) -> Made:
    scheme, host, port = _address(options, "gelf-address", ("udp", "tcp"))
    output = (("Name", "gelf"), ("Host", host), ("Port", port or "12201"), ("Mode", scheme))
    return (*output, ("Gelf_Short_Message_Key", "log")), (), options.keys() - {"gelf-address"}


def _fluentd(options: Mapping[str, str]) -> Made:
    given = options.get("fluentd-address", "")
    address = given if "://" in given else f"tcp://{given}"
    _, host, port = _address({"fluentd-address": address}, "fluentd-address", ("tcp", "tls"))
    tls = (("tls", "on"),) if address.startswith("tls:") else ()
    output = (("Name", "forward"), ("Host", host), ("Port", port or "24224"), *tls)
    return output, (), options.keys() - {"fluentd-address"}


SPLUNK = {
    "splunk-index": "event_index",
    "splunk-source": "event_source",
    "splunk-sourcetype": "event_sourcetype",
    "splunk-token": "splunk_token",
}


def _splunk(options: Mapping[str, str]) -> Made:
    scheme, host, port = _address(options, "splunk-url", ("http", "https"))
    if "splunk-token" not in options:
        raise NotCarried(None, "no token is named")
    tls = "on" if scheme == "https" else "off"
    fields = tuple((setting, options[key]) for key, setting in SPLUNK.items() if key in options)
    default = "443" if scheme == "https" else "80"
    output = (("Name", "splunk"), ("host", host), ("port", port or default), ("tls", tls), *fields)
    return (*output, ("event_key", "$log")), (), options.keys() - {"splunk-url", *SPLUNK}


def _address(options: Mapping[str, str], key: str, schemes: tuple[str, ...]) -> tuple[str, str, str]:
    """Scheme, host and port of an address; the port is empty where none is given."""
    text = options.get(key, "")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", str(parts.port or "")
    except ValueError:
        host, port = "", ""
    if not host or parts.scheme not in schemes or not re.fullmatch(r"[A-Za-z0-9._:-]+", host):
        raise NotCarried(key if key in options else None, f"{key} is no address that the log agent could send to")
    if host in ("localhost", "127.0.0.1", "::1"):
        raise NotCarried(key, f"{key} is the instance itself; nodes of EKS have no such receiver")
    return parts.scheme, host, port


DRIVERS: Mapping[str, Callable[[Mapping[str, str]], Made]] = {
    "syslog": _syslog,
    "gelf": _gelf,
    "fluentd": _fluentd,
    "splunk": _splunk,
}
