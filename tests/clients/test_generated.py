"""What a client does that was generated from the description alone: the address of the API and a key are its arguments."""

import itertools
import sys
import urllib.request

from control_api import AuthenticatedClient, Client
from control_api.api.actions import cancel_action, create_action, get_action, list_actions
from control_api.api.calls import create_call, get_call, get_recording, list_calls, list_recordings
from control_api.api.events import list_events
from control_api.models import (
    AddActionRequest,
    CallEndedEvent,
    CallRequest,
    CallState,
    Cause,
    Code,
    ConsentKind,
    ConsultActionRequest,
    EndActionRequest,
    HoldActionRequest,
    Kept,
    ParticipantMovedEvent,
    ParticipantState,
    PhoneParticipant,
    Place,
    ProblemAnswer,
    RecordActionRequest,
    RemoveActionRequest,
    ResumeActionRequest,
    TransferActionRequest,
)

from checks import check, equal, run, until
from world import BEN, OURS

# A telephone that is nobody's: whoever calls it is told so.
NOBODY = "+12125550199"

base_url, key = sys.argv[1:]
client = AuthenticatedClient(base_url=base_url, token=key, raise_on_unexpected_status=True)
names = (f"generated-{count}" for count in itertools.count())


def creates(**fields):
    return create_call.sync(client=client, body=CallRequest(from_=OURS, **fields), idempotency_key=next(names))


def wants(call, action, state="succeeded"):
    """Wants something, and waits until it is done, or begun."""
    accepted = create_action.sync(call, client=client, body=action, idempotency_key=next(names))
    assert not isinstance(accepted, ProblemAnswer), accepted
    id = accepted.action.id
    done = until(f"{id} is {state}", lambda: (it := get_action.sync(call, id, client=client)).state == state and it)
    return done.id


def states(call):
    return [it.state for it in get_call.sync(call, client=client).participants]


def log(call):
    """All of it, in pieces."""
    events, after = [], 0
    while page := list_events.sync(call, client=client, after=after, limit=7):
        if not page.events:
            return events
        events += page.events
        after = page.next_after


@check("generated: somebody is called, another is added, held and resumed, and all of it is in the log")
def _():
    created = creates(to=BEN, operation_context="order 7")
    call = created.call.id
    equal((created.call.state, created.action), (CallState.DIALING, "a1"))
    until("they picked up", lambda: states(call) == [ParticipantState.BOOTH])
    assert call in [it.id for it in list_calls.sync(client=client).calls]
    equal(wants(call, AddActionRequest(type_="add", to=BEN, ring_seconds=20)), "a2")
    until("they talk", lambda: states(call) == [ParticipantState.SEATED] * 2)
    hold = HoldActionRequest(type_="hold", participant="p1", twiml="<Response><Pause length='600'/></Response>")
    equal(wants(call, hold), "a3")
    # Whoever is left alone is led out of the room.
    until("one waits", lambda: states(call) == [ParticipantState.HELD, ParticipantState.BOOTH])
    equal(wants(call, ResumeActionRequest(type_="resume", participant="p1")), "a4")
    equal(wants(call, EndActionRequest(type_="end", operation_context="enough")), "a5")
    over = until("it is over", lambda: (it := get_call.sync(call, client=client)).state == CallState.ENDED and it)
    equal((over.cause, over.operation_context), (Cause.ENDED, "order 7"))
    assert all(isinstance(it, PhoneParticipant) and it.number == BEN for it in over.participants), over
    equal([it.command.type_ for it in list_actions.sync(call, client=client).actions],
          ["create", "add", "hold", "resume", "end"])
    events = log(call)
    equal([it.data.seq for it in events], list(range(1, len(events) + 1)))
    assert isinstance(events[-1], CallEndedEvent), events[-1]
    moved = [it for it in events if isinstance(it, ParticipantMovedEvent) and it.data.participant_id == "p1"]
    equal([it.data.place for it in moved], [Place.BOOTH, Place.SEAT, Place.HOLD, Place.SEAT])


@check("generated: one call is recorded from the first leg to the last, held, handed over and transferred")
def _():
    call = creates(to=BEN).call.id
    until("they picked up", lambda: states(call) == [ParticipantState.BOOTH])
    record = RecordActionRequest(type_="record", consent=ConsentKind.NONE, participants=["p1"])
    recorded = wants(call, record, "running")
    wants(call, AddActionRequest(type_="add", to=BEN))
    until("they talk", lambda: states(call) == [ParticipantState.SEATED] * 2)
    wants(call, HoldActionRequest(type_="hold", participant="p1"))
    wants(call, ResumeActionRequest(type_="resume", participant="p1"))
    wants(call, ConsultActionRequest(type_="consult", participant="p2", to=BEN))
    # Whoever asked leaves, and has handed over.
    wants(call, RemoveActionRequest(type_="remove", participant="p2"))
    until("it is handed over", lambda: states(call)[0] == states(call)[2] == ParticipantState.SEATED)
    wants(call, TransferActionRequest(type_="transfer", participant="p1", to=BEN))
    until("it is transferred", lambda: states(call)[2:] == [ParticipantState.LEFT, ParticipantState.SEATED])
    wants(call, EndActionRequest(type_="end"))
    until("it is over", lambda: get_call.sync(call, client=client).state == CallState.ENDED)
    equal(get_action.sync(call, recorded, client=client).state, "succeeded")
    for recording in list_recordings.sync(call, client=client).recordings:
        sid = recording.recording_sid
        kept = until("it is stored", lambda: (it := get_recording.sync(call, sid, client=client)).kept == Kept.STORED and it)
        with urllib.request.urlopen(f"{kept.link}?download=1") as sound:
            equal((sound.status, sound.read(4)), (200, b"RIFF"))


@check("generated: what can't be done is a problem with its code, and what comes again changes nothing")
def _():
    body = CallRequest(from_=OURS, to=BEN)
    first = create_call.sync_detailed(client=client, body=body, idempotency_key="the-same")
    again = create_call.sync_detailed(client=client, body=body, idempotency_key="the-same")
    equal((first.parsed, again.headers["Idempotent-Replayed"]), (again.parsed, "true"))
    call = first.parsed.call.id
    refused = create_action.sync(
        call, client=client, body=HoldActionRequest(type_="hold", participant="p9"), idempotency_key=next(names)
    )
    equal((refused.code, refused.status), (Code.PARTICIPANT_NOT_FOUND, 404))
    wants(call, EndActionRequest(type_="end"))
    refused = cancel_action.sync(call, "a1", client=client, idempotency_key=next(names))
    equal((refused.code, refused.retryable), (Code.CALL_ENDED, False))
    stranger = list_calls.sync_detailed(client=Client(base_url=base_url))
    equal((int(stranger.status_code), stranger.parsed.code), (401, Code.UNAUTHORIZED))


@check("generated: an action that fails says why")
def _():
    call = creates(to=NOBODY).call.id
    action = until("it has failed", lambda: (it := get_action.sync(call, "a1", client=client)).state == "failed" and it)
    assert action.problem.code in (Code.UNREACHABLE, Code.NO_ANSWER) and action.problem.cause, action


run()
