"""What schemathesis has to know to make events that the server takes; read by way of SCHEMATHESIS_HOOKS."""

import datetime
import json

import schemathesis
from hypothesis import strategies

# In UTC and in the past: what is far ahead of the clock is refused, which no schema can say.
schemathesis.openapi.format(
    "date-time",
    strategies.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2025, 12, 31)).map(
        lambda time: time.isoformat() + "Z"
    ),
)


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    """Lines are text, whatever was made instead of one."""
    return (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", errors="surrogatepass")


@schemathesis.hook
def map_body(context, body):
    """Half of the events are of the server's own namespace: others are only counted."""
    for event in body if isinstance(body, list) else [body]:
        if isinstance(event, dict) and isinstance(event.get("namespace"), str) and len(event["namespace"]) % 2 == 0:
            event["namespace"] = "demo"
    return body
