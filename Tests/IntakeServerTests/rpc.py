"""Drives goalpost-ingest over gRPC, with stubs made from the project's own .proto files and with messages numbered by
hand. Prints one line of JSON: what each step saw.

Usage: rpc.py PROTOS OUT ADDRESS COMMAND [ARGUMENT...]
"""
import glob
import json
import os
import struct
import sys

import grpc
from grpc_tools import protoc

protos, out, address, command = sys.argv[1:5]
more = sys.argv[5:]
os.makedirs(out, exist_ok=True)
names = sorted(os.path.relpath(name, protos) for name in glob.glob(protos + "/**/*.proto", recursive=True))
well_known = os.path.join(os.path.dirname(protoc.__file__), "_proto")
made = protoc.main(["protoc", f"-I{protos}", f"-I{well_known}", f"--python_out={out}", f"--grpc_python_out={out}"] + names)
assert made == 0, "protoc failed"
# The health check's package is called grpc, as the client library is: its stub is called by hand below.
sys.path.append(out)

from accelbyte.iam.account.v1 import account_pb2, account_pb2_grpc  # noqa: E402
from accelbyte.social.statistic.v1 import statistic_pb2, statistic_pb2_grpc  # noqa: E402
from goalpost.v1 import ingest_pb2, ingest_pb2_grpc  # noqa: E402

LOGIN = "/accelbyte.iam.account.v1.UserAuthenticationUserLoggedInService/OnMessage"
STAT = "/accelbyte.social.statistic.v1.StatisticStatItemUpdatedService/OnMessage"
HEALTH = "/grpc.health.v1.Health/Check"
WAIT = 120


def refused(call):
    """The status and message of a call that must fail."""
    try:
        answer = call()
        list(answer) if hasattr(answer, "__next__") else None
    except grpc.RpcError as error:
        return [error.code().name, error.details()]
    return ["OK", ""]


def varint(value):
    text = b""
    while value > 0x7F:
        text += bytes([value & 0x7F | 0x80])
        value >>= 7
    return text + bytes([value])


def text(number, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def double(number, value):
    return varint(number << 3 | 1) + struct.pack("<d", value)


def raw(channel, path, message, metadata=()):
    return channel.unary_unary(path)(message, timeout=WAIT, metadata=metadata)


def event(name, user="u"):
    return json.dumps({"id": name, "name": "userLoggedIn", "namespace": "game", "userId": user}).encode()


def platform(channel):
    stat = statistic_pb2_grpc.StatisticStatItemUpdatedServiceStub(channel)
    login = account_pb2_grpc.UserAuthenticationUserLoggedInServiceStub(channel)
    Item, Stat, Login = statistic_pb2.StatItem, statistic_pb2.StatItemUpdated, account_pb2.UserLoggedIn
    day = "2026-01-05T10:00:00Z"
    seen = {}
    login.OnMessage(Login(id="l1", namespace="game", timestamp=day, user_id="u1"), timeout=WAIT)
    stat.OnMessage(
        Stat(id="s1", namespace="game", timestamp=day, user_id="u1",
             payload=Item(stat_code="kills", latest_value=7, inc=2.5)), timeout=WAIT)
    # Every field of the platform's messages, by number; those that are not read may hold anything.
    item = (text(1, "elsewhere") + text(2, "kills") + text(3, "somebody-else") + double(4, 1e300) + double(5, -0.5)
            + text(6, text(1, b"\n\x03key")) + varint(7 << 3) + varint(1) + double(8, 1) + double(9, 2) + text(10, "MAX"))
    whole = (text(1, item) + text(2, "s2") + varint(3 << 3) + varint(1) + text(4, "statItemUpdated") + text(5, "game")
             + text(6, "parent") + text(7, day) + text(8, "client") + text(9, 'quo"te\\\n') + text(10, "session")
             + text(99, "future"))
    seen["raw stat"] = raw(channel, STAT, whole).hex()
    payload = text(1, text(1, "x"))
    whole = (text(1, payload) + text(2, "l2") + varint(3 << 3) + varint(1) + text(4, "userLoggedIn") + text(5, "game")
             + text(6, "parent") + text(7, day) + text(8, "client") + text(9, "u2") + text(10, "trace") + text(11, "session"))
    seen["raw login"] = raw(channel, LOGIN, whole).hex()
    # Acknowledged and not in the log: a repetition, and another namespace's.
    login.OnMessage(Login(id="l1", namespace="game", timestamp=day, user_id="u1"), timeout=WAIT)
    login.OnMessage(Login(id="l3", namespace="other", timestamp=day, user_id="u1"), timeout=WAIT)
    login.OnMessage(Login(namespace="game", user_id="made"), timeout=WAIT)
    bad = Item(stat_code="kills", latest_value=1)
    seen["refused"] = {
        "login without user": refused(lambda: login.OnMessage(Login(id="x", namespace="game"), timeout=WAIT)),
        "stat without user": refused(lambda: stat.OnMessage(Stat(namespace="game", payload=bad), timeout=WAIT)),
        "stat without payload": refused(lambda: stat.OnMessage(Stat(namespace="game", user_id="u"), timeout=WAIT)),
        "stat without code": refused(
            lambda: stat.OnMessage(Stat(namespace="game", user_id="u", payload=Item(latest_value=1)), timeout=WAIT)),
        "not a number": refused(lambda: stat.OnMessage(
            Stat(namespace="game", user_id="u", payload=Item(stat_code="k", latest_value=float("nan"))), timeout=WAIT)),
        "long user": refused(lambda: login.OnMessage(Login(namespace="game", user_id="u" * 101), timeout=WAIT)),
        "bad time": refused(
            lambda: login.OnMessage(Login(namespace="game", user_id="u", timestamp="yesterday"), timeout=WAIT)),
        "no message": refused(lambda: raw(channel, LOGIN, b"\xff")),
        "no method": refused(lambda: raw(channel, "/goalpost.v1.Ingest/Nothing", b"")),
    }
    return seen


def shape(answer):
    return {
        "counts": [answer.accepted, answer.duplicates, answer.other_namespace, answer.rejected],
        "offsets": [answer.first_offset, answer.last_offset],
        "results": [[r.index, ingest_pb2.EventResult.Outcome.Name(r.outcome), r.offset, r.reason] for r in answer.results],
    }


def batches(channel):
    stub = ingest_pb2_grpc.IngestStub(channel)
    Request = ingest_pb2.AppendRequest
    other = event("o").replace(b"game", b"elsewhere")
    seen = {
        "append": shape(stub.Append(Request(events=[
            event("a"), b"{\n" + event("b")[1:-1] + b"\r\n}", event("a"), b"{}", other,
            b'{"id":"line\nend","name":"userLoggedIn","namespace":"game","userId":"u"}']), timeout=WAIT)),
        "none": refused(lambda: stub.Append(Request(), timeout=WAIT)),
        "too many": refused(lambda: stub.Append(Request(events=[b"{}"] * 16385), timeout=WAIT)),
        "too long": refused(lambda: stub.Append(Request(events=[b" " * (4 << 20)]), timeout=WAIT)),
    }
    requests = [Request(events=[event(f"s{turn}-{part}") for part in range(100)]) for turn in range(50)]
    requests.append(Request(events=[event("s0-0"), event("last"), b"no"]))
    answers = list(stub.AppendStream(iter(requests), timeout=WAIT))
    seen["stream"] = [len(answers), sum(a.accepted for a in answers), sum(len(a.results) for a in answers[:-1])]
    seen["stream end"] = shape(answers[-1])
    # Each is acknowledged while the client keeps the next one back.
    acknowledged = []

    def one_by_one():
        for turn in range(20):
            assert len(acknowledged) == turn
            yield Request(events=[event(f"w{turn}")])
            while len(acknowledged) == turn:
                with arrived:
                    arrived.wait(1)

    import threading
    arrived = threading.Condition()
    for answer in stub.AppendStream(one_by_one(), timeout=WAIT):
        with arrived:
            acknowledged.append(answer.last_offset)
            arrived.notify()
    seen["one by one"] = len(acknowledged)
    seen["stream fails"] = refused(lambda: stub.AppendStream(
        iter([Request(events=[event("before")]), Request(), Request(events=[event("behind")])]), timeout=WAIT))
    return seen


def health(channel):
    return {
        "server": raw(channel, HEALTH, b"").hex(),
        "service": raw(channel, HEALTH, text(1, "goalpost.v1.Ingest")).hex(),
        "unknown": refused(lambda: raw(channel, HEALTH, text(1, "nobody"))),
    }


def callers(channel):
    message = text(2, "t1") + text(5, "game") + text(9, "u")

    def with_token(token):
        return refused(lambda: raw(channel, LOGIN, message, (("authorization", token),)))[0]

    return {
        "none": refused(lambda: raw(channel, LOGIN, message))[0],
        "wrong": with_token("Bearer nothing"),
        "right": with_token("Bearer sesame-open-now"),
        "health": refused(lambda: raw(channel, HEALTH, b""))[0],
    }


def credentials():
    if not more:
        return None
    read = [open(name, "rb").read() for name in more]
    return grpc.ssl_channel_credentials(read[0], *(read[1:3][::-1] if len(read) > 2 else []))


if command == "secure":
    with grpc.secure_channel(address, credentials()) as channel:
        print(json.dumps({"health": refused(lambda: channel.unary_unary(HEALTH)(b"", timeout=20))[0]}))
else:
    with grpc.insecure_channel(address) as channel:
        grpc.channel_ready_future(channel).result(WAIT)
        print(json.dumps(globals()[command](channel)))
