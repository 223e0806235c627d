// Leads what a program sends to Twilio to the exchange at AFTERTONE_EXCHANGE, without a change to the program.
//
// Node requires this first when NODE_OPTIONS says so. Twilio's library sends with axios, and that with Node's own
// https and http, which are led here, and fetch with them. Path, query, headers and body stay as they are;
// X-Forwarded-Host tells which of Twilio's hosts was meant.
"use strict";

const http = require("node:http");
const https = require("node:https");
const { syncBuiltinESMExports } = require("node:module");
const { urlToHttpOptions } = require("node:url");

// Pages and sounds for everybody: nobody has an account there.
const FOR_PEOPLE = new Set(["www", "demo", "help", "support", "console", "media", "sdk", "static0", "static1"]);

/** Whether the API is there: api.twilio.com, voice.twilio.com, api.dublin.ie1.twilio.com and so on. */
function isTwilios(host) {
  const [product, ...rest] = String(host ?? "").toLowerCase().replace(/\.$/, "").split(".");
  const domain = rest.join(".");
  return !FOR_PEOPLE.has(product) && (domain === "twilio.com" || domain.endsWith(".twilio.com"));
}

/** The options and the callback of `request(url, options, callback)`, any of which may be missing. */
function read(args) {
  const [first, ...others] = args;
  if (typeof first !== "string" && !(first instanceof URL)) {
    return { options: { ...first }, callback: others[0] };
  }
  const url = typeof first === "string" ? new URL(first) : first;
  const options = typeof others[0] === "function" ? {} : others.shift();
  return { options: { ...urlToHttpOptions(url), ...options }, callback: others[0] };
}

/** The same headers, whichever way they are written. */
function headersFor(headers, host) {
  const pairs = [];
  if (Array.isArray(headers)) {
    const flat = headers.flat();
    for (let at = 0; at < flat.length; at += 2) pairs.push([flat[at], flat[at + 1]]);
  } else {
    pairs.push(...Object.entries(headers ?? {}));
  }
  const kept = pairs.filter(([name]) => name.toLowerCase() !== "host");
  return Object.fromEntries([...kept, ["X-Forwarded-Host", host]]);
}

function lead(exchange) {
  // The program's agent is one for TLS.
  const agent = new http.Agent();
  const plain = { request: http.request, get: http.get };

  function led(args) {
    let options, callback;
    try {
      ({ options, callback } = read(args));
    } catch {
      return null; // Node says itself what is wrong with it.
    }
    const host = options.hostname || options.host;
    if (!isTwilios(host) || options.socketPath) return null;
    for (const ofTls of ["createConnection", "defaultPort", "servername", "_defaultAgent", "family", "lookup"]) {
      delete options[ofTls];
    }
    Object.assign(options, {
      agent,
      protocol: "http:",
      host: exchange.hostname,
      hostname: exchange.hostname,
      port: exchange.port || 80,
      headers: headersFor(options.headers, host),
    });
    return [options, callback];
  }

  for (const scheme of [http, https]) {
    for (const name of ["request", "get"]) {
      const own = scheme[name];
      scheme[name] = function (...args) {
        const elsewhere = led(args);
        return elsewhere ? plain[name](...elsewhere) : own.apply(this, args);
      };
    }
  }

  const ownFetch = globalThis.fetch;
  globalThis.fetch = async function fetch(input, init) {
    const url = URL.canParse(input?.url ?? input) ? new URL(input?.url ?? input) : null;
    if (!url || !isTwilios(url.hostname)) return ownFetch(input, init);
    const request = new Request(input, init);
    const headers = new Headers(request.headers);
    headers.set("X-Forwarded-Host", url.hostname);
    const elsewhere = new URL(url.pathname + url.search, exchange);
    return ownFetch(new Request(elsewhere, new Request(request, { headers })));
  };

  // For those who import the names: import { request } from "node:https".
  syncBuiltinESMExports();
}

if (process.env.AFTERTONE_EXCHANGE) lead(new URL(process.env.AFTERTONE_EXCHANGE));
