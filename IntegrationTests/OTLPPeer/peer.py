# SPDX-License-Identifier: Apache-2.0

"""OpenTelemetry's and Prometheus's own software in Python, at the other end of what Stitch writes and reads.

  peer.py rewrite traces|metrics IN OUT   reads a request with the official classes and writes it as they would
  peer.py send ENDPOINT OUT               sends spans by the official SDK; writes what it sent as the official JSON
  peer.py scrape URL ACCEPT OUT           asks for metrics as a scraper does; writes the samples that Prometheus's
                                          parser finds as JSON, an error where it finds the text wrong
"""

import json
import sys
import urllib.request


def rewrite(kind, source, target):
    if kind == "traces":
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest as Request
    else:
        from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest as Request
    request = Request()
    with open(source, "rb") as file:
        request.ParseFromString(file.read())
    with open(target, "wb") as file:
        file.write(request.SerializeToString(deterministic=True))


def scrape(url, accept, target):
    from prometheus_client import parser
    from prometheus_client.openmetrics import parser as openmetrics

    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept} if accept else {})) as answer:
        kind, text = answer.headers["Content-Type"], answer.read().decode()
    found = []
    chosen = openmetrics if kind.startswith("application/openmetrics-text") else parser
    for family in chosen.text_string_to_metric_families(text):
        for sample in family.samples:
            exemplar = sample.exemplar.labels if sample.exemplar else {}
            found.append(
                {"name": sample.name, "labels": sample.labels, "value": str(sample.value), "exemplar": exemplar}
            )
    with open(target, "w") as file:
        json.dump({"contentType": kind, "samples": found}, file)


def send(endpoint, target):
    from google.protobuf.json_format import MessageToJson
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanLimits, TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

    kept = InMemorySpanExporter()
    provider = TracerProvider(
        resource=Resource.create({"service.name": "peer", "numbers": [1, 2, 3]}),
        span_limits=SpanLimits(max_span_attributes=9, max_events=2, max_links=2),
    )
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("peer", "1.2", schema_url="https://opentelemetry.io/schemas/1.30.0")
    other = SpanContext(5, 6, True, TraceFlags(1), TraceState([("vendor", "x"), ("ot", "th:8")]))
    with tracer.start_as_current_span("send orders", kind=SpanKind.PRODUCER) as parent:
        parent.set_attributes(
            {"text": "Ωmega \U0001f600", "true": True, "least": -(2**63), "half": 0.5, "empty": "", "list": ["a", "b"]}
        )
        parent.set_attributes({"numbers": [1, 2], "floats": [0.5], "bools": [True, False], "one too many": 1})
        for number in range(3):
            parent.add_event("event", {"number": number})
        kinds = [SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.CONSUMER]
        for number, kind in enumerate(kinds):
            links = [Link(other, {"stitch.link": "creation"}), Link(parent.get_span_context())]
            with tracer.start_as_current_span("process orders", kind=kind, links=links * (number % 2 + 1)) as child:
                child.set_status(Status(StatusCode.ERROR, "no broker") if number == 0 else Status(StatusCode.OK))
                try:
                    raise ValueError("broken")
                except ValueError as error:
                    child.record_exception(error)
    spans = kept.get_finished_spans()
    if OTLPSpanExporter(endpoint=endpoint).export(spans) != SpanExportResult.SUCCESS:
        sys.exit("the spans were not taken")
    with open(target, "w") as file:
        file.write(MessageToJson(encode_spans(spans), indent=None))


{"rewrite": rewrite, "scrape": scrape, "send": send}[sys.argv[1]](*sys.argv[2:])
