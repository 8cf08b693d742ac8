"""Reads a front's OpenAPI document and holds its examples and its answers to it.

Usage: openapi.py BASE_URL   (player p1 is published, answers are of the form that clients know)
"""

import pathlib
import sys

import requests

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "TestKit"))
from documented import Document

(base,) = sys.argv[1:]
PLAYER = {"x-mock-user-id": "p1", "Accept-Encoding": "identity"}
document = Document(base)
check_answer = document.check_answer

examples, answers = document.check_examples(), 0
for path, methods in document.paths.items():
    for method, operation in methods.items():
        targets = [path]
        if path.endswith("{sha256}"):
            pages = ["/challenge/v1/challenges/initialize", "/challenge/v1/challenges"]
            links = [requests.get(base + page, headers=PLAYER).headers["link"] for page in pages]
            targets = [link[1 : link.index(">")] for link in links] + [path.replace("{sha256}", "0" * 64)]
        if path.endswith("{eventId}"):
            # Published as rejected and applied, and not at all; the published state includes offset 40.
            targets = [path.replace("{eventId}", id) for id in
                       ["r1", "r%2F2", "r3", "r3?offset=40", "r3?offset=39", "r3?offset=x", "%FF"]]
        if path == "/challenge/v1/challenges":
            targets += [path + "?active_only=true", path + "?active_only=1"]
        for target in targets:
            cases = [PLAYER, PLAYER | {"Accept-Encoding": "identity;q=0, *;q=0"}]
            if "security" in operation and operation["security"]:
                cases += [{"Accept-Encoding": "identity"}, PLAYER | {"x-mock-user-id": "x" * 101}]
            if operation["tags"] == ["Operators"]:
                cases.append(PLAYER | {"Via": "1.1 proxy"})
            for headers in cases:
                response = requests.request(method, base + target, headers=headers)
                check_answer(response, operation, f"{method} {target} {headers}")
                answers += 1
                if "etag" in response.headers:
                    known = headers | {"If-None-Match": response.headers["etag"]}
                    response = requests.request(method, base + target, headers=known)
                    assert response.status_code == 304
                    check_answer(response, operation, f"{method} {target} {known}")
                    answers += 1
            head = requests.head(base + target, headers=PLAYER)
            assert head.status_code == requests.get(base + target, headers=PLAYER).status_code and not head.content
        document.check_other_methods(path, targets[0], PLAYER)
print(f"{examples} examples, {answers} answers")
print("all as documented")
