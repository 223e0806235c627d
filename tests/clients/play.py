"""Starts an exchange, and plays everything against it: the libraries, and programs as in tutorials. Then the whole
system, which tells a program what happens in its call."""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback
import urllib.parse
import urllib.request
from pathlib import Path

from checks import equal, until
from world import ANNA, BEN, CALLER, OURS, Exchange

HERE = Path(__file__).resolve().parent

# For all of it, once it is built.
LIMIT_SECONDS = 360

SPEED = 20


class Failed(Exception):
    """What went wrong, and what the program said."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A program that runs until we end it."""

    def __init__(self, name, command, folder, environment, port):
        self.name, self.port = name, port
        self.output = folder / f"{name}.log"
        with open(self.output, "w") as output:
            self.running = subprocess.Popen(
                [str(part) for part in command],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def listens(self):
        if self.running.poll() is not None:
            raise Failed(f"{self.name} ended by itself, with {self.running.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True

    def end(self):
        """Ends it with all that it has started."""
        for how in [signal.SIGTERM, signal.SIGKILL]:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.running.pid, how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.running.wait(5)
                return

    def said(self):
        text = self.output.read_text(errors="replace").strip()
        return f"-- {self.name} said:\n{text[-6000:] or '(nothing)'}"


class Place:
    """The exchange, and how programs are started beside it."""

    def __init__(self, local, folder):
        self.folder, self.local, self.port = folder, local, free_port()
        self.node = folder / "node"
        # Node looks for libraries beside the file that asks for them.
        shutil.copytree(HERE / "programs", self.node / "programs", dirs_exist_ok=True)
        for file in HERE.glob("*.mjs"):
            shutil.copy(file, self.node)
        self.logs = folder / "logs"
        shutil.rmtree(self.logs, ignore_errors=True)
        self.logs.mkdir()
        command = [local, "exchange", "--port", self.port, "--speed", SPEED]
        self.process = Process("exchange", command, self.logs, dict(os.environ), self.port)
        self.running = [self.process]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.exchange = Exchange(self.base_url)

    def start(self):
        until("the exchange listens", self.process.listens)
        self.environment = self.shells_environment()
        self.account = self.environment["TWILIO_ACCOUNT_SID"], self.environment["TWILIO_AUTH_TOKEN"]

    def shells_environment(self):
        """What a shell has that evaluated the lines of `exchange env`."""
        command = [str(self.local), "exchange", "env", "--port", str(self.port)]
        lines = subprocess.run(command, cwd=self.logs, capture_output=True, text=True, timeout=20)
        if lines.returncode:
            raise Failed(f"exchange env: {lines.stderr or lines.stdout}")
        before = {**os.environ, "LINES_OF_IT": lines.stdout}
        shell = subprocess.run(["sh", "-c", 'eval "$LINES_OF_IT"; env -0'], env=before, capture_output=True, check=True)
        pairs = [pair.split("=", 1) for pair in shell.stdout.decode().split("\0") if pair]
        return {name: value for name, value in pairs if name != "LINES_OF_IT"}

    def interpreter(self, file):
        """What runs a file, and where it is to be run."""
        if file.suffix == ".py":
            return [sys.executable, HERE / file]
        return ["node", self.node / file]

    def test(self, name):
        """Runs a file of checks, which prints a line for each."""
        left = max(1, int(DEADLINE - time.monotonic()))
        try:
            done = subprocess.run(
                [str(part) for part in self.interpreter(Path(name))], env=self.environment, cwd=self.logs, timeout=left
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"{name} was not done within {LIMIT_SECONDS} s of the whole") from None
        if done.returncode:
            raise Failed(f"{name} failed")

    @contextlib.contextmanager
    def program(self, name, **environment):
        """A program of a tutorial, to which our number leads."""
        port = free_port()
        program = Program(
            Path(name).stem,
            self.interpreter(Path("programs") / name),
            self.logs,
            {
                **self.environment,
                "BASE_URL": f"http://127.0.0.1:{port}",
                "PORT": str(port),
                "TWILIO_PHONE_NUMBER": OURS,
                **environment,
            },
            port,
        )
        self.running.append(program)
        until(f"{name} listens", program.listens)
        self.wire(f"http://127.0.0.1:{port}/voice")
        try:
            yield program
            self.exchange.end_all()
        except Exception:
            print(program.said(), flush=True)
            raise
        finally:
            program.end()
            self.running.remove(program)

    def wire(self, voice_url):
        """As in Twilio's console: our number's webhook."""
        sid, token = self.account
        numbers = f"{self.base_url}/2010-04-01/Accounts/{sid}/IncomingPhoneNumbers"
        [number] = self.rest("GET", f"{numbers}.json?" + urllib.parse.urlencode({"PhoneNumber": OURS}))[
            "incoming_phone_numbers"
        ]
        self.rest("POST", f"{numbers}/{number['sid']}.json", VoiceUrl=voice_url, VoiceMethod="POST", StatusCallback="")

    def rest(self, method, url, **form):
        passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
        passwords.add_password(None, self.base_url, *self.account, is_authenticated=True)
        opener = urllib.request.build_opener(
            urllib.request.HTTPBasicAuthHandler(passwords), urllib.request.ProxyHandler({})
        )
        data = urllib.parse.urlencode(form).encode() if method == "POST" else None
        with opener.open(urllib.request.Request(url, data, method=method), timeout=10) as answer:
            return json.load(answer)

    def end(self):
        for process in reversed(self.running):
            process.end()


class Program(Process):
    """A program of a tutorial."""

    def ask(self, method, path, **form):
        data = urllib.parse.urlencode(form).encode() if method == "POST" else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def log(self):
        return self.ask("GET", "/log")


# What is played, in its order: the name, the sentence, and the play.
PLAYS = []


def play(name, sentence):
    def add(function):
        PLAYS.append((name, sentence, function))
        return function

    return add


def is_over(exchange, sid):
    return until(f"{sid} is over", lambda: (story := exchange.story(sid)).is_over and story)


def talk(exchange, one, other):
    """Each hears the other, and nobody else."""
    until("they talk", lambda: exchange.story(one).now() == {other} and exchange.story(other).now() == {one})


def leg_to(exchange, number, of):
    """The sid of the call to this telephone that is under way: one by itself, or a leg of another."""

    def look():
        calls = [*exchange.calls(), *exchange.story(of).told["legs"]]
        return [call["call_sid"] for call in calls if (call["to"], call["status"]) == (number, "in-progress")]

    return until(f"{number} is on the telephone", look)[0]


# A telephone that only one play knows: nothing else is in its calls.
DESK = "+12125550151"


@play("outbound_call", "outbound_call.py: a call that is made reads its message, tells of itself, and is recorded")
def _(place, exchange):
    with place.program("outbound_call.py") as program:
        call = program.ask("POST", "/call", to=ANNA)
        equal(call["status"], "queued")
        story = is_over(exchange, call["sid"])
        story.in_order("reminder of your appointment", "Good-bye!")
        equal(story.status, "completed")
        log = until("its end and its recording are told", lambda: len(log := program.log()) == 5 and log)
        equal({it["call"] for it in log}, {call["sid"]})
        statuses = [it["status"] for it in log if "status" in it]
        equal(sorted(statuses), sorted(["initiated", "ringing", "in-progress", "completed"]))
        [recording] = [it for it in log if "recording" in it]
        assert recording["seconds"] > 3 and recording["bytes"] > 44, recording


@play("outbound_call", "outbound_call.py: a telephone that is busy hears nothing, and the program is told")
def _(place, exchange):
    exchange.phone(DESK, busy=True)
    with place.program("outbound_call.py") as program:
        call = program.ask("POST", "/call", to=DESK)
        story = is_over(exchange, call["sid"])
        equal((story.status, story.did("webhook", text="/answer")), ("busy", []))
        until("it is told", lambda: {"call": call["sid"], "status": "busy"} in program.log())
        assert not [it for it in program.log() if "recording" in it], program.log()


@play("agent_conference", "agent_conference.js: a caller waits with music, then talks with the agent who is called in")
def _(place, exchange):
    with place.program("agent_conference.js", AGENT_NUMBER=BEN) as program:
        sid = exchange.call(OURS)
        agent = leg_to(exchange, BEN, sid)
        talk(exchange, sid, agent)
        [room] = [room for room in exchange.rooms() if room["friendly_name"] == sid]
        equal((room["status"], len(room["participants"])), ("in-progress", 2))
        exchange.hang_up(agent)
        story = is_over(exchange, sid)
        story.in_order("music", agent, "Thank you for calling")
        equal((story.status, exchange.story(agent).status), ("completed", "completed"))
        until("its end is told", lambda: [it for it in program.log() if it["event"] == "conference-end"])
        log = program.log()
        kinds = ["conference-start", *["participant-join", "participant-leave"] * 2, "conference-end"]
        equal(sorted(it["event"] for it in log), sorted(kinds))
        equal({it["room"] for it in log}, {sid})
        [end] = [it for it in log if it["event"] == "conference-end"]
        equal(end["reason"], "participant-with-end-conference-on-exit-left")


@play("agent_conference", "agent_conference.js: where the agent does not come, the caller is told so")
def _(place, exchange):
    exchange.phone(DESK, never_answers=True)
    with place.program("agent_conference.js", AGENT_NUMBER=DESK) as program:
        sid = exchange.call(OURS)
        story = is_over(exchange, sid)
        story.in_order("music", "Nobody is free")
        equal(story.status, "completed")
        [left] = [it for it in program.log() if it["event"] == "participant-leave" and it.get("label") == "agent"]
        equal(left["status"], "no-answer")


@play("voicemail", "voicemail.py: who is not answered leaves a message, which is recorded and transcribed")
def _(place, exchange):
    exchange.phone(DESK, never_answers=True)
    with place.program("voicemail.py", FORWARD_TO=DESK) as program:
        sid = exchange.call(OURS)
        until("it beeps", lambda: exchange.story(sid).did("hears-beep"))
        words = "This is Anna. Your apple trees have arrived, and you can have them tomorrow."
        exchange.speak(sid, words)
        until("it is spoken", lambda: exchange.story(sid).did("speaks", text="apple trees"))
        time.sleep(8 / SPEED)
        exchange.hang_up(sid)
        story = is_over(exchange, sid)
        story.in_order("ringing", "leave a message after the beep")
        assert story.did("recorded"), story
        equal(story.status, "completed")

        def both():
            log = program.log()
            return log if log["messages"] and {"seconds", "text"} <= log["messages"][0].keys() else None

        log = until("the recording and its words are told", both)
        equal(log["forwarded"], ["no-answer"])
        [message] = log["messages"]
        equal((message["call"], message["recording_status"], message["from"]), (sid, "completed", CALLER))
        assert message["seconds"] >= 2, message
        equal((message["transcription"], "apple trees" in message["text"]), ("completed", True))


@play("voicemail", "voicemail.py: who was answered is not asked for a message")
def _(place, exchange):
    exchange.phone(DESK, answers_after_seconds=2, says="Hello?", talks_for_seconds=10)
    with place.program("voicemail.py", FORWARD_TO=DESK) as program:
        sid = exchange.call(OURS)
        story = is_over(exchange, sid)
        [callee] = [leg["call_sid"] for leg in story.told["legs"] if leg["to"] == DESK]
        story.in_order("ringing", callee)
        assert not story.heard("leave a message") and not story.did("hears-beep"), story
        equal(program.log(), {"messages": [], "forwarded": ["completed"]})


@play("phone_menu", "phone_menu.js: a key leads to the second level, and a word to its answer")
def _(place, exchange):
    with place.program("phone_menu.js", AGENT_NUMBER=BEN):
        sid = exchange.call(OURS)
        until("it asks", lambda: exchange.story(sid).heard("For sales"))
        exchange.press(sid, "1")
        until("it asks", lambda: exchange.story(sid).heard("This is sales"))
        exchange.speak(sid, "opening hours")
        story = is_over(exchange, sid)
        story.in_order("For sales", "This is sales", "We are open from nine to five")
        equal(story.status, "completed")
        asked = [(urllib.parse.urlsplit(it["url"]).path, it["params"]) for it in story.told["webhooks"]]
        equal([path for path, _ in asked], ["/voice", "/menu", "/sales"])
        equal((asked[1][1]["Digits"], asked[2][1]["SpeechResult"]), ("1", "opening hours"))
        assert 0 <= float(asked[2][1]["Confidence"]) <= 1, asked[2]


@play("phone_menu", "phone_menu.js: a word leads there, a key leads back, and in the end there is an agent")
def _(place, exchange):
    with place.program("phone_menu.js", AGENT_NUMBER=BEN):
        sid = exchange.call(OURS)

        def heard(words, times=1):
            until(words, lambda: sum(words in (it.get("text") or "") for it in exchange.story(sid).hearing()) == times)

        heard("For sales")
        exchange.speak(sid, "support please")
        heard("This is support")
        exchange.press(sid, "9")
        heard("For sales", 2)
        exchange.press(sid, "7")
        heard("For sales", 3)
        exchange.press(sid, "2")
        heard("This is support", 2)
        exchange.press(sid, "1")
        agent = leg_to(exchange, BEN, sid)
        talk(exchange, sid, agent)
        exchange.hang_up(agent)
        story = is_over(exchange, sid)
        story.in_order("For sales", "This is support", "For sales", "not on the menu", "For sales", "This is support")
        story.in_order("We are connecting you", agent, "Thank you for calling support")
        equal(story.status, "completed")


@play("hold_conference", "hold_conference.py: a caller is put on hold in the conference, and taken back")
def _(place, exchange):
    with place.program("hold_conference.py", AGENT_NUMBER=BEN) as program:
        sid = exchange.call(OURS)
        agent = leg_to(exchange, BEN, sid)
        talk(exchange, sid, agent)
        equal(program.ask("POST", f"/hold/{sid}"), {"hold": True})
        until("the caller hears it", lambda: exchange.story(sid).heard("Please stay on the line"))
        until("the agent hears nobody", lambda: exchange.story(agent).now() == "silence")
        equal(program.ask("POST", f"/resume/{sid}"), {"hold": False})
        talk(exchange, sid, agent)
        exchange.hang_up(sid)
        story = is_over(exchange, sid)
        story.in_order("Welcome", "music", agent, "Please stay on the line", agent)
        equal(is_over(exchange, agent).status, "completed")
        until("its end is told", lambda: "conference-end" in [it["event"] for it in program.log()])
        equal([it["event"] for it in program.log() if "hold" in it["event"]], ["participant-hold", "participant-unhold"])


@play("hold_queue", "hold_queue.js: a caller is put on hold in a queue, and taken back by the same agent")
def _(place, exchange):
    with place.program("hold_queue.js", AGENT_NUMBER=BEN) as program:
        sid = exchange.call(OURS)
        agent = leg_to(exchange, BEN, sid)
        talk(exchange, sid, agent)
        equal(program.ask("POST", f"/hold/{sid}"), {"agent": agent})
        until("the caller hears it", lambda: exchange.story(sid).heard("Please hold the line"))
        until("the agent hears it", lambda: exchange.story(agent).heard("The caller is on hold"))
        equal(program.ask("POST", f"/resume/{sid}"), {"agent": agent})
        talk(exchange, sid, agent)
        exchange.hang_up(agent)
        story = is_over(exchange, sid)
        story.in_order("ringing", agent, "Please hold the line", agent, "Thank you for waiting")
        equal(story.status, "completed")
        equal(program.log(), [{"dial": "completed", "held": True}, {"queue": "bridged"}])


# A key of programs, as every new system has it, and the secrets of what its programs are told: while one takes the place
# of the other, both count.
KEY, KEY_ID = "aft_0de7e109_ZGV2ZWxvcG1lbnQtYXBpLWtleS0wMTIzNDU2Nzg5YWI", "0de7e109"
SECRETS = ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]


@contextlib.contextmanager
def system(place):
    """Everything of ours, in real time: where its API is."""
    data = place.logs / "system"
    data.mkdir()
    signs = [{"secret": SECRETS[0]}, {"secret": SECRETS[1], "until": "2100-01-01T00:00:00Z"}]
    (data / "callback-secrets.json").write_text(json.dumps({"keys": {KEY_ID: signs}}))
    names = ["port", "dynamodb-port", "s3-port", "mail-port", "transcribe-port", "fallback-port", "twilio-port"]
    ports = {name: free_port() for name in names}
    options = [part for name, port in ports.items() for part in (f"--{name}", port)]
    process = Process("serve", [place.local, "serve", "--data", data, *options], place.logs, dict(os.environ), ports["port"])
    place.running.append(process)
    try:
        listens(process)
        yield f"http://127.0.0.1:{ports['port']}/v1"
    except Exception:
        print(process.said(), flush=True)
        raise
    finally:
        process.end()
        place.running.remove(process)


def listens(process):
    until(f"{process.name} listens", process.listens)


def api(url, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **headers}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=20) as answer:
        return json.load(answer)


@play("callbacks", "callbacks.py: what is told is verified by Standard Webhooks' own library, by either of two secrets")
def _(place, exchange):
    document = (HERE.parents[1] / "docs" / "callbacks.md").read_text()
    assert (HERE / "programs" / "callbacks.py").read_text() in document, "docs/callbacks.md has another program"
    with system(place) as base:
        for number, secret in enumerate(SECRETS):
            port = free_port()
            environment = {**os.environ, "PORT": str(port), "CALLBACK_SECRET": secret}
            command = place.interpreter(Path("programs") / "callbacks.py")
            program = Process(f"callbacks-{number}", command, place.logs, environment, port)
            place.running.append(program)
            try:
                listens(program)
                body = {"from": OURS, "to": BEN, "callback": f"http://127.0.0.1:{port}/calls?hush=1"}
                call = api(f"{base}/calls", body, **{"Idempotency-Key": f"call-{number}"})["call"]["id"]

                def log():
                    return api(f"{base}/calls/{call}/events")["events"]

                until("they pick up", lambda: "participant.answered" in [it["type"] for it in log()])
                api(f"{base}/calls/{call}/actions", {"type": "end"}, **{"Idempotency-Key": f"end-{number}"})
                until("it is over", lambda: log()[-1]["type"] == "call.ended")
                expected = [f"{it['data']['seq']} {it['type']}" for it in log()]

                def heard():
                    lines = program.output.read_text().splitlines()
                    return [line for line in lines if line.split(" ")[0].isdecimal()]

                until("all of it is told", lambda: len(heard()) >= len(expected))
                equal(heard(), expected)

                def delivery():
                    [delivery] = api(f"{base}/calls/{call}/deliveries")["deliveries"]
                    return delivery["state"] == "told" and delivery

                equal(until("that is known", delivery)["attempts"], 0)
            except Exception:
                print(program.said(), flush=True)
                raise
            finally:
                program.end()
                place.running.remove(program)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--local", type=Path, required=True, help="the binary that has the exchange")
    arguments.add_argument("--folder", type=Path, required=True, help="where the tools are, and logs go")
    arguments.add_argument("only", nargs="?", default="", help="only what has this word in its name")
    arguments = arguments.parse_args()
    os.environ.update(NO_PROXY="127.0.0.1,localhost", no_proxy="127.0.0.1,localhost")
    # Whoever interrupts us gets everything ended, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    place = Place(arguments.local.absolute(), arguments.folder.absolute())
    try:
        place.start()
        for name in ["test_lead.py", "test_lead.mjs", "test_library.py", "test_library.mjs"]:
            if arguments.only in name:
                place.test(name)
        for name, sentence, function in PLAYS:
            if arguments.only not in name:
                continue
            if time.monotonic() > DEADLINE:
                raise Failed(f"it was not done within {LIMIT_SECONDS} s")
            try:
                function(place, place.exchange)
            except Exception:
                print(f"FAILED  {sentence}", flush=True)
                raise
            print(f"ok      {sentence}", flush=True)
    except Failed as why:
        print(f"{why}\n{place.process.said()}", flush=True)
        return 1
    except Exception:
        traceback.print_exc()
        print(place.process.said(), flush=True)
        return 1
    finally:
        place.end()
    return 0


DEADLINE = time.monotonic() + LIMIT_SECONDS

if __name__ == "__main__":
    sys.exit(main())
