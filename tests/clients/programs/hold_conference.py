"""A desk: callers meet an agent in a conference, and the agent can put them on hold."""

import os
from functools import wraps

from flask import Flask, Response, abort, jsonify, request
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.voice_response import Dial, VoiceResponse

base_url = os.environ["BASE_URL"]

app = Flask(__name__)
client = Client()
conferences = {}
events = []


def validate_twilio_request(f):
    @wraps(f)
    def decorated_function(*args, **kwargs):
        validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
        if validator.validate(request.url, request.form, request.headers.get("X-TWILIO-SIGNATURE", "")):
            return f(*args, **kwargs)
        return abort(403)

    return decorated_function


def twiml(response):
    return Response(str(response), mimetype="text/xml")


@app.post("/voice")
@validate_twilio_request
def voice():
    response = VoiceResponse()
    response.say("Welcome. We will be with you in a moment.")
    dial = Dial()
    dial.conference(
        request.form["CallSid"],
        start_conference_on_enter=True,
        end_conference_on_exit=True,
        participant_label="customer",
        status_callback=f"{base_url}/conference-events",
        status_callback_event="start end join leave hold",
    )
    response.append(dial)
    return twiml(response)


@app.post("/conference-events")
@validate_twilio_request
def conference_events():
    event, room, call = (request.form.get(name) for name in ["StatusCallbackEvent", "FriendlyName", "CallSid"])
    events.append({"event": event, "room": room, "label": request.form.get("ParticipantLabel")})
    if event == "participant-join" and call == room:
        conferences[room] = request.form["ConferenceSid"]
        client.conferences(conferences[room]).participants.create(
            from_=os.environ["TWILIO_PHONE_NUMBER"],
            to=os.environ["AGENT_NUMBER"],
            label="agent",
            end_conference_on_exit=True,
        )
    return "", 204


@app.post("/hold/<call_sid>")
def hold(call_sid):
    customer = client.conferences(conferences[call_sid]).participants(call_sid)
    participant = customer.update(hold=True, hold_url=f"{base_url}/hold-music", hold_method="POST")
    return jsonify(hold=participant.hold)


@app.post("/resume/<call_sid>")
def resume(call_sid):
    participant = client.conferences(conferences[call_sid]).participants("customer").update(hold=False)
    return jsonify(hold=participant.hold)


@app.post("/hold-music")
@validate_twilio_request
def hold_music():
    response = VoiceResponse()
    response.say("Please stay on the line.")
    response.pause(length=10)
    response.redirect("/hold-music")
    return twiml(response)


@app.get("/log")
def show_log():
    return jsonify(events)


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", 5000)))
