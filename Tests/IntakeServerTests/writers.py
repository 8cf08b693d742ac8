"""Writes events from many threads until the server goes away; prints each id that was acknowledged.

Half of the threads write over gRPC, where its port is not 0: single logins and batches, numbered by hand.

Usage: writers.py PORT RPC_PORT THREADS PREFIX
"""
import http.client
import json
import sys
import threading

port, rpc_port, count, prefix = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
lock = threading.Lock()
if rpc_port:
    import grpc


def event(name):
    return json.dumps({"id": name, "name": "userLoggedIn", "namespace": "game", "userId": "u"})


def field(number, text):
    return bytes([number << 3 | 2, len(text)]) + text


def over_http(number):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(names):
        if len(names) == 1:
            body, kind = event(names[0]), "application/json"
        else:
            body, kind = "\n".join(map(event, names)), "application/x-ndjson"
        connection.request("POST", "/v1/events", body, {"Content-Type": kind})
        response = connection.getresponse()
        answer = response.read()
        return response.status == 200 and json.loads(answer)["accepted"] == len(names)

    return send


def over_grpc(number):
    # A connection of its own for each: else all would share one.
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)]
    channel = grpc.insecure_channel(f"127.0.0.1:{rpc_port}", options)
    login = channel.unary_unary("/accelbyte.iam.account.v1.UserAuthenticationUserLoggedInService/OnMessage")
    append = channel.unary_unary("/goalpost.v1.Ingest/Append")

    def send(names):
        if len(names) == 1:
            return login(field(2, names[0].encode()) + field(5, b"game") + field(9, b"u"), timeout=60) == b""
        answer = append(b"".join(field(1, event(name).encode()) for name in names), timeout=60)
        # Field 1, accepted.
        return answer[:2] == bytes([1 << 3, len(names)])

    return send


def write(number):
    acknowledged = []
    try:
        send = (over_grpc if rpc_port and number % 4 >= 2 else over_http)(number)
        for turn in range(1_000_000):
            names = [f"{prefix}-{number}-{turn}-{part}" for part in range(1 if number % 2 else 5)]
            if not send(names):
                break
            acknowledged += names
            if turn == 3:
                with lock:
                    print("#", number, flush=True)
    except (OSError, http.client.HTTPException):
        pass
    except Exception as error:
        if not rpc_port or not isinstance(error, grpc.RpcError):
            raise
    with lock:
        print("\n".join(acknowledged), flush=True)


threads = [threading.Thread(target=write, args=(number,)) for number in range(count)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
