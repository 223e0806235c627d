"""Checks with a sentence each, run in their order until one fails."""

import sys
import time
import traceback

CHECKS = []


def check(sentence):
    """The function below holds this sentence to be true."""

    def add(function):
        CHECKS.append((sentence, function))
        return function

    return add


def run(after_each=lambda: None):
    for sentence, function in CHECKS:
        try:
            function()
            after_each()
        except BaseException:
            print(f"FAILED  {sentence}", flush=True)
            traceback.print_exc()
            sys.exit(1)
        print(f"ok      {sentence}", flush=True)


def until(what, look, seconds=20):
    """Looks again and again until there is something to see, and returns that."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < end, f"{what}: not within {seconds} s, at last {seen!r}"
        time.sleep(0.05)


def equal(seen, expected):
    assert seen == expected, f"it is {seen!r}, and should be {expected!r}"
