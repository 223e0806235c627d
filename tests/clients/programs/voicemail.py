"""Forwards calls to my phone; if I don't pick up, takes a message and has it transcribed."""

import os
from functools import wraps

from flask import Flask, Response, abort, jsonify, request
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Dial, VoiceResponse

app = Flask(__name__)
messages = {}
forwarded = []


def validate_twilio_request(f):
    @wraps(f)
    def decorated_function(*args, **kwargs):
        validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
        signature = request.headers.get("X-TWILIO-SIGNATURE", "")
        if not validator.validate(request.url, request.form, signature):
            return abort(403)
        return f(*args, **kwargs)

    return decorated_function


def twiml(response):
    return Response(str(response), mimetype="text/xml")


@app.route("/voice", methods=["POST"])
@validate_twilio_request
def voice():
    response = VoiceResponse()
    dial = Dial(timeout=10, action="/after-dial")
    dial.number(os.environ["FORWARD_TO"])
    response.append(dial)
    return twiml(response)


@app.route("/after-dial", methods=["POST"])
@validate_twilio_request
def after_dial():
    forwarded.append(request.form["DialCallStatus"])
    response = VoiceResponse()
    if request.form["DialCallStatus"] == "completed":
        response.hangup()
        return twiml(response)
    response.say("I can't come to the phone. Please leave a message after the beep, then hang up.")
    response.record(
        timeout=20,
        max_length=60,
        play_beep=True,
        action="/after-record",
        transcribe=True,
        transcribe_callback="/transcription",
        recording_status_callback="/recording",
    )
    response.say("I did not hear anything. Good-bye.")
    return twiml(response)


@app.route("/after-record", methods=["POST"])
@validate_twilio_request
def after_record():
    response = VoiceResponse()
    response.say("Thank you. Good-bye.")
    response.hangup()
    return twiml(response)


@app.route("/recording", methods=["POST"])
@validate_twilio_request
def recording():
    message = messages.setdefault(request.form["RecordingSid"], {})
    message.update(call=request.form["CallSid"], seconds=int(request.form["RecordingDuration"]))
    message["recording_status"] = request.form["RecordingStatus"]
    return "", 204


@app.route("/transcription", methods=["POST"])
@validate_twilio_request
def transcription():
    message = messages.setdefault(request.form["RecordingSid"], {})
    message.update(transcription=request.form["TranscriptionStatus"], text=request.form["TranscriptionText"])
    message["from"] = request.form["From"]
    return "", 204


@app.route("/log")
def show_log():
    return jsonify(messages=list(messages.values()), forwarded=forwarded)


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", 5000)))
