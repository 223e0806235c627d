"""Calls people to remind them of an appointment, and records the calls."""

import os
from functools import wraps

import requests
from flask import Flask, abort, jsonify, request
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.voice_response import VoiceResponse

account_sid = os.environ["TWILIO_ACCOUNT_SID"]
auth_token = os.environ["TWILIO_AUTH_TOKEN"]
base_url = os.environ["BASE_URL"]

app = Flask(__name__)
client = Client(account_sid, auth_token)
log = []


def validate_twilio_request(f):
    """Validates that incoming requests genuinely originated from Twilio"""

    @wraps(f)
    def decorated_function(*args, **kwargs):
        validator = RequestValidator(auth_token)
        signature = request.headers.get("X-TWILIO-SIGNATURE", "")
        if validator.validate(request.url, request.form, signature):
            return f(*args, **kwargs)
        return abort(403)

    return decorated_function


@app.route("/call", methods=["POST"])
def call():
    call = client.calls.create(
        to=request.form["to"],
        from_=os.environ["TWILIO_PHONE_NUMBER"],
        url=f"{base_url}/answer",
        record=True,
        recording_status_callback=f"{base_url}/recording",
        recording_status_callback_event=["completed"],
        status_callback=f"{base_url}/events",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
        status_callback_method="POST",
    )
    return jsonify(sid=call.sid, status=call.status)


@app.route("/answer", methods=["POST"])
@validate_twilio_request
def answer():
    response = VoiceResponse()
    response.say("Hello! This is a reminder of your appointment tomorrow at ten.", voice="alice")
    response.pause(length=2)
    response.say("Good-bye!", voice="alice")
    return str(response), 200, {"Content-Type": "text/xml"}


@app.route("/events", methods=["POST"])
@validate_twilio_request
def events():
    log.append({"call": request.form["CallSid"], "status": request.form["CallStatus"]})
    return "", 204


@app.route("/recording", methods=["POST"])
@validate_twilio_request
def recording():
    sound = requests.get(request.form["RecordingUrl"] + ".wav", auth=(account_sid, auth_token), timeout=10)
    sound.raise_for_status()
    log.append(
        {
            "call": request.form["CallSid"],
            "recording": request.form["RecordingSid"],
            "seconds": int(request.form["RecordingDuration"]),
            "bytes": len(sound.content),
        }
    )
    return "", 204


@app.route("/log")
def show_log():
    return jsonify(log)


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", 5000)))
