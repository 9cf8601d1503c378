"""A server on loopback that holds the client to api/openapi.yaml."""

import copy
import json
import pathlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
import yaml

SPEC = yaml.safe_load((pathlib.Path(__file__).parents[3] / "api" / "openapi.yaml").read_text(encoding="utf-8"))


def strict(schema):
    """The schema with every property that it does not name forbidden, so that a misspelt field fails."""
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for v in schema.values():
            strict(v)
    elif isinstance(schema, list):
        for v in schema:
            strict(v)
    return schema


COMPONENTS = strict(copy.deepcopy(SPEC["components"]))


def check(value, schema, what):
    try:
        jsonschema.validate(value, {**strict(copy.deepcopy(schema)), "components": COMPONENTS})
    except jsonschema.ValidationError as e:
        raise AssertionError(f"{what}: {e.message} at {list(e.absolute_path)}") from None


def resolve(node):
    while "$ref" in node:
        at = SPEC
        for part in node["$ref"].removeprefix("#/").split("/"):
            at = at[part]
        node = at
    return node


def operation(method, path):
    """The operation of openapi.yaml that serves a path, and its parameters by (in, name)."""
    for template, item in SPEC["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in item:
            op = item[method.lower()]
            params = [resolve(p) for p in item.get("parameters", []) + op.get("parameters", [])]
            return op, {(p["in"], p["name"]): p["schema"] for p in params}
    raise AssertionError(f"openapi.yaml has no {method} {path}")


def check_request(method, target, headers, body):
    """Path, query, headers and body against the contract."""
    url = urlsplit(target)
    op, params = operation(method, url.path)
    for name, (value,) in parse_qs(url.query, strict_parsing=bool(url.query)).items():
        assert ("query", name) in params, f"{op['operationId']} has no query parameter {name}"
        schema = resolve(params["query", name])
        check(int(value) if schema["type"] == "integer" else value, schema, f"{op['operationId']} {name}")
    if "Idempotency-Key" in headers:
        assert ("header", "Idempotency-Key") in params
    if body:
        kind = headers["Content-Type"]
        accepted = op["requestBody"]["content"]
        assert kind in accepted, f"{op['operationId']} takes {list(accepted)}, not {kind}"
        if kind == "application/json":
            check(json.loads(body), accepted[kind]["schema"], f"body of {op['operationId']}")
    return op


def check_answer(op, status, kind, body):
    """What this server says, so that the client is not tested against fields that no server sends."""
    answer = resolve(op["responses"].get(str(status), op["responses"]["default"]))
    if body:
        check(json.loads(body), answer["content"][kind]["schema"], f"answer {status} of {op['operationId']}")


class Server:
    """Answers in the order in which answers were given; keeps what was asked.

    An answer is (status, body) or a callable that takes the handler, for misbehaviour. When there are
    no more, the last one is repeated.
    """

    def __init__(self):
        self.requests = []
        self.answers = []
        self.connections = 0
        self.faults = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self):
                super().setup()
                outer.connections += 1

            def log_message(self, *args):
                pass

            def handle_any(self):
                outer.handle(self)

            do_GET = do_POST = do_PUT = do_HEAD = handle_any

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def handle(self, h):
        body = h.rfile.read(int(h.headers.get("Content-Length") or 0))
        try:
            op = check_request(h.command, h.path, h.headers, body)
        except AssertionError as e:
            self.faults.append(e)
            raise
        self.requests.append((h.command, h.path, dict(h.headers), body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer(h)
            return
        status, said = answer
        kind = "application/json" if status < 400 else "application/problem+json"
        raw = b"" if said is None or h.command == "HEAD" else json.dumps(said).encode()
        try:
            check_answer(op, status, kind, raw)
        except AssertionError as e:
            self.faults.append(e)
        self.reply(h, status, kind, raw)

    def reply(self, h, status, kind, raw):
        """Writes a whole answer."""
        h.send_response(status)
        h.send_header("Content-Type", kind)
        if status >= 500:
            h.send_header("Retry-After", "0")
        h.send_header("Content-Length", str(len(raw)))
        h.end_headers()
        h.wfile.write(raw)

    def sent(self, i=-1):
        """The JSON of a request."""
        return json.loads(self.requests[i][3])

    def close(self):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server():
    s = Server()
    yield s
    s.close()
    assert not s.faults, s.faults


@pytest.fixture(autouse=True)
def outside(monkeypatch, tmp_path):
    """No test inherits a sweep or a server from the environment it is run in."""
    import os

    for name in list(os.environ):
        if name.startswith("SWEEPD_") or name == "RANK":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
