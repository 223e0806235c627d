// What is around a program: people with telephones, and a server that answers webhooks.

import { createServer } from "node:http";

import twilio from "twilio";

import { until } from "./checks.mjs";

// The account's numbers.
export const [OURS, SPARE, OTHER_SPARE] = ["+14155550100", "+14155550101", "+14155550102"];

// Telephones outside, which are answered after two seconds by somebody who stays.
export const [ANNA, BEN, OLIVIA] = ["+12125550142", "+12125550177", "+12125550199"];

// Somebody outside who calls.
export const CALLER = "+14155550123";

export const OVER = ["completed", "busy", "no-answer", "failed", "canceled"];

/** The side of the exchange that Twilio has not: its people, and what they heard. */
export class Exchange {
  constructor(baseUrl) {
    this.baseUrl = baseUrl.replace(/\/+$/, "");
  }

  async ask(method, path, body) {
    const headers = body ? { "Content-Type": "application/json" } : {};
    const url = `${this.baseUrl}/exchange/v1${path}`;
    const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text.trim() ? JSON.parse(text) : null;
  }

  /** Somebody outside calls one of our numbers. */
  async call(to, { from = CALLER, patience_seconds = 600 } = {}) {
    return (await this.ask("POST", "/calls", { from, to, patience_seconds })).call_sid;
  }

  press = (sid, keys) => this.ask("POST", `/calls/${sid}/keys`, { keys });
  speak = (sid, words) => this.ask("POST", `/calls/${sid}/speech`, { words });
  hangUp = (sid) => this.ask("POST", `/calls/${sid}/hangup`, {});
  phone = (number, deeds) => this.ask("POST", "/phones", { number, ...deeds });
  calls = async () => (await this.ask("GET", "/calls")).calls;
  rooms = async () => (await this.ask("GET", "/rooms")).rooms;
  story = async (sid) => new Story(await this.ask("GET", `/calls/${sid}`), sid);

  /** Everybody hangs up, and all is quiet. */
  async endAll() {
    for (const call of await this.calls()) {
      // It may have ended meanwhile.
      if (!OVER.includes(call.status)) await this.hangUp(call.call_sid).catch(() => {});
    }
    await until("all calls have ended", async () => (await this.calls()).every((call) => OVER.includes(call.status)));
  }
}

/** What became of a call, as its people tell it. */
export class Story {
  constructor(told, sid) {
    Object.assign(this, told, { sid });
  }

  /** What was heard at that end of the line, from first to last. */
  hearing(sid = this.sid) {
    return this.legs.find((leg) => leg.call_sid === sid)?.hearing ?? [];
  }

  /** What is heard there now: the sids of people, or else what it is. */
  now(sid = this.sid) {
    const last = this.hearing(sid).at(-1) ?? { what: "silence" };
    return last.what === "people" ? [...(last.with ?? [])].sort() : last.what;
  }

  heard(words, sid = this.sid) {
    return this.hearing(sid).some((part) => part.text?.includes(words));
  }

  /** What stands in the story of that kind. */
  did(what, text = "") {
    return this.entries.filter((entry) => entry.what === what && (entry.text ?? "").includes(text));
  }

  /** Were heard, in this order and whatever was between: words, a sid, or a kind. */
  inOrder(...expected) {
    const parts = this.hearing();
    let at = 0;
    for (const wanted of expected) {
      const is = (part) => wanted === part.what || part.with?.includes(wanted) || part.text?.includes(wanted);
      const found = parts.findIndex((part, index) => index >= at && is(part));
      if (found < 0) throw new Error(`'${wanted}' was not heard, or not in its place: ${JSON.stringify(parts, null, 1)}`);
      at = found + 1;
    }
  }
}

/** A server for webhooks: answers each path with the document that was put there. */
export class Answers {
  static async start() {
    const answers = new Answers();
    answers.documents = new Map();
    answers.received = [];
    answers.server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const url = new URL(request.url, `http://${request.headers.host}`);
      const text = request.method === "POST" ? body : url.search;
      const params = Object.fromEntries(new URLSearchParams(text));
      const { method, headers } = request;
      answers.received.push({ method, url: url.href, path: url.pathname, params, headers });
      response.writeHead(200, { "Content-Type": "text/xml" });
      response.end(answers.documents.get(url.pathname) ?? "<Response/>");
    });
    await new Promise((listens) => answers.server.listen(0, "127.0.0.1", listens));
    return answers;
  }

  url(path) {
    return `http://127.0.0.1:${this.server.address().port}${path}`;
  }

  /** From now on this is answered there; returns its URL. */
  put(path, document) {
    this.documents.set(path, document);
    return this.url(path);
  }

  at(path) {
    return this.received.filter((request) => request.path === path);
  }

  waitFor(path, count = 1) {
    return until(`${count} requests at ${path}`, () => this.at(path)[count - 1]);
  }
}

export function isSigned(request, token) {
  const params = request.method === "POST" ? request.params : {};
  return twilio.validateRequest(token, request.headers["x-twilio-signature"] ?? "", request.url, params);
}
