"""Leads what a program sends to Twilio to the exchange at AFTERTONE_EXCHANGE, without a change to the program.

Python imports this by itself when its folder is on PYTHONPATH. It waits until the program imports requests
or aiohttp, which is what Twilio's library sends with; a program that does neither never notices. Path, query,
headers and body stay as they are; X-Forwarded-Host tells which of Twilio's hosts was meant.
"""

import importlib.machinery
import importlib.util
import os
import sys

EXCHANGE = os.environ.get("AFTERTONE_EXCHANGE", "").rstrip("/")

# Pages and sounds for everybody: nobody has an account there.
FOR_PEOPLE = {"www", "demo", "help", "support", "console", "media", "sdk", "static0", "static1"}


def is_twilios(host):
    """Whether the API is there: api.twilio.com, voice.twilio.com, api.dublin.ie1.twilio.com and so on."""
    product, _, rest = (host or "").lower().rstrip(".").partition(".")
    return product not in FOR_PEOPLE and (rest == "twilio.com" or rest.endswith(".twilio.com"))


def lead_requests(module):
    """`requests.adapters`: whatever the session, what it sends goes through here."""
    from urllib.parse import urlsplit

    own = module.HTTPAdapter.send

    def send(self, request, *args, **kwargs):
        host = urlsplit(request.url).hostname
        if not is_twilios(host):
            return own(self, request, *args, **kwargs)
        scheme, rest = request.url.split("://", 1)
        led = request.copy()
        led.url = EXCHANGE + rest[len(urlsplit(request.url).netloc):]
        led.headers.pop("Host", None)
        led.headers["X-Forwarded-Host"] = host
        # stream, timeout, verify, cert, proxies: a proxy for the world outside has no part in this.
        args, kwargs = args[:4], {**kwargs, "proxies": {}}
        response = own(self, led, *args, **kwargs)
        # As if it had come from Twilio: where it leads on is relative to that.
        response.url, response.request = request.url, request
        return response

    module.HTTPAdapter.send = send


def lead_aiohttp(module):
    """`aiohttp.client_reqrep`: each request of a session becomes one of these."""
    from multidict import CIMultiDict
    from yarl import URL

    own = module.ClientRequest.__init__

    def init(self, method, url, *args, **kwargs):
        if is_twilios(url.host):
            exchange = URL(EXCHANGE)
            headers = CIMultiDict(kwargs.get("headers") or {})
            headers.popall("Host", None)
            headers["X-Forwarded-Host"] = url.host
            kwargs.update(headers=headers, proxy=None, proxy_auth=None, server_hostname=None)
            # The escapes in path and query are kept: both are taken as they are.
            url = url.with_scheme(exchange.scheme).with_host(exchange.host).with_port(exchange.port)
        own(self, method, url, *args, **kwargs)

    module.ClientRequest.__init__ = init


LED = {"requests.adapters": lead_requests, "aiohttp.client_reqrep": lead_aiohttp}


class Loader:
    """Loads a module as its own loader does, and then leads it."""

    def __init__(self, own, lead):
        self.own, self.lead = own, lead

    def create_module(self, spec):
        return self.own.create_module(spec)

    def exec_module(self, module):
        # Nobody who asks the module where it is from is to meet us.
        module.__spec__.loader = module.__loader__ = self.own
        self.own.exec_module(module)
        self.lead(module)

    def __getattr__(self, name):
        return getattr(self.own, name)


class Finder:
    """Finds what is led, by asking everybody else."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in LED:
            return None
        for finder in sys.meta_path:
            find_spec = getattr(finder, "find_spec", None)
            spec = find_spec(name, path, target) if find_spec and finder is not Finder else None
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = Loader(spec.loader, LED[name])
                return spec
        return None


def next_sitecustomize():
    """The machine's own one, which would have been imported if ours did not stand before it."""
    here = os.path.realpath(os.path.dirname(__file__))
    elsewhere = [folder for folder in sys.path if os.path.realpath(folder) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


if EXCHANGE:
    sys.meta_path.insert(0, Finder)
    for name, lead in LED.items():
        if name in sys.modules:
            lead(sys.modules[name])
next_sitecustomize()
