"""Asks a front with requests and httpx, and checks every header and status that it promises.

Usage: clients.py BASE_URL TEMPLATE_SHA256   (the template of initialize; player p1 is published)
"""

import base64
import email.utils
import hashlib
import json
import re
import sys
import time

import httpx
import requests
import zstandard

base, template_id = sys.argv[1:]
ROUTES = {
    "/challenge/v1/challenges/initialize": "assignedGoals",
    "/challenge/v1/challenges": "challenges",
    "/challenge/v1/challenges?active_only=true": "activeOnly",
}
INITIALIZE = "/challenge/v1/challenges/initialize"
PLAYER = {"x-mock-user-id": "p1"}


def content(response):
    """The body; not every version of a client decodes zstd by itself."""
    if response.content[:4] == b"\x28\xb5\x2f\xfd":
        return zstandard.ZstdDecompressor().decompress(response.content)
    return response.content


def check_answer(response, key, coding):
    headers = response.headers
    assert response.status_code == 200, response.status_code
    assert key in json.loads(content(response))
    assert headers["content-type"] == "application/json"
    assert headers.get("content-encoding") == coding, headers
    assert headers["vary"] == "Accept-Encoding, Available-Dictionary"
    suffix = f"-{coding}" if coding else ""
    assert re.fullmatch(r'"[0-9a-f]{16}%s"' % suffix, headers["etag"]), headers["etag"]
    assert re.fullmatch(r"private, max-age=\d+(, stale-while-revalidate=\d+)?", headers["cache-control"])
    assert 4 <= int(headers["age"]) < 600, headers["age"]
    modified = email.utils.parsedate_to_datetime(headers["last-modified"]).timestamp()
    assert 0 < time.time() - modified < 600
    assert abs(email.utils.parsedate_to_datetime(headers["date"]).timestamp() - time.time()) < 60
    assert headers["goalpost-offset"] == "41"
    assert headers["server"] == "goalpost-front"
    assert int(headers["content-length"]) > 0
    if coding != "dcz":
        assert 'rel="compression-dictionary"' in headers["link"]


def check_problem(response, status, code, **fields):
    assert response.status_code == status, (response.status_code, status)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    problem = response.json()
    assert problem["errorCode"] == code, problem
    assert problem["status"] == status
    assert problem["type"] == "about:blank" and problem["title"] and problem["detail"]
    for name, value in fields.items():
        assert response.headers[name.replace("_", "-")] == value, response.headers


def check(client):
    """What both clients have in common."""
    for route, key in ROUTES.items():
        for accept, coding in [("identity", None), ("gzip, deflate", "gzip"), ("zstd", "zstd"), ("gzip;q=0, *", None)]:
            answer = client.get(base + route, headers=PLAYER | {"Accept-Encoding": accept})
            check_answer(answer, key, coding)
            again = client.get(
                base + route,
                headers=PLAYER | {"Accept-Encoding": accept, "If-None-Match": answer.headers["etag"]},
            )
            assert again.status_code == 304 and again.content == b""
            for name in ["etag", "vary", "cache-control", "age", "last-modified", "goalpost-offset", "date"]:
                assert name in again.headers, name
            for name in ["content-length", "content-encoding", "content-type", "transfer-encoding"]:
                assert name not in again.headers, name
            since = client.get(
                base + route,
                headers=PLAYER
                | {"Accept-Encoding": accept, "If-Modified-Since": answer.headers["last-modified"]},
            )
            assert since.status_code == 304
            old = client.get(
                base + route,
                headers=PLAYER
                | {"Accept-Encoding": accept, "If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"},
            )
            assert old.status_code == 200
            head = client.head(base + route, headers=PLAYER | {"Accept-Encoding": accept})
            assert head.status_code == 200 and head.content == b""
            for name in ["etag", "vary", "goalpost-offset", "content-length", "content-type"]:
                assert head.headers[name] == answer.headers[name], name
    posted = client.post(base + INITIALIZE, headers=PLAYER | {"Accept-Encoding": "identity"}, content_or_data=b"{}")
    check_answer(posted, "assignedGoals", None)
    check_problem(client.get(base + INITIALIZE), 401, "UNAUTHORIZED", www_authenticate="Bearer")
    check_problem(
        client.get(base + INITIALIZE, headers={"x-mock-user-id": "x" * 101}), 400, "INVALID_REQUEST"
    )
    check_problem(
        client.get(base + INITIALIZE, headers=PLAYER | {"Accept-Encoding": "*;q=0"}),
        406,
        "NOT_ACCEPTABLE",
        vary="Accept-Encoding, Available-Dictionary",
    )
    check_problem(client.get(base + "/nothing"), 404, "NOT_FOUND")
    check_problem(client.get(f"{base}/challenge/v1/templates/{'0' * 64}"), 404, "NOT_FOUND")
    check_problem(
        client.post(base + "/challenge/v1/challenges", headers=PLAYER), 405, "METHOD_NOT_ALLOWED", allow="GET, HEAD"
    )
    check_problem(
        client.put(base + "/challenge/v1/challenges/c/goals/g/active", headers=PLAYER), 405, "METHOD_NOT_ALLOWED"
    )
    check_problem(
        client.post(base + INITIALIZE, headers=PLAYER, content_or_data=b"x" * 1001),
        413,
        "BODY_TOO_LARGE",
        connection="close",
    )
    check_problem(client.get(base + INITIALIZE, headers=PLAYER | {"X": "x" * 20000}), 431, "HEADER_TOO_LARGE")
    check_problem(client.get(base + "/metrics", headers={"Via": "1.1 proxy"}), 403, "FORBIDDEN")
    health = client.get(base + "/healthz")
    assert health.json() == {"status": "healthy"} and health.headers["cache-control"] == "no-store"
    ready = client.get(base + "/readyz")
    assert ready.json()["status"] == "ready" and ready.json()["offset"] == 40
    metrics = client.get(base + "/metrics")
    assert metrics.status_code == 200 and "challenge_api_requests_total" in metrics.text


def check_dictionary(get):
    """A client of RFC 9842: loads the template, then reads the frame against it. `get` leaves bodies as they are."""
    plain = get(INITIALIZE, PLAYER | {"Accept-Encoding": "identity"})
    path = re.match(r"<([^>]*)>", plain.headers["link"]).group(1)
    assert path.endswith(template_id)
    for accept, coding in [("identity", None), ("gzip", "gzip"), ("zstd", "zstd")]:
        template = get(path, {"Accept-Encoding": accept})
        assert template.status_code == 200
        assert template.headers.get("content-encoding") == coding
        assert template.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert template.headers["use-as-dictionary"] == f'match="{INITIALIZE}", id="{template_id}"'
        assert template.headers["vary"] == "Accept-Encoding"
        assert template.headers["etag"] == f'"{template_id}{"-" + coding if coding else ""}"'
    dictionary = get(path, {"Accept-Encoding": "identity"}).body
    digest = hashlib.sha256(dictionary)
    assert digest.hexdigest() == template_id
    available = ":" + base64.b64encode(digest.digest()).decode() + ":"
    for player in ["p1", "somebody new"]:
        whole = get(INITIALIZE, {"x-mock-user-id": player, "Accept-Encoding": "identity"}).body
        coded = get(
            INITIALIZE,
            {"x-mock-user-id": player, "Accept-Encoding": "gzip, zstd, dcz", "Available-Dictionary": available},
        )
        assert coded.headers["content-encoding"] == "dcz"
        assert coded.headers["vary"] == "Accept-Encoding, Available-Dictionary"
        assert coded.headers["etag"].endswith('-dcz"')
        assert coded.body[:8] == b"\x5e\x2a\x4d\x18\x20\0\0\0" and coded.body[8:40] == digest.digest()
        raw = zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        assert zstandard.ZstdDecompressor(dict_data=raw).decompress(coded.body[40:]) == whole
        assert len(coded.body) < len(whole) / 5 and json.loads(whole)


class Requests:
    """requests, with httpx's way of giving a body."""

    def __init__(self):
        self.session = requests.Session()
        self.session.headers.clear()

    def __getattr__(self, method):
        def call(url, headers=None, content_or_data=None):
            return self.session.request(method.upper(), url, headers=headers, data=content_or_data)

        return call

    def raw(self, path, headers):
        response = self.session.get(base + path, headers=headers, stream=True)
        response.body = response.raw.read(decode_content=False)
        return response


class Httpx:
    def __init__(self):
        self.client = httpx.Client()
        self.client.headers.clear()

    def __getattr__(self, method):
        def call(url, headers=None, content_or_data=None):
            return self.client.request(method.upper(), url, headers=headers, content=content_or_data)

        return call

    def raw(self, path, headers):
        with self.client.stream("GET", base + path, headers=headers) as response:
            response.body = b"".join(response.iter_raw())
        return response


for client in [Requests(), Httpx()]:
    check(client)
    check_dictionary(client.raw)
print("all as promised")
