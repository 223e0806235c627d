"""Starts a whole system, and looks at its control API as strangers' tools do, who know nothing but its description."""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from checks import until
from play import Failed, Process, free_port

HERE = Path(__file__).resolve().parent

# For all of it, once it is built.
LIMIT_SECONDS = 360

# Random requests are others with another one.
SEED = 1


class System:
    """`cargo run -- serve`, with data of its own."""

    def __init__(self, local, folder):
        self.folder = folder / "system"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        names = ["port", "dynamodb-port", "s3-port", "mail-port", "transcribe-port", "fallback-port", "twilio-port"]
        ports = {name: free_port() for name in names}
        options = [part for name, port in ports.items() for part in (f"--{name}", port)]
        command = [local, "serve", "--data", self.folder / "data", "--speed", 20, *options]
        self.process = Process("serve", command, self.folder, dict(os.environ), ports["port"])
        self.base_url = f"http://127.0.0.1:{ports['port']}/v1"

    def start(self):
        until("the system listens", self.process.listens)
        told = until("it tells a key", lambda: re.search(r" KEY=(aft_\S+)", self.process.output.read_text()))
        self.key = told[1]
        # It is read without a key.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.base_url}/openapi.json", timeout=10) as answer:
            description = json.load(answer)
        self.description = self.folder / "openapi.json"
        self.description.write_text(json.dumps(description, indent=2))


def run(name, command, folder, **environment):
    """Runs a tool; what it said is shown only if it found something."""
    left = max(1, DEADLINE - time.monotonic())
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=left,
        )
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"").decode(errors="replace") if isinstance(late.stdout, bytes) else late.stdout or ""
        raise Failed(f"{name} was not done within {LIMIT_SECONDS} s of the whole\n{said[-6000:]}") from None
    if done.returncode:
        raise Failed(f"-- {name} said:\n{done.stdout.strip()[-12000:]}")


# What is looked at, in its order: the name, the sentence, and how.
LOOKS = []


def look(name, sentence):
    def add(function):
        LOOKS.append((name, sentence, function))
        return function

    return add


@look("api_description", "api: the description has nothing that a linter minds")
def _(system, tools):
    redocly = tools / "node" / "node_modules" / ".bin" / "redocly"
    command = [redocly, "lint", system.description, "--config", HERE / "redocly.yaml", "--format", "stylish"]
    run("redocly", command, system.folder, REDOCLY_TELEMETRY="off", REDOCLY_SUPPRESS_UPDATE_NOTICE="true")


@look("api_client", "api: a client that is generated from it calls, adds, holds, records and hands over people, and reads the log")
def _(system, tools):
    generated = system.folder / "generated"
    generated.mkdir()
    command = [
        *[tools / "api" / "bin" / "openapi-python-client", "generate", "--path", system.description],
        *["--output-path", generated / "control_api", "--meta", "none", "--fail-on-warning"],
        *["--config", HERE / "openapi-python-client.yaml"],
    ]
    run("openapi-python-client", command, system.folder)
    command = [tools / "api" / "bin" / "python", HERE / "test_generated.py", system.base_url, system.key]
    run("test_generated.py", command, system.folder, PYTHONPATH=str(generated))


@look("api_fuzzing", "api: whatever is sent to it, it answers as is described")
def _(system, tools):
    command = [
        *[tools / "api" / "bin" / "schemathesis", "--config-file", HERE / "schemathesis.toml"],
        *["run", f"{system.base_url}/openapi.json", "--seed", SEED, "--no-color"],
    ]
    run("schemathesis", command, system.folder, AFTERTONE_KEY=system.key, SCHEMATHESIS_HOOKS="schemathesis_hooks", PYTHONPATH=str(HERE))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--local", type=Path, required=True, help="the binary that has the system")
    arguments.add_argument("--folder", type=Path, required=True, help="where the tools are, and logs go")
    arguments.add_argument("only", nargs="?", default="", help="only what has this word in its name")
    arguments = arguments.parse_args()
    looks = [look for look in LOOKS if arguments.only in look[0]]
    if not looks:
        return 0
    os.environ.update(NO_PROXY="127.0.0.1,localhost", no_proxy="127.0.0.1,localhost")
    # Whoever interrupts us gets everything ended, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    system = System(arguments.local.absolute(), arguments.folder.absolute())
    try:
        system.start()
        for _, sentence, function in looks:
            try:
                function(system, arguments.folder.absolute())
            except Exception:
                print(f"FAILED  {sentence}", flush=True)
                raise
            print(f"ok      {sentence}", flush=True)
    except Failed as why:
        # The reason stands last, where it is looked for.
        print(f"{system.process.said()[-1500:]}\n\n{why}", flush=True)
        return 1
    finally:
        system.process.end()
    return 0


DEADLINE = time.monotonic() + LIMIT_SECONDS

if __name__ == "__main__":
    sys.exit(main())
