"""Reads the write side's OpenAPI document and holds its examples and the server's answers to it.

Usage: openapi.py BASE_URL   (namespace game; headers say which player asks; a player may write 10 times at once)
"""

import concurrent.futures
import gzip
import json
import pathlib
import sys

import requests
import zstandard

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "TestKit"))
from documented import Document

(base,) = sys.argv[1:]
document = Document(base)
examples = document.check_examples()
seen = set()


def ask(method, path, target=None, **more):
    """The answer, which is as documented."""
    response = requests.request(method, base + (target or path), **more)
    operation = document.paths[path][method]
    document.check_answer(response, operation, f"{method} {target or path}: {response.status_code} {response.text[:300]}")
    if response.status_code >= 400:
        problem = response.json()
        assert problem["title"] and problem["instance"] == (target or path), problem
    seen.add((operation["operationId"], response.status_code))
    return response


def post(body, media_type="application/json", status=200, **fields):
    headers = {"Content-Type": media_type} | {name.replace("_", "-"): value for name, value in fields.items()}
    response = ask("post", "/v1/events", data=body, headers=headers)
    assert response.status_code == status, response.text[:300]
    return response.json()


# Examples as they are are of another namespace; in this one they are taken.
bodies = document.paths["/v1/events"]["post"]["requestBody"]["content"]
for number, (media_type, content) in enumerate(bodies.items()):
    example = content["example"]
    text = example if isinstance(example, str) else json.dumps(example)
    if "cloudevents" not in media_type:
        assert post(text, media_type)["otherNamespace"] > 0
    own = text.replace("mygame", "game").replace('"e', f'"own{number}')
    assert post(own, media_type)["accepted"] > 0, media_type
    assert post(gzip.compress(own.encode()), media_type, content_encoding="gzip")["duplicates"] > 0
    assert post(zstandard.compress(own.encode()), media_type, content_encoding="zstd")["duplicates"] > 0
    again = post(own, media_type, content_encoding="identity")
    assert again["duplicates"] > 0 and "firstOffset" not in again
event = {"name": "userLoggedIn", "namespace": "game", "userId": "u"}
many = post(json.dumps([event] * 1500 + [7] * 1200))
assert len(many["results"]) == 1000 and many["rejectedNotListed"] == 200
post("7", status=400)
assert post(f"[{json.dumps(event)},", status=400)["eventsDone"] == 1
post("x" * ((1 << 20) + 1), "application/x-ndjson", status=413)
post("x", "text/html", status=415)
post("x", status=415, content_encoding="br")

# Players.
ids = "/challenge/v1/challenges/{challengeId}/goals/{goalId}/"
claim, active = ids + "claim", ids + "active"
place = claim.format(challengeId="c", goalId="g%2F%C3%A4")
headers = {"x-mock-user-id": "one", "Idempotency-Key": "k"}
answers = [ask("post", claim, place, headers=headers) for _ in range(2)]
assert [answer.status_code for answer in answers] == [202, 202]
assert [answer.json()["duplicate"] for answer in answers] == [False, True]
assert answers[0].headers["location"] == answers[0].json()["outcome"]
place = active.format(challengeId="c", goalId="g")
player = {"x-mock-user-id": "one"}
assert ask("put", active, place, headers=player, json={"isActive": True}).status_code == 202
assert ask("put", active, place, headers=player, json={"isActive": 1}).status_code == 400
assert ask("put", active, place, headers=player, data=b" " * 5000).status_code == 413
assert ask("put", active, place, headers=player | {"Idempotency-Key": "a b"}, json={"isActive": True}).status_code == 400
assert ask("put", active, place, json={"isActive": True}).status_code == 401
assert ask("post", claim, claim.format(challengeId="c", goalId="x" * 101), headers=player).status_code == 400
with concurrent.futures.ThreadPoolExecutor(30) as pool:
    # At once: in less than the seconds that refill what a player may do.
    place = claim.format(challengeId="c", goalId="g")
    two = {"x-mock-user-id": "two"}
    statuses = set(pool.map(lambda _: ask("post", claim, place, headers=two).status_code, range(60)))
assert statuses == {202, 429}, statuses

# All others, for GET and HEAD alike.
for path, methods in document.paths.items():
    if "get" not in methods:
        continue
    for session in [requests.Session()]:
        head = session.head(base + path)
        # Over the same connection: bytes of a body behind the head would be taken for this answer.
        response = session.get(base + path)
        assert head.status_code == response.status_code == 200 and not head.content, path
        assert head.headers["content-length"] == str(len(response.content)), path
    ask("get", path)
for path in document.paths:
    document.check_other_methods(path, path.format(challengeId="c", goalId="g") if "{" in path else path, {})
assert requests.get(base + "/apidocs").content == requests.get(base + "/apidocs/").content
missing = requests.get(base + "/apidocs/nothing")
assert missing.status_code == 404 and missing.json()["errorCode"] == "NOT_FOUND"
for operation, statuses in {
    "events": {200, 400, 413, 415}, "setActive": {202, 400, 401, 413}, "claim": {202, 400, 429},
}.items():
    assert statuses <= {status for name, status in seen if name == operation}, operation
print(f"{examples} examples, {len(seen)} kinds of answers")
print("all as documented")
