"""Hears what happens in the calls that another program of mine steers, and writes it down."""

import os

from flask import Flask, request
from standardwebhooks import Webhook, WebhookVerificationError

app = Flask(__name__)
webhook = Webhook(os.environ["CALLBACK_SECRET"])
seen = set()


@app.post("/calls")
def calls():
    try:
        event = webhook.verify(request.get_data(), dict(request.headers))
    except WebhookVerificationError:
        return "", 401
    if event["id"] not in seen:  # It may come twice.
        seen.add(event["id"])
        print(event["data"]["seq"], event["type"], flush=True)
    return "", 204


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "5000")))
