"""What random requests are to say, so that some of them come through."""

import itertools
import time

import schemathesis
from schemathesis import GenerationMode

# A number of ours, and a telephone that takes every call.
OURS, OTHER = "+14155550100", "+12125550177"

COUNT = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    # What is meant to be refused is left as it is.
    if not case.meta or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    count = next(COUNT)
    headers, body = case.headers or {}, case.body
    if "Idempotency-Key" in headers:
        # Now and then it is the one of before.
        headers["Idempotency-Key"] = f"k-{count - (count % 8 == 0)}"
    if not isinstance(body, dict):
        return
    if "from" in body:
        body["from"] = OURS
        # It goes on until it is ended.
        for name in ["twiml", "twiml_url", "limit_seconds"]:
            body.pop(name, None)
    if "to" in body and count % 4:
        body["to"] = OTHER
    if "participant" in body:
        body["participant"] = "p1"


@schemathesis.hook
def after_call(context, case, response):
    """Whoever is called has picked up before the next is asked."""
    if (case.operation.label, response.status_code) == ("POST /calls", 201):
        time.sleep(0.2)
