"""Asks a front as players with tokens do, and checks what it makes of good and bad ones.

Usage: tokens.py make DIRECTORY             writes the keys of an identity service, and tokens
       tokens.py serve DIRECTORY            serves the keys on a free port, which it prints
       tokens.py check BASE_URL DIRECTORY   asks with these tokens

The tokens are signed by PyJWT with RS256 and ES256; the namespace is `demo`, the player p1.
"""

import http.server
import json
import pathlib
import sys
import time

import jwt
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

INITIALIZE = "/challenge/v1/challenges/initialize"


def make(directory):
    """Two keys, published; a third one that nobody knows."""
    keys = {
        "rsa": (rsa.generate_private_key(public_exponent=65537, key_size=2048), "RS256"),
        "ec": (ec.generate_private_key(ec.SECP256R1()), "ES256"),
        "stranger": (ec.generate_private_key(ec.SECP256R1()), "ES256"),
    }
    algorithms = {"RS256": jwt.algorithms.RSAAlgorithm, "ES256": jwt.algorithms.ECAlgorithm}
    jwks = []
    for name in ["rsa", "ec"]:
        key, algorithm = keys[name]
        jwk = json.loads(algorithms[algorithm].to_jwk(key.public_key()))
        jwks.append(jwk | {"kid": name, "use": "sig", "alg": algorithm})
    now = int(time.time())
    claims = {"sub": "p1", "namespace": "demo", "iss": "iam", "exp": now + 3600, "nbf": now - 10}

    def sign(name, kid=None, **changes):
        key, algorithm = keys[name]
        return jwt.encode(claims | changes, key, algorithm, headers={"kid": kid or name})

    pem = keys["rsa"][0].public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    header, payload, _ = sign("rsa").split(".")
    tokens = {
        "rsa": sign("rsa"), "ec": sign("ec"), "stranger": sign("stranger"), "impostor": sign("stranger", "ec"),
        "expired": sign("rsa", exp=now - 100), "early": sign("rsa", nbf=now + 1000),
        "other": sign("ec", namespace="other"), "issuer": sign("ec", iss="somebody"),
        "nobody": sign("ec", sub=""), "unsigned": jwt.encode(claims, None, "none", headers={"kid": "rsa"}),
        "confused": jwt.encode(claims, jwt.utils.base64url_encode(pem), "HS256", headers={"kid": "rsa"}),
        "cut": f"{header}.{payload}.", "garbage": "a.b.c", "known": sign("ec", sub="somebody new"),
        "long": sign("ec", sub="x" * 101),
    }
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "tokens.json").write_text(json.dumps(tokens))
    (directory / "jwks.json").write_text(json.dumps({"keys": jwks}))


def check(base, directory):
    tokens = json.loads((directory / "tokens.json").read_text())

    def ask(token=None, **headers):
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return requests.get(base + INITIALIZE, headers={"Accept-Encoding": "identity"} | headers)

    def refused(response, status, code, challenge):
        problem = response.json()
        assert response.status_code == status and problem["errorCode"] == code, (response.status_code, problem)
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers.get("www-authenticate", "").startswith(challenge), response.headers
        assert (challenge == "") == ("www-authenticate" not in response.headers)

    own = ask(tokens["rsa"])
    assert own.status_code == 200 and own.json()["assignedGoals"][3]["progress"] == 7
    for name in ["rsa", "ec", "ec"]:
        assert ask(tokens[name]).content == own.content, name
    # A player without events has the template; who it is comes from the token alone.
    assert ask(tokens["known"]).json()["assignedGoals"][3]["progress"] == 0
    assert ask(tokens["known"], **{"x-mock-user-id": "p1"}).json()["assignedGoals"][3]["progress"] == 0
    refused(ask(), 401, "UNAUTHORIZED", "Bearer")
    refused(ask(**{"x-mock-user-id": "p1"}), 401, "UNAUTHORIZED", "Bearer")
    refused(ask(**{"Authorization": "Basic cDE6eA=="}), 401, "UNAUTHORIZED", "Bearer")
    for name in ["stranger", "impostor", "expired", "early", "issuer", "nobody", "unsigned", "confused", "cut", "garbage",
                 "long"]:
        refused(ask(tokens[name]), 401, "UNAUTHORIZED", 'Bearer error="invalid_token"')
    refused(ask(tokens["other"]), 403, "FORBIDDEN", "")
    def counts():
        text = requests.get(base + "/metrics").text
        for token in tokens.values():
            assert token not in text
        lines = [line for line in text.splitlines() if line.startswith("goalpost_token")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    def count(outcome):
        return counts()[f'goalpost_tokens_total{{outcome="{outcome}"}}']

    # Which event loop a connection is served by decides what is remembered there.
    # The one whose subject is too long for a player has a good signature, too.
    assert count("verified") + count("cached") == 7, counts()
    for outcome, number in {"namespace": 1, "missing": 3, "algorithm": 2, "expired": 1, "unknown_key": 1}.items():
        assert count(outcome) == number, counts()
    assert counts()["goalpost_token_keys"] == 2 and counts()["goalpost_token_keys_age_seconds"] >= 0
    # Several requests on one connection keep their order, verified or remembered.
    before = count("cached")
    with requests.Session() as session:
        for name in ["known", "rsa", "known", "ec"] * 3:
            answer = session.get(base + INITIALIZE, headers={"Authorization": f"Bearer {tokens[name]}"})
            assert answer.json()["assignedGoals"][3]["progress"] == (0 if name == "known" else 7)
    assert count("cached") >= before + 9, counts()
    # What became of a request is told to the player of the token alone.
    outcome = "/challenge/v1/requests/r1"
    for name in ["rsa", "ec"]:
        answer = requests.get(base + outcome, headers={"Authorization": f"Bearer {tokens[name]}"})
        assert answer.status_code == 200 and answer.json()["errorCode"] == "GOAL_NOT_ACTIVE", answer.text
    for name, status, code, challenge in [("known", 404, "REQUEST_NOT_FOUND", ""), ("other", 403, "FORBIDDEN", ""),
                                          ("expired", 401, "UNAUTHORIZED", 'Bearer error="invalid_token"')]:
        headers = {"Authorization": f"Bearer {tokens[name]}", "x-mock-user-id": "p1"}
        refused(requests.get(base + outcome, headers=headers), status, code, challenge)
    refused(requests.get(base + outcome, headers={"x-mock-user-id": "p1"}), 401, "UNAUTHORIZED", "Bearer")
    print("all as promised")


def serve(directory):
    """Serves DIRECTORY/jwks.json on a free port, which it prints."""
    handler = lambda *words: http.server.SimpleHTTPRequestHandler(*words, directory=directory)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    kind, *words = sys.argv[1:]
    if kind == "make":
        make(pathlib.Path(words[0]))
    elif kind == "serve":
        serve(words[0])
    else:
        check(words[0], pathlib.Path(words[1]))
