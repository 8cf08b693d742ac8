"""Reads a front's OpenAPI document and holds its examples and its answers to it.

Usage: openapi.py BASE_URL   (player p1 is published, answers are of the form that clients know)
"""

import sys

import jsonschema
import requests
from openapi_spec_validator import OpenAPIV31SpecValidator

(base,) = sys.argv[1:]
PLAYER = {"x-mock-user-id": "p1", "Accept-Encoding": "identity"}
document = requests.get(f"{base}/apidocs/api.json").json()
OpenAPIV31SpecValidator(document).validate()


def check(instance, schema, where):
    """Validates against a schema whose references lead into the document."""
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": document["components"], **schema}
    try:
        jsonschema.validate(instance, whole, jsonschema.Draft202012Validator)
    except jsonschema.ValidationError as error:
        sys.exit(f"{where}: {error.message} at {list(error.path)}")


def check_answer(response, operation, where):
    """Status, media type, header fields and body of an answer are those of the document."""
    described = operation["responses"].get(str(response.status_code))
    assert described, f"{where}: status {response.status_code} is not documented"
    for name, field in described.get("headers", {}).items():
        assert not field["required"] or name in response.headers, f"{where}: {name} is missing"
    content = described.get("content")
    if not content:
        assert not response.content, f"{where}: a body that is not documented"
        return
    media_type = response.headers["content-type"].split(";")[0]
    assert media_type in content, f"{where}: {media_type} is not documented"
    schema = content[media_type]["schema"]
    check(response.json() if "json" in media_type else response.text, schema, where)


examples = answers = 0
for path, methods in document["paths"].items():
    for method, operation in methods.items():
        where = f"{method} {path}"
        for status, described in operation["responses"].items():
            for media_type, content in described.get("content", {}).items():
                if "example" in content:
                    check(content["example"], content["schema"], f"{where} {status} example")
                    examples += 1
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
        for other in {"get", "post", "put", "delete", "patch"} - set(methods):
            response = requests.request(other, base + targets[0], headers=PLAYER)
            problem = response.json()
            assert response.status_code == 405 and problem["errorCode"] == "METHOD_NOT_ALLOWED", f"{other} {path}"
            allowed = {name.strip().lower() for name in response.headers["allow"].split(",")}
            assert allowed == set(methods) | {"head"}, f"{other} {path}: {allowed}"
            check(problem, {"$ref": "#/components/schemas/Problem"}, f"{other} {path}")
print(f"{examples} examples, {answers} answers")
print("all as documented")
