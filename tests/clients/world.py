"""What is around a program: people with telephones, and a server that answers webhooks."""

import base64
import hashlib
import json
import os
import socketserver
import struct
import threading
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from checks import until

# The account's numbers.
OURS, SPARE, OTHER_SPARE = "+14155550100", "+14155550101", "+14155550102"

# Telephones outside, which are answered after two seconds by somebody who stays.
ANNA, BEN, OLIVIA = "+12125550142", "+12125550177", "+12125550199"

# Somebody outside who calls.
CALLER = "+14155550123"

OVER = {"completed", "busy", "no-answer", "failed", "canceled"}


class Exchange:
    """The side of the exchange that Twilio has not: its people, and what they heard."""

    def __init__(self, base_url):
        self.base_url = base_url.rstrip("/")

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        url = f"{self.base_url}/exchange/v1{path}"
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from None
        return json.loads(text) if text.strip() else None

    def call(self, to, caller=CALLER, patience=600):
        """Somebody outside calls one of our numbers."""
        return self.ask("POST", "/calls", {"from": caller, "to": to, "patience_seconds": patience})["call_sid"]

    def press(self, sid, keys):
        self.ask("POST", f"/calls/{sid}/keys", {"keys": keys})

    def speak(self, sid, words):
        self.ask("POST", f"/calls/{sid}/speech", {"words": words})

    def hang_up(self, sid):
        self.ask("POST", f"/calls/{sid}/hangup", {})

    def phone(self, number, **deeds):
        """A telephone outside, and what is done with it."""
        self.ask("POST", "/phones", {"number": number, **deeds})

    def calls(self):
        return self.ask("GET", "/calls")["calls"]

    def rooms(self):
        return self.ask("GET", "/rooms")["rooms"]

    def end_all(self):
        """Everybody hangs up, and all is quiet."""
        for call in self.calls():
            if call["status"] not in OVER:
                try:
                    self.hang_up(call["call_sid"])
                except AssertionError:
                    pass  # It has ended meanwhile.
        until("all calls have ended", lambda: all(call["status"] in OVER for call in self.calls()))

    def story(self, sid):
        return Story(self.ask("GET", f"/calls/{sid}"), sid)


class Story:
    """What became of a call, as its people tell it."""

    def __init__(self, told, sid):
        self.told, self.sid = told, sid

    def __str__(self):
        return json.dumps(self.told, indent=1)

    @property
    def status(self):
        return self.told["status"]

    @property
    def is_over(self):
        return self.status in OVER

    def leg(self, sid=None):
        sid = sid or self.sid
        return next((leg for leg in self.told["legs"] if leg["call_sid"] == sid), None)

    def hearing(self, sid=None):
        """What was heard at that end of the line, from first to last."""
        return (self.leg(sid) or {}).get("hearing") or []

    def now(self, sid=None):
        """What is heard there now: the sids of people, or else what it is."""
        last = (self.hearing(sid) or [{"what": "silence"}])[-1]
        return set(last.get("with") or []) if last["what"] == "people" else last["what"]

    def heard(self, words, sid=None):
        return any(words in (part.get("text") or "") for part in self.hearing(sid))

    def did(self, what, party=None, text=""):
        """What stands in the story of that kind."""
        return [
            entry
            for entry in self.told["entries"]
            if entry["what"] == what
            and party in (None, entry["party"])
            and text in (entry.get("text") or "")
        ]

    def in_order(self, *expected, sid=None):
        """At that end were heard, in this order and whatever was between: words, a sid, or a kind."""
        parts = iter(self.hearing(sid))
        for wanted in expected:
            for part in parts:
                if wanted == part["what"] or wanted in (part.get("with") or []):
                    break
                if wanted in (part.get("text") or ""):
                    break
            else:
                raise AssertionError(f"{wanted!r} was not heard, or not in its place: {self}")


class Received:
    """A request that came in."""

    def __init__(self, method, url, path, params, headers):
        self.method, self.url, self.path, self.params, self.headers = method, url, path, params, headers

    def is_signed_by(self, token):
        from twilio.request_validator import RequestValidator

        params = self.params if self.method == "POST" else {}
        return RequestValidator(token).validate(self.url, params, self.headers.get("X-Twilio-Signature", ""))


class Answers:
    """A server for webhooks: answers each path with the document that was put there."""

    def __init__(self):
        self.documents, self.received = {}, []
        handler = type("Handler", (_Handler,), {"answers": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def put(self, path, document):
        """From now on this is answered there; returns its URL."""
        self.documents[path] = document
        return self.url(path)

    def at(self, path):
        return [request for request in list(self.received) if request.path == path]

    def wait_for(self, path, count=1):
        return until(f"{count} requests at {path}", lambda: self.at(path)[count - 1:])[0]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        target = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        text = body if self.command == "POST" else target.query
        params = dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
        url = f"http://{self.headers['Host']}{self.path}"
        received = Received(self.command, url, target.path, params, self.headers)
        self.answers.received.append(received)
        document = self.answers.documents.get(target.path, "<Response/>").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(document)))
        self.end_headers()
        self.wfile.write(document)

    do_GET = do_POST

    def log_message(self, *_):
        pass


class Ear:
    """A server for web sockets that takes what it is told, and says nothing."""

    GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    def __init__(self):
        self.headers, self.messages = {}, []
        handler = type("Handler", (_Socket,), {"ear": self})
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"ws://127.0.0.1:{self.server.server_address[1]}/ear"

    def events(self):
        return [message["event"] for message in list(self.messages)]

    def is_signed_by(self, token):
        from twilio.request_validator import RequestValidator

        return RequestValidator(token).validate(self.url, {}, self.headers.get("x-twilio-signature", ""))


class _Socket(socketserver.StreamRequestHandler):
    def handle(self):
        lines = iter(lambda: self.rfile.readline().decode().strip(), "")
        pairs = (line.split(": ", 1) for line in lines if ": " in line)
        self.ear.headers = {name.lower(): value for name, value in pairs}
        key = self.ear.headers["sec-websocket-key"] + Ear.GUID
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        answer = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        self.wfile.write("\r\n".join([*answer, f"Sec-WebSocket-Accept: {accept}", "", ""]).encode())
        while (kind := self.frame()) == 1:
            pass

    def frame(self):
        """Takes one frame; its kind."""
        first, second = self.rfile.read(2)
        length = second & 0x7F
        if length >= 126:
            [length] = struct.unpack("!H" if length == 126 else "!Q", self.rfile.read(2 if length == 126 else 8))
        mask = self.rfile.read(4)
        text = bytes(byte ^ mask[place % 4] for place, byte in enumerate(self.rfile.read(length)))
        if first & 0x0F == 1:
            self.ear.messages.append(json.loads(text))
        return first & 0x0F


def the_exchange():
    return Exchange(os.environ["AFTERTONE_EXCHANGE"])
