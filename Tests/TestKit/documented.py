"""Holds what a server answers, and the examples of its OpenAPI document, to that document."""

import sys

import jsonschema
import requests
from openapi_spec_validator import OpenAPIV31SpecValidator


class Document:
    """The document that the server at `base` has of itself; it has to be valid."""

    def __init__(self, base):
        self.base = base
        self.whole = requests.get(f"{base}/apidocs/api.json").json()
        self.paths = self.whole["paths"]
        OpenAPIV31SpecValidator(self.whole).validate()

    def check(self, instance, schema, where):
        """Validates against a schema whose references lead into the document."""
        draft = "https://json-schema.org/draft/2020-12/schema"
        schema = {"$schema": draft, "components": self.whole["components"], **schema}
        try:
            jsonschema.validate(instance, schema, jsonschema.Draft202012Validator)
        except jsonschema.ValidationError as error:
            sys.exit(f"{where}: {error.message} at {list(error.path)}")

    def check_answer(self, response, operation, where):
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
        self.check(response.json() if "json" in media_type else response.text, schema, where)

    def check_examples(self):
        """Examples of parameters, bodies and answers keep to their schemas; gives their number."""
        count = 0
        for path, methods in self.paths.items():
            for method, operation in methods.items():
                described = list(operation.get("parameters", []))
                described += operation.get("requestBody", {}).get("content", {}).values()
                for answer in operation["responses"].values():
                    described += answer.get("content", {}).values()
                for one in described:
                    if "example" in one:
                        self.check(one["example"], one["schema"], f"{method} {path} example")
                        count += 1
        return count

    def check_other_methods(self, path, target, headers):
        """Every method that is not documented is answered 405 with what is allowed."""
        methods = set(self.paths[path])
        allowed_all = methods | ({"head"} if "get" in methods else set())
        for other in {"get", "post", "put", "delete", "patch", "head", "options"} - allowed_all:
            response = requests.request(other, self.base + target, headers=headers)
            assert response.status_code == 405, f"{other} {path}: {response.status_code}"
            allowed = {name.strip().lower() for name in response.headers["allow"].split(",")}
            assert allowed == allowed_all, f"{other} {path}: {allowed}"
            if other == "head":
                continue
            problem = response.json()
            assert problem["errorCode"] == "METHOD_NOT_ALLOWED" and problem["title"], f"{other} {path}"
            self.check(problem, {"$ref": "#/components/schemas/Problem"}, f"{other} {path}")
