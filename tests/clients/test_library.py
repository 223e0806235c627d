"""Twilio's library for Python does with the exchange what it does with Twilio."""

import asyncio
import json
import os
import time
from datetime import datetime, timedelta, timezone

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from checks import check, equal, run, until
from world import ANNA, BEN, CALLER, OLIVIA, OTHER_SPARE, OURS, OVER, SPARE, Answers, Ear, the_exchange

SID, TOKEN = os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"]
UNKNOWN = "0" * 31 + "f"

# Nobody else calls there, so that what is listed is ours.
OTHER_PHONE = "+12125550114"

exchange = the_exchange()
answers = Answers()
client = Client()

HELLO = answers.put("/hello", "<Response><Say>Hello from the document.</Say></Response>")
WAITS = "<Response><Pause length='600'/></Response>"


def say(words):
    return f"<Response><Say>{words}</Say></Response>"


def has_status(sid, *statuses):
    return until(f"{sid} is {statuses}", lambda: (call := client.calls(sid).fetch()).status in statuses and call)


def under_way(to=ANNA, twiml=WAITS, **options):
    """A call that we have made, once it is answered."""
    call = client.calls.create(to=to, from_=OURS, twiml=twiml, **options)
    return has_status(call.sid, "in-progress")


def refused(status, code, ask):
    """It is refused with Twilio's status and code, as the library's own exception."""
    try:
        result = ask()
    except TwilioRestException as error:
        equal((error.status, error.code), (status, code))
        assert error.msg and error.uri and error.method, error
    except TwilioException as error:
        # For lists the library has only this one, and puts the answer in it.
        answer = error.args[1]
        equal((answer.status_code, json.loads(answer.text)["code"]), (status, code))
    else:
        raise AssertionError(f"it was not refused, but answered with {result!r}")


# Numbers and accounts


@check("python: a number is found by what it is, and led elsewhere")
def _():
    [number] = client.incoming_phone_numbers.list(phone_number=OURS, limit=20)
    equal(number.phone_number, OURS)
    urls = {"voice_url": HELLO, "voice_method": "POST", "status_callback": answers.url("/number-status")}
    changed = number.update(**urls, status_callback_method="POST")
    for seen in [changed, client.incoming_phone_numbers(number.sid).fetch()]:
        equal({name: getattr(seen, name) for name in urls}, urls)


@check("python: an account knows its numbers page by page, and no more than asked for")
def _():
    every = [number.phone_number for number in client.incoming_phone_numbers.stream(page_size=1)]
    assert {OURS, SPARE, OTHER_SPARE} <= set(every) and len(every) == len(set(every)), every
    equal(len(client.incoming_phone_numbers.list(limit=2, page_size=1)), 2)
    page = client.incoming_phone_numbers.page(page_size=1)
    following = client.incoming_phone_numbers.get_page(page.next_page_url)
    equal([number.phone_number for number in [*page, *following]], every[:2])


@check("python: an account is fetched, and others are not there")
def _():
    account = client.api.accounts(SID).fetch()
    equal((account.sid, account.status), (SID, "active"))
    refused(404, 20404, client.api.accounts("AC" + UNKNOWN).fetch)


@check("python: where an account may call is asked at voice.twilio.com")
def _():
    country = client.voice.v1.dialing_permissions.countries("US").fetch()
    equal((country.iso_code, country.low_risk_numbers_enabled), ("US", True))


@check("python: a wrong token is refused")
def _():
    refused(401, 20003, Client(SID, "wrong").incoming_phone_numbers.list)


@check("python: an API key opens what the token opens")
def _():
    key = client.new_keys.create(friendly_name="Tests")
    with_key = Client(key.sid, key.secret, SID)
    assert with_key.incoming_phone_numbers.list(limit=1)
    assert client.keys(key.sid).delete()
    refused(401, 20003, with_key.incoming_phone_numbers.list)


# Calls


@check("python: a call from outside asks at the number's URL, with a signature that the library proves")
def _():
    sid = exchange.call(OURS)
    asked = answers.wait_for("/hello")
    assert asked.is_signed_by(TOKEN) and not asked.is_signed_by("wrong"), asked.headers
    known = {"CallSid": sid, "AccountSid": SID, "From": CALLER, "To": OURS, "Direction": "inbound"}
    equal({name: asked.params.get(name) for name in known}, known)
    call = has_status(sid, "completed")
    equal((call.direction, call.to, call._from), ("inbound", OURS, CALLER))
    ended = answers.wait_for("/number-status")
    assert ended.is_signed_by(TOKEN)
    equal((ended.params["CallSid"], ended.params["CallStatus"]), (sid, "completed"))
    assert exchange.story(sid).heard("Hello from the document."), exchange.story(sid)


@check("python: a call is made with a URL, and tells of itself from the beginning to the end")
def _():
    events = ["initiated", "ringing", "answered", "completed"]
    asked = len(answers.at("/hello"))
    call = client.calls.create(
        to=ANNA, from_=OURS, url=HELLO, status_callback=answers.url("/status"), status_callback_event=events
    )
    equal((call.status, call.direction, call.to, call._from), ("queued", "outbound-api", ANNA, OURS))
    done = has_status(call.sid, "completed")
    assert int(done.duration) > 0 and done.start_time <= done.end_time, vars(done)
    request = answers.wait_for("/hello", asked + 1)
    assert request.is_signed_by(TOKEN)
    equal((request.params["CallSid"], request.params["Direction"]), (call.sid, "outbound-api"))
    answers.wait_for("/status", 4)
    told = sorted(answers.at("/status"), key=lambda it: int(it.params["SequenceNumber"]))
    equal([it.params["CallStatus"] for it in told], ["initiated", "ringing", "in-progress", "completed"])
    assert all(it.is_signed_by(TOKEN) for it in told)
    assert exchange.story(call.sid).heard("Hello from the document."), exchange.story(call.sid)


@check("python: a call is made with a document of its own")
def _():
    call = client.calls.create(to=BEN, from_=SPARE, twiml=say("Hello from the call."))
    has_status(call.sid, "completed")
    assert exchange.story(call.sid).heard("Hello from the call."), exchange.story(call.sid)


@check("python: a call ends as the telephone at the other end has it")
def _():
    for number, deed, status in [
        ("+12125550111", {"busy": True}, "busy"),
        ("+12125550112", {"never_answers": True}, "no-answer"),
        ("+12125550113", {"unreachable": True}, "failed"),
    ]:
        exchange.phone(number, **deed)
        call = client.calls.create(to=number, from_=OURS, url=HELLO, timeout=10)
        equal(has_status(call.sid, *OVER).status, status)


@check("python: calls are listed by whom, how they ended, when, and what they belong to")
def _():
    calls = client.calls
    equal({call.to for call in calls.list(to=BEN)}, {BEN})
    equal({call._from for call in calls.list(from_=SPARE)}, {SPARE})
    equal({call.status for call in calls.list(status="busy")}, {"busy"})
    assert calls.list(to=ANNA, status="completed") and not calls.list(to=ANNA, status="busy")
    now = datetime.now(timezone.utc)
    assert calls.list(start_time_after=now - timedelta(days=2), limit=1)
    assert not calls.list(start_time_after=now + timedelta(days=2))
    parent = under_way(ANNA, f"<Response><Dial>{BEN}</Dial></Response>")
    [child] = until("the other leg is listed", lambda: calls.list(parent_call_sid=parent.sid))
    equal((child.to, child.parent_call_sid, child.direction), (BEN, parent.sid, "outbound-dial"))


@check("python: calls are listed page by page, each once, the newest first")
def _():
    exchange.phone(OTHER_PHONE, answers_after_seconds=2)
    made = [client.calls.create(to=OTHER_PHONE, from_=OURS, twiml=say("One of seven.")).sid for _ in range(7)]
    for sid in made:
        has_status(sid, "completed")
    listed = [call.sid for call in client.calls.stream(to=OTHER_PHONE, page_size=3)]
    equal(sorted(listed), sorted(made))
    equal([call.sid for call in client.calls.list(to=OTHER_PHONE, limit=5, page_size=2)], listed[:5])
    page, seen = client.calls.page(to=OTHER_PHONE, page_size=3), []
    while page:
        seen.append([call.sid for call in page])
        page = client.calls.get_page(page.next_page_url) if page.next_page_url else None
    equal(seen, [listed[:3], listed[3:6], listed[6:]])


@check("python: a call that is under way is led elsewhere, by URL and by document")
def _():
    call = under_way()
    url = answers.put("/elsewhere", "<Response><Say>You are elsewhere.</Say><Pause length='600'/></Response>")
    equal(client.calls(call.sid).update(url=url, method="POST").sid, call.sid)
    request = answers.wait_for("/elsewhere")
    equal((request.params["CallSid"], request.params["CallStatus"]), (call.sid, "in-progress"))
    until("it is heard", lambda: exchange.story(call.sid).heard("You are elsewhere."))
    client.calls(call.sid).update(twiml=say("And now elsewhere again."))
    has_status(call.sid, "completed")
    exchange.story(call.sid).in_order("You are elsewhere.", "And now elsewhere again.")


@check("python: a call is ended, and one that still rings is called off")
def _():
    call = under_way()
    client.calls(call.sid).update(status="completed")
    has_status(call.sid, "completed")
    ringing = client.calls.create(to="+12125550112", from_=OURS, url=HELLO)
    has_status(ringing.sid, "ringing")
    client.calls(ringing.sid).update(status="canceled")
    has_status(ringing.sid, "canceled")


@check("python: whoever calls hears what an application says, and numbers follow it")
def _():
    url = answers.put("/application", say("This is the application."))
    application = client.applications.create(friendly_name="Tests", voice_url=url, voice_method="POST")
    equal(client.applications(application.sid).fetch().voice_url, url)
    assert application.sid in [it.sid for it in client.applications.list(friendly_name="Tests")]
    call = client.calls.create(to=ANNA, from_=OURS, application_sid=application.sid)
    has_status(call.sid, "completed")
    assert exchange.story(call.sid).heard("This is the application.")
    [number] = client.incoming_phone_numbers.list(phone_number=SPARE)
    number.update(voice_application_sid=application.sid)
    sid = exchange.call(SPARE)
    has_status(sid, "completed")
    assert exchange.story(sid).heard("This is the application.")
    number.update(voice_application_sid="")
    assert client.applications(application.sid).delete()
    refused(404, 20404, client.applications(application.sid).fetch)


@check("python: a call that is over can be deleted")
def _():
    call = client.calls.create(to=ANNA, from_=OURS, twiml=say("Forget me."))
    has_status(call.sid, "completed")
    assert client.calls(call.sid).delete()
    refused(404, 20404, client.calls(call.sid).fetch)


@check("python: the library's asynchronous client does the same")
def _():
    async def calls():
        async with AsyncTwilioHttpClient() as http:
            there = Client(SID, TOKEN, http_client=http)
            call = await there.calls.create_async(to=ANNA, from_=OURS, twiml=say("Hello from a coroutine."))
            while (await there.calls(call.sid).fetch_async()).status != "completed":
                await asyncio.sleep(0.05)
            listed = [it.sid async for it in await there.calls.stream_async(to=ANNA, page_size=2)]
            assert call.sid in listed
            try:
                await there.calls("CA" + UNKNOWN).fetch_async()
            except TwilioRestException as error:
                equal((error.status, error.code), (404, 20404))
            else:
                raise AssertionError("there is no such call")

    asyncio.run(asyncio.wait_for(calls(), 30))


# Recordings


@check("python: a recording is started, paused, taken up again, stopped, fetched, and told of")
def _():
    call = under_way()
    recordings = client.calls(call.sid).recordings
    started = recordings.create(
        recording_status_callback=answers.url("/recording"), recording_status_callback_event=["in-progress", "completed"]
    )
    equal((started.call_sid, started.status, started.source), (call.sid, "in-progress", "StartCallRecordingAPI"))
    current = client.calls(call.sid).recordings("Twilio.CURRENT")
    equal(current.update(status="paused", pause_behavior="skip").status, "paused")
    equal(current.update(status="in-progress").sid, started.sid)
    exchange.speak(call.sid, "These words are worth keeping, so please keep them.")
    until("it is spoken", lambda: exchange.story(call.sid).did("speaks", text="worth keeping"))
    # To say it takes time, which the recording is to have.
    time.sleep(0.3)
    equal(current.update(status="stopped").sid, started.sid)
    equal([it.sid for it in recordings.list()], [started.sid])

    def completed():
        recording = client.recordings(started.sid).fetch()
        return recording.status == "completed" and recording

    done = until("it can be fetched", completed)
    assert int(done.duration) > 0 and done.call_sid == call.sid, vars(done)
    answers.wait_for("/recording", 2)
    told = answers.at("/recording")
    equal({it.params["RecordingStatus"] for it in told}, {"in-progress", "completed"})
    equal({it.params["RecordingSid"] for it in told}, {started.sid})
    assert all(it.is_signed_by(TOKEN) for it in told)


@check("python: the sound of a call is streamed to a web socket, signed, until it is stopped")
def _():
    call, ear = under_way(), Ear()
    streams = client.calls(call.sid).streams
    started = streams.create(
        url=ear.url, name="ear", status_callback=answers.url("/stream"), parameter1_name="order", parameter1_value="7"
    )
    equal((started.status, started.name, started.call_sid), ("in-progress", "ear", call.sid))
    until("it is told of the beginning, and of sound", lambda: len(ear.messages) > 10)
    equal(ear.events()[:3], ["connected", "start", "media"])
    assert ear.is_signed_by(TOKEN) and not ear.is_signed_by("wrong"), ear.headers
    start = ear.messages[1]["start"]
    equal((start["streamSid"], start["customParameters"]), (started.sid, {"order": "7"}))
    equal(client.calls(call.sid).streams("ear").update(status="stopped").status, "stopped")
    until("it is told of the end", lambda: ear.events()[-1] == "stop")
    answers.wait_for("/stream", 2)
    told = answers.at("/stream")
    equal([it.params["StreamEvent"] for it in told], ["stream-started", "stream-stopped"])
    assert all(it.is_signed_by(TOKEN) and it.params["StreamSid"] == started.sid for it in told)


@check("python: what is said in a call is told while it is said, until that is stopped")
def _():
    call = under_way()
    transcriptions = client.calls(call.sid).transcriptions
    started = transcriptions.create(
        status_callback_url=answers.url("/words"), track="inbound_track", inbound_track_label="anna", name="words"
    )
    equal((started.status, started.name, started.call_sid), ("in-progress", "words", call.sid))
    exchange.speak(call.sid, "Hello there.")

    def said():
        return [json.loads(it.params.get("TranscriptionData", "{}")).get("transcript") for it in answers.at("/words")]

    until("it is told", lambda: "Hello there." in said())
    equal(client.calls(call.sid).transcriptions(started.sid).update(status="stopped").status, "stopped")

    def events():
        return [it.params["TranscriptionEvent"] for it in answers.at("/words")]

    until("it is told of the end", lambda: events()[-1] == "transcription-stopped")
    told = answers.at("/words")
    # Whoever answers may say something, too.
    between = (len(told) - 2) * ["transcription-content"]
    equal(events(), ["transcription-started", *between, "transcription-stopped"])
    equal([it.params["SequenceId"] for it in told], [str(number + 1) for number in range(len(told))])
    assert all(it.is_signed_by(TOKEN) and it.params["TranscriptionSid"] == started.sid for it in told)


@check("python: the sound of a recording is fetched by whoever may, and deleted")
def _():
    [recording] = client.recordings.list(limit=1)
    url = f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Recordings/{recording.sid}"
    for address in [url, url + ".wav", recording.media_url]:
        sound = requests.get(address, auth=(SID, TOKEN), timeout=10)
        equal((sound.status_code, sound.headers["Content-Type"]), (200, "audio/x-wav"))
        assert sound.content[:4] == b"RIFF" and sound.content[8:12] == b"WAVE", sound.content[:12]
    equal(requests.get(url + ".wav", timeout=10).status_code, 401)
    assert client.recordings(recording.sid).delete()
    refused(404, 20404, client.recordings(recording.sid).fetch)
    equal(requests.get(url + ".wav", auth=(SID, TOKEN), timeout=10).status_code, 404)
    assert recording.sid not in [it.sid for it in client.recordings.list()]


@check("python: a call that is recorded from its beginning has a recording in the end")
def _():
    call = client.calls.create(to=ANNA, from_=OURS, record=True, twiml="<Response><Pause length='5'/></Response>")
    has_status(call.sid, "completed")
    [recording] = until("it is listed", lambda: client.recordings.list(call_sid=call.sid))
    equal((recording.call_sid, recording.source), (call.sid, "OutboundAPI"))


# Conferences


class Room:
    """A conference of two, whom we have called into it."""

    def __init__(self, name, **of_customer):
        self.name = name
        self.customer = self.add(ANNA, label="customer", **of_customer)
        self.sid = self.customer.conference_sid
        self.agent = self.add(BEN, label="agent")
        self.connected("customer")
        self.connected("agent")

    def add(self, to, name=None, **options):
        options = {"beep": "false", **options}
        return client.conferences(name or self.name).participants.create(from_=OURS, to=to, **options)

    def connected(self, label):
        def look():
            try:
                participant = self.at(label).fetch()
            except TwilioRestException as error:
                assert error.status == 404, error
                return None
            return participant if participant.status == "connected" else None

        return until(f"{label} is connected", look)

    def at(self, label):
        return client.conferences(self.sid).participants(label)

    def hears(self, participant, what):
        """Whom or what somebody hears now; a set of participants, or a kind."""
        wanted = {it.call_sid for it in what} if isinstance(what, set) else what
        sid = participant.call_sid
        until(f"{participant.label} hears {wanted}", lambda: exchange.story(sid).now() == wanted)


@check("python: people are called into a room, by its name and by its sid, and hear each other")
def _():
    room = Room("By name and sid")
    equal((room.customer.label, room.customer.muted, room.customer.hold), ("customer", False, False))
    assert room.sid.startswith("CF"), room.sid
    room.hears(room.customer, {room.agent})
    room.hears(room.agent, {room.customer})
    [listed] = client.conferences.list(friendly_name=room.name)
    equal((listed.sid, listed.status), (room.sid, "in-progress"))
    equal(client.conferences(room.sid).fetch().friendly_name, room.name)
    third = room.add(OLIVIA, room.sid, label="third")
    equal(third.conference_sid, room.sid)
    room.connected("third")
    people = client.conferences(room.sid).participants.list()
    equal({it.call_sid for it in people}, {room.customer.call_sid, room.agent.call_sid, third.call_sid})
    room.hears(room.customer, {room.agent, third})
    equal(room.at(third.call_sid).fetch().label, "third")
    [here] = [it for it in exchange.rooms() if it["conference_sid"] == room.sid]
    equal((here["friendly_name"], len(here["participants"])), (room.name, 3))


@check("python: who is on hold hears the document for it and nobody, and then everybody again")
def _():
    room = Room("Hold")
    url = answers.put("/hold", "<Response><Say>Please hold the line.</Say><Redirect/></Response>")
    held = room.at("customer").update(hold=True, hold_url=url, hold_method="POST")
    equal(held.hold, True)
    answers.wait_for("/hold")
    room.hears(room.customer, "words")
    room.hears(room.agent, "silence")
    equal([it.label for it in client.conferences(room.sid).participants.list(hold=True)], ["customer"])
    equal(room.at("customer").update(hold=False).hold, False)
    room.hears(room.customer, {room.agent})
    room.hears(room.agent, {room.customer})
    exchange.story(room.customer.call_sid).in_order(room.agent.call_sid, "Please hold", room.agent.call_sid)


@check("python: who is muted hears the others, who do not hear them")
def _():
    room = Room("Mute")
    equal(room.at("agent").update(muted=True).muted, True)
    equal([it.label for it in client.conferences(room.sid).participants.list(muted=True)], ["agent"])
    room.hears(room.customer, "silence")
    room.hears(room.agent, {room.customer})
    equal(room.at("agent").update(muted=False).muted, False)
    room.hears(room.customer, {room.agent})


@check("python: an announcement is heard by one, or by all of them")
def _():
    room = Room("Announcements")
    one = answers.put("/announcement-for-one", say("This is for one of you."))
    room.at("customer").update(announce_url=one, announce_method="POST")
    until("one hears it", lambda: exchange.story(room.customer.call_sid).heard("for one of you"))
    everybody = answers.put("/announcement-for-all", say("This is for all of you."))
    client.conferences(room.sid).update(announce_url=everybody, announce_method="POST")
    for participant in [room.customer, room.agent]:
        until("all hear it", lambda: exchange.story(participant.call_sid).heard("for all of you"))
    assert not exchange.story(room.agent.call_sid).heard("for one of you")


@check("python: a coach is heard by whom they coach alone, until they barge in")
def _():
    room = Room("Coach")
    coach = room.add(OLIVIA, label="coach", coaching=True, call_sid_to_coach=room.agent.call_sid)
    seen = room.connected("coach")
    equal((seen.coaching, seen.call_sid_to_coach), (True, room.agent.call_sid))
    room.hears(room.agent, {room.customer, coach})
    room.hears(room.customer, {room.agent})
    room.hears(coach, {room.customer, room.agent})
    equal(room.at("coach").update(coaching=False).coaching, False)
    room.hears(room.customer, {room.agent, coach})


@check("python: one participant is removed, and the room stays")
def _():
    room = Room("Removal")
    room.add(OLIVIA, label="third")
    room.connected("third")
    assert room.at("third").delete()
    until("two are left", lambda: len(client.conferences(room.sid).participants.list()) == 2)
    refused(404, 20404, room.at("third").fetch)
    equal(client.conferences(room.sid).fetch().status, "in-progress")
    room.hears(room.customer, {room.agent})


@check("python: a room is ended, and everybody in it with it")
def _():
    room = Room(
        "The end",
        conference_status_callback=answers.url("/room"),
        conference_status_callback_event=["start", "end", "join", "leave"],
    )
    equal(client.conferences(room.sid).update(status="completed").sid, room.sid)
    for participant in [room.customer, room.agent]:
        has_status(participant.call_sid, "completed")
    equal(client.conferences(room.sid).fetch().status, "completed")
    equal(client.conferences(room.sid).participants.list(), [])
    assert room.sid in [it.sid for it in client.conferences.list(status="completed", friendly_name=room.name)]
    equal(client.conferences.list(friendly_name=room.name, status="in-progress"), [])

    def told():
        return sorted(answers.at("/room"), key=lambda it: int(it.params["SequenceNumber"]))

    until("its end is told", lambda: told() and told()[-1].params["StatusCallbackEvent"] == "conference-end")
    kinds = [it.params["StatusCallbackEvent"] for it in told()]
    equal(sorted(kinds), sorted(["conference-start", *["participant-join", "participant-leave"] * 2, "conference-end"]))
    equal(told()[-1].params["ReasonConferenceEnded"], "conference-ended-via-api")
    assert all(it.is_signed_by(TOKEN) for it in told())
    again = room.add(OLIVIA)
    assert again.conference_sid != room.sid, "a room that has ended is not there again"


@check("python: a room refuses what it can't do")
def _():
    room = Room("Refusals")
    refused(400, 16026, lambda: room.add(OLIVIA, label="agent"))
    refused(400, 16024, lambda: room.add(OLIVIA, label="a/b"))
    refused(405, 20004, lambda: client.conferences(room.name).participants.list())
    refused(404, 20404, client.conferences("CF" + UNKNOWN).fetch)
    refused(404, 20404, room.at("nobody").fetch)
    refused(400, 21201, lambda: room.add(""))


# Queues


@check("python: a queue is made, somebody waits in it, and is sent on")
def _():
    queue = client.queues.create(friendly_name="Waiting", max_size=10)
    equal((queue.friendly_name, queue.max_size, queue.current_size), ("Waiting", 10, 0))
    refused(400, 22003, lambda: client.queues.create(friendly_name="Waiting"))
    refused(404, 20404, client.queues(queue.sid).members("Front").fetch)
    document = "<Response><Enqueue waitUrl='{}'>Waiting</Enqueue><Say>You waited.</Say></Response>"
    wait = answers.put("/wait", say("You are waiting."))
    first = under_way(ANNA, document.format(wait))
    members = client.queues(queue.sid).members
    until("one waits", lambda: len(members.list()) == 1)
    second = under_way(BEN, document.format(wait))
    until("two wait", lambda: len(members.list()) == 2)
    equal([(it.call_sid, it.position) for it in members.list()], [(first.sid, 1), (second.sid, 2)])
    equal(client.queues(queue.sid).members(second.sid).fetch().position, 2)
    front = client.queues(queue.sid).members("Front").fetch()
    assert front.call_sid == first.sid and front.wait_time >= 0, vars(front)
    equal(client.queues(queue.sid).fetch().current_size, 2)
    asked = answers.wait_for("/wait")
    equal((asked.params["QueueSid"], asked.params["QueuePosition"]), (queue.sid, "1"))
    try:
        client.queues(queue.sid).delete()
    except TwilioRestException as error:
        assert 400 <= error.status < 500, error
    else:
        raise AssertionError("a queue with people in it was deleted")
    done = answers.put("/done", say("It is your turn."))
    equal(client.queues(queue.sid).members("Front").update(url=done, method="POST").call_sid, first.sid)
    client.queues(queue.sid).members(second.sid).update(url=done, method="POST")
    for call in [first, second]:
        has_status(call.sid, "completed")
        exchange.story(call.sid).in_order("You are waiting.", "It is your turn.")
    equal(client.queues(queue.sid).update(friendly_name="Nobody").friendly_name, "Nobody")
    assert queue.sid in [it.sid for it in client.queues.list()]
    assert client.queues(queue.sid).delete()
    refused(404, 20404, client.queues(queue.sid).fetch)


@check("python: who takes the first of a queue talks with them")
def _():
    queue = client.queues.create(friendly_name="Talk")
    waiting = under_way(ANNA, "<Response><Enqueue>Talk</Enqueue></Response>")
    until("one waits", lambda: client.queues(queue.sid).members.list())
    agent = under_way(BEN, "<Response><Dial><Queue>Talk</Queue></Dial></Response>")
    until("they talk", lambda: exchange.story(agent.sid).now() == {waiting.sid})
    until("they talk", lambda: exchange.story(waiting.sid).now() == {agent.sid})
    equal(client.queues(queue.sid).fetch().current_size, 0)
    exchange.end_all()
    assert client.queues(queue.sid).delete()


# Refusals


def refusal(sentence, status, code):
    def add(ask):
        check(f"python: {sentence}: {status}, {code}")(lambda: refused(status, code, ask))

    return add


def create(**changes):
    return client.calls.create(**{"to": ANNA, "from_": OURS, "url": HELLO, **changes})


LONG = "<Response><Say>" + "a" * 4000 + "</Say></Response>"

refusal("there is no such call", 404, 20404)(lambda: client.calls("CA" + UNKNOWN).fetch())
refusal("a call that is not there is not led elsewhere", 404, 20404)(
    lambda: client.calls("CA" + UNKNOWN).update(url=HELLO)
)
refusal("a call goes to nobody", 400, 21201)(lambda: create(to=""))
refusal("a call comes from nobody", 400, 21213)(lambda: create(from_=""))
refusal("a call comes from a number that is not ours", 400, 21210)(lambda: create(from_="+14155559999"))
refusal("a call goes to what is no number", 400, 21211)(lambda: create(to="+1"))
refusal("a call comes from what is no number", 400, 21212)(lambda: create(from_="+1"))
refusal("a URL is none", 400, 21205)(lambda: create(url="not a url"))
refusal("there is no such application", 400, 21218)(
    lambda: client.calls.create(to=ANNA, from_=OURS, application_sid="AP" + UNKNOWN)
)
refusal("a document of a call is too long", 400, 32018)(
    lambda: client.calls.create(to=ANNA, from_=OURS, twiml=LONG)
)
refusal("a day is none", 400, 20001)(lambda: client.recordings.list(date_created_after="yesterday"))
refusal("there is no such recording", 404, 20404)(lambda: client.recordings("RE" + UNKNOWN).fetch())
refusal("there is no such queue", 404, 20404)(lambda: client.queues("QU" + UNKNOWN).fetch())
refusal("there is no such number", 404, 20404)(lambda: client.incoming_phone_numbers("PN" + UNKNOWN).fetch())


@check("python: a call that is over is not led elsewhere, ended again, recorded or listened to: 400, 21220")
def _():
    call = client.calls.create(to=ANNA, from_=OURS, twiml=say("Good-bye."))
    has_status(call.sid, "completed")
    ended = client.calls(call.sid)
    refused(400, 21220, lambda: ended.update(url=HELLO))
    refused(400, 21220, lambda: ended.update(twiml=say("Too late.")))
    refused(400, 21220, lambda: ended.update(status="completed"))
    refused(400, 21220, ended.recordings.create)
    refused(400, 21220, lambda: ended.streams.create(url="wss://ear.example/"))
    refused(400, 21220, lambda: ended.transcriptions.create(status_callback_url=HELLO))


@check("python: the document for a call under way is too long: 400, 32018")
def _():
    call = under_way()
    refused(400, 32018, lambda: client.calls(call.sid).update(twiml=LONG))
    equal(client.calls(call.sid).fetch().status, "in-progress")


run(after_each=exchange.end_all)
