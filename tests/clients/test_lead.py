"""What a Python program sends to Twilio is led elsewhere, and nothing else is changed."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from checks import check, equal, run


class Echo(BaseHTTPRequestHandler):
    """Answers with the request."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        text = json.dumps({"method": self.command, "target": self.path, "headers": headers, "body": body}).encode()
        moved = self.path == "/moved"
        self.send_response(302 if moved else 200)
        if moved:
            self.send_header("Location", "/here?from=there")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_DELETE = do_POST

    def log_message(self, *_):
        pass


SERVER = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
SERVER.daemon_threads = True
threading.Thread(target=SERVER.serve_forever, daemon=True).start()
HERE = f"http://127.0.0.1:{SERVER.server_port}"


def python(program, folders=(), **environment):
    """What a program prints that is led to the echo."""
    path = os.pathsep.join([os.environ["PYTHONPATH"].split(os.pathsep)[0], *folders])
    environment = {**os.environ, "AFTERTONE_EXCHANGE": HERE, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore", **environment}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.strip()


def echoed(program, **environment):
    return json.loads(python(program, **environment))


@check("python: method, path, query, headers and body arrive as they were sent")
def _():
    seen = echoed(
        "import requests\n"
        "r = requests.post('https://api.twilio.com/2010-04-01/a%20b/x.json?DateCreated%3E=1&b=%C3%A9',\n"
        "    data={'To': '+12125550142', 'Body': 'é&='}, auth=('AC1', 'token'), headers={'I-Am': 'here'})\n"
        "print(r.text)"
    )
    equal(seen["method"], "POST")
    equal(seen["target"], "/2010-04-01/a%20b/x.json?DateCreated%3E=1&b=%C3%A9")
    equal(seen["body"], "To=%2B12125550142&Body=%C3%A9%26%3D")
    headers = seen["headers"]
    equal(headers["authorization"], "Basic QUMxOnRva2Vu")
    equal((headers["i-am"], headers["x-forwarded-host"]), ("here", "api.twilio.com"))
    equal(headers["host"], HERE.removeprefix("http://"))


@check("python: every API host of Twilio's is led, whatever its edge and region")
def _():
    for host in ["voice.twilio.com", "verify.twilio.com", "messaging.twilio.com", "api.dublin.ie1.twilio.com"]:
        seen = echoed(f"import requests; print(requests.get('https://{host}/v1/x').text)")
        equal(seen["headers"]["x-forwarded-host"], host)


@check("python: the library of Twilio itself sends there, with edge and region")
def _():
    seen = echoed(
        "import json\n"
        "from twilio.rest import Client\n"
        "client = Client('AC' + '1' * 32, 'token', region='ie1', edge='dublin')\n"
        "print(json.dumps(json.loads(client.request('GET', 'https://api.twilio.com/2010-04-01/Accounts.json').text)))"
    )
    equal(seen["headers"]["x-forwarded-host"], "api.dublin.ie1.twilio.com")
    assert seen["headers"]["user-agent"].startswith("twilio-python/"), seen


@check("python: what is sent with aiohttp arrives there, too")
def _():
    seen = echoed(
        "import asyncio, aiohttp\n"
        "async def main():\n"
        "    async with aiohttp.ClientSession() as session:\n"
        "        url = 'https://api.twilio.com/2010-04-01/a%20b.json?x=%2B1'\n"
        "        async with session.post(url, params={'Page': '1'}, data={'To': '+1'},\n"
        "                auth=aiohttp.BasicAuth('AC1', 'token'), headers={'I-Am': 'here'}) as answer:\n"
        "            print(await answer.text())\n"
        "asyncio.run(main())"
    )
    equal((seen["method"], seen["target"], seen["body"]), ("POST", "/2010-04-01/a%20b.json?x=%2B1&Page=1", "To=%2B1"))
    headers = seen["headers"]
    equal(headers["authorization"], "Basic QUMxOnRva2Vu")
    equal((headers["i-am"], headers["x-forwarded-host"]), ("here", "api.twilio.com"))


@check("python: a redirect within Twilio is followed as one within Twilio")
def _():
    seen = python(
        "import requests\n"
        "r = requests.get('https://api.twilio.com/moved', auth=('AC1', 'token'))\n"
        "print(r.url, r.history[0].url, r.json()['headers']['authorization'])"
    )
    equal(seen, "https://api.twilio.com/here?from=there https://api.twilio.com/moved Basic QUMxOnRva2Vu")


@check("python: a proxy for the world outside has no part in it")
def _():
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}
    seen = echoed("import requests; print(requests.get('https://api.twilio.com/x').text)", **nowhere)
    equal(seen["target"], "/x")


@check("python: other hosts are left alone, also those that only look like Twilio's")
def _():
    port = SERVER.server_port
    for host in ["127.0.0.1", "localhost"]:
        seen = echoed(f"import requests; print(requests.get('http://{host}:{port}/x').text)")
        assert "x-forwarded-host" not in seen["headers"], seen
    names = ["www.twilio.com", "demo.twilio.com", "twilio.com", "api.twilio.com.example", "nottwilio.com", "", None]
    equal(python(f"import sitecustomize; print([n for n in {names!r} if sitecustomize.is_twilios(n)])"), "[]")


@check("python: a program without Twilio is as it was: nothing more is imported")
def _():
    heavy = ["requests", "aiohttp", "twilio", "urllib.parse", "asyncio", "yarl"]
    equal(python(f"import sys; print([name for name in {heavy!r} if name in sys.modules])"), "[]")
    equal(python("import requests.adapters as a; print(a.__loader__ is a.__spec__.loader, type(a.__loader__).__name__)"),
          "True SourceFileLoader")


@check("python: the machine's own sitecustomize is imported as before")
def _():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "sitecustomize.py"), "w") as file:
            file.write("import builtins\nbuiltins.mine = __file__\n")
        seen = python("import sitecustomize, requests; print(mine == sitecustomize.__file__)\n"
                      "print(requests.get('https://api.twilio.com/x').json()['target'])", folders=[folder])
    equal(seen.split(), ["True", "/x"])


@check("python: without an exchange nothing is led")
def _():
    equal(python("import sys; print([f for f in sys.meta_path if f.__module__ == 'sitecustomize'])", AFTERTONE_EXCHANGE=""),
          "[]")


run()
