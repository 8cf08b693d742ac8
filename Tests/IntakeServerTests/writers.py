"""Writes events from many threads until the server goes away; prints each id that was acknowledged.

Usage: writers.py PORT THREADS PREFIX
"""
import http.client
import json
import sys
import threading

port, count, prefix = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
lock = threading.Lock()


def event(name):
    return json.dumps({"id": name, "name": "userLoggedIn", "namespace": "game", "userId": "u"})


def write(number):
    acknowledged = []
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for turn in range(1_000_000):
            names = [f"{prefix}-{number}-{turn}-{part}" for part in range(1 if number % 2 else 5)]
            if number % 2:
                body, kind = event(names[0]), "application/json"
            else:
                body, kind = "\n".join(map(event, names)), "application/x-ndjson"
            connection.request("POST", "/v1/events", body, {"Content-Type": kind})
            response = connection.getresponse()
            answer = response.read()
            if response.status != 200:
                break
            if json.loads(answer)["accepted"] == len(names):
                acknowledged += names
            if turn == 3:
                with lock:
                    print("#", number, flush=True)
    except (OSError, http.client.HTTPException):
        pass
    with lock:
        print("\n".join(acknowledged), flush=True)


threads = [threading.Thread(target=write, args=(number,)) for number in range(count)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
