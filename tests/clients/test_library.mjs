// Twilio's library for Node does with the exchange what it does with Twilio.

import twilio from "twilio";

import { check, equal, holds, run, until } from "./checks.mjs";
import { ANNA, Answers, BEN, CALLER, Exchange, OLIVIA, OTHER_SPARE, OURS, OVER, SPARE, isSigned } from "./world.mjs";

const { TWILIO_ACCOUNT_SID: SID, TWILIO_AUTH_TOKEN: TOKEN } = process.env;
const UNKNOWN = `${"0".repeat(31)}f`;
const WAITS = "<Response><Pause length='600'/></Response>";

// Nobody else calls there, so that what is listed is ours.
const OTHER_PHONE = "+12125550124";

const exchange = new Exchange(process.env.AFTERTONE_EXCHANGE);
const answers = await Answers.start();
const client = twilio();
const say = (words) => `<Response><Say>${words}</Say></Response>`;
const HELLO = answers.put("/hello", say("Hello from the document."));

function hasStatus(sid, ...statuses) {
  return until(`${sid} is ${statuses}`, async () => {
    const call = await client.calls(sid).fetch();
    return statuses.includes(call.status) && call;
  });
}

/** A call that we have made, once it is answered. */
async function underWay(to = ANNA, twiml = WAITS) {
  const call = await client.calls.create({ to, from: OURS, twiml });
  return hasStatus(call.sid, "in-progress");
}

/** It is refused with Twilio's status and code, as the library's own exception. */
async function refused(status, code, ask) {
  let result;
  try {
    result = await ask();
  } catch (error) {
    holds(error instanceof twilio.RestException && error.message, error);
    equal([error.status, error.code], [status, code]);
    return;
  }
  throw new Error(`it was not refused, but answered with ${JSON.stringify(result)}`);
}

const heard = async (sid, words) => (await exchange.story(sid)).heard(words);

// Numbers and accounts

check("node: a number is found by what it is, and led elsewhere", async () => {
  const [number] = await client.incomingPhoneNumbers.list({ phoneNumber: OURS, limit: 20 });
  equal(number.phoneNumber, OURS);
  const urls = { voiceUrl: HELLO, voiceMethod: "POST", statusCallback: answers.url("/number-status") };
  const changed = await number.update({ ...urls, statusCallbackMethod: "POST" });
  for (const { voiceUrl, voiceMethod, statusCallback } of [changed, await client.incomingPhoneNumbers(number.sid).fetch()]) {
    equal({ voiceUrl, voiceMethod, statusCallback }, urls);
  }
});

check("node: an account knows its numbers page by page, and no more than asked for", async () => {
  const every = [];
  await new Promise((done, fails) => {
    const options = { pageSize: 1, callback: (number) => every.push(number.phoneNumber) };
    client.incomingPhoneNumbers.each({ ...options, done: (error) => (error ? fails(error) : done()) });
  });
  for (const number of [OURS, SPARE, OTHER_SPARE]) holds(every.includes(number), every);
  equal(new Set(every).size, every.length);
  equal((await client.incomingPhoneNumbers.list({ limit: 2, pageSize: 1 })).length, 2);
  const page = await client.incomingPhoneNumbers.page({ pageSize: 1 });
  const following = await client.incomingPhoneNumbers.getPage(page.nextPageUrl);
  equal([...page.instances, ...following.instances].map((number) => number.phoneNumber), every.slice(0, 2));
});

check("node: an account is fetched, and others are not there", async () => {
  const account = await client.api.accounts(SID).fetch();
  equal([account.sid, account.status], [SID, "active"]);
  await refused(404, 20404, () => client.api.accounts(`AC${UNKNOWN}`).fetch());
});

check("node: where an account may call is asked at voice.twilio.com", async () => {
  const country = await client.voice.v1.dialingPermissions.countries("US").fetch();
  equal([country.isoCode, country.lowRiskNumbersEnabled], ["US", true]);
});

check("node: a wrong token is refused", () => refused(401, 20003, () => twilio(SID, "wrong").incomingPhoneNumbers.list()));

check("node: an API key opens what the token opens", async () => {
  const key = await client.newKeys.create({ friendlyName: "Tests" });
  const withKey = twilio(key.sid, key.secret, { accountSid: SID });
  equal((await withKey.incomingPhoneNumbers.list({ limit: 1 })).length, 1);
  equal(await client.keys(key.sid).remove(), true);
  await refused(401, 20003, () => withKey.incomingPhoneNumbers.list());
});

// Calls

check("node: a call from outside asks at the number's URL, with a signature that the library proves", async () => {
  const sid = await exchange.call(OURS);
  const asked = await answers.waitFor("/hello");
  holds(isSigned(asked, TOKEN) && !isSigned(asked, "wrong"), asked);
  const { CallSid, AccountSid, From, To, Direction } = asked.params;
  equal([CallSid, AccountSid, From, To, Direction], [sid, SID, CALLER, OURS, "inbound"]);
  const call = await hasStatus(sid, "completed");
  equal([call.direction, call.to, call.from], ["inbound", OURS, CALLER]);
  const ended = await answers.waitFor("/number-status");
  holds(isSigned(ended, TOKEN), ended);
  equal([ended.params.CallSid, ended.params.CallStatus], [sid, "completed"]);
  holds(await heard(sid, "Hello from the document."), await exchange.story(sid));
});

check("node: a call is made with a URL, and tells of itself from the beginning to the end", async () => {
  const before = answers.at("/hello").length;
  const call = await client.calls.create({
    to: ANNA,
    from: OURS,
    url: HELLO,
    statusCallback: answers.url("/status"),
    statusCallbackEvent: ["initiated", "ringing", "answered", "completed"],
  });
  equal([call.status, call.direction, call.to, call.from], ["queued", "outbound-api", ANNA, OURS]);
  const done = await hasStatus(call.sid, "completed");
  holds(Number(done.duration) > 0 && done.startTime <= done.endTime, done);
  const asked = await answers.waitFor("/hello", before + 1);
  holds(isSigned(asked, TOKEN), asked);
  equal([asked.params.CallSid, asked.params.Direction], [call.sid, "outbound-api"]);
  await answers.waitFor("/status", 4);
  const told = answers.at("/status").sort((one, other) => one.params.SequenceNumber - other.params.SequenceNumber);
  equal(told.map((it) => it.params.CallStatus), ["initiated", "ringing", "in-progress", "completed"]);
  holds(told.every((it) => isSigned(it, TOKEN)), told);
  holds(await heard(call.sid, "Hello from the document."), await exchange.story(call.sid));
});

check("node: a call is made with a document that the library has written", async () => {
  const response = new twilio.twiml.VoiceResponse();
  response.say("Hello from the call.");
  const call = await client.calls.create({ to: BEN, from: SPARE, twiml: response });
  await hasStatus(call.sid, "completed");
  holds(await heard(call.sid, "Hello from the call."), await exchange.story(call.sid));
});

check("node: a call ends as the telephone at the other end has it", async () => {
  for (const [number, deed, status] of [
    ["+12125550121", { busy: true }, "busy"],
    ["+12125550122", { never_answers: true }, "no-answer"],
    ["+12125550123", { unreachable: true }, "failed"],
  ]) {
    await exchange.phone(number, deed);
    const call = await client.calls.create({ to: number, from: OURS, url: HELLO, timeout: 10 });
    equal((await hasStatus(call.sid, ...OVER)).status, status);
  }
});

check("node: calls are listed by whom, how they ended, when, and what they belong to", async () => {
  const { calls } = client;
  const all = (listed, name) => [...new Set(listed.map((call) => call[name]))];
  equal(all(await calls.list({ to: BEN }), "to"), [BEN]);
  equal(all(await calls.list({ from: SPARE }), "from"), [SPARE]);
  equal(all(await calls.list({ status: "busy" }), "status"), ["busy"]);
  holds((await calls.list({ to: ANNA, status: "completed" })).length, "no call to Anna is completed");
  equal((await calls.list({ to: ANNA, status: "busy" })).length, 0);
  const days = (count) => new Date(Date.now() + count * 86_400_000);
  equal((await calls.list({ startTimeAfter: days(-2), limit: 1 })).length, 1);
  equal((await calls.list({ startTimeAfter: days(2) })).length, 0);
  const parent = await underWay(ANNA, `<Response><Dial>${BEN}</Dial></Response>`);
  const child = await until("the other leg is listed", async () => (await calls.list({ parentCallSid: parent.sid }))[0]);
  equal([child.to, child.parentCallSid, child.direction], [BEN, parent.sid, "outbound-dial"]);
});

check("node: calls are listed page by page, each once, the newest first", async () => {
  await exchange.phone(OTHER_PHONE, { answers_after_seconds: 2 });
  const made = [];
  for (let count = 0; count < 7; count += 1) {
    made.push((await client.calls.create({ to: OTHER_PHONE, from: OURS, twiml: say("One of seven.") })).sid);
  }
  for (const sid of made) await hasStatus(sid, "completed");
  const sids = (calls) => calls.map((call) => call.sid);
  const listed = sids(await client.calls.list({ to: OTHER_PHONE, pageSize: 3 }));
  equal([...listed].sort(), [...made].sort());
  equal(sids(await client.calls.list({ to: OTHER_PHONE, limit: 5, pageSize: 2 })), listed.slice(0, 5));
  const seen = [];
  let page = await client.calls.page({ to: OTHER_PHONE, pageSize: 3 });
  while (page) {
    seen.push(sids(page.instances));
    page = await page.nextPage();
  }
  equal(seen, [listed.slice(0, 3), listed.slice(3, 6), listed.slice(6)]);
});

check("node: a call that is under way is led elsewhere, by URL and by document", async () => {
  const call = await underWay();
  const url = answers.put("/elsewhere", "<Response><Say>You are elsewhere.</Say><Pause length='600'/></Response>");
  equal((await client.calls(call.sid).update({ url, method: "POST" })).sid, call.sid);
  const asked = await answers.waitFor("/elsewhere");
  equal([asked.params.CallSid, asked.params.CallStatus], [call.sid, "in-progress"]);
  await until("it is heard", () => heard(call.sid, "You are elsewhere."));
  await client.calls(call.sid).update({ twiml: say("And now elsewhere again.") });
  await hasStatus(call.sid, "completed");
  (await exchange.story(call.sid)).inOrder("You are elsewhere.", "And now elsewhere again.");
});

check("node: a call is ended, and one that still rings is called off", async () => {
  const call = await underWay();
  await client.calls(call.sid).update({ status: "completed" });
  await hasStatus(call.sid, "completed");
  const ringing = await client.calls.create({ to: "+12125550122", from: OURS, url: HELLO });
  await hasStatus(ringing.sid, "ringing");
  await client.calls(ringing.sid).update({ status: "canceled" });
  await hasStatus(ringing.sid, "canceled");
});

check("node: whoever calls hears what an application says, and numbers follow it", async () => {
  const voiceUrl = answers.put("/application", say("This is the application."));
  const application = await client.applications.create({ friendlyName: "Node", voiceUrl, voiceMethod: "POST" });
  equal((await client.applications(application.sid).fetch()).voiceUrl, voiceUrl);
  const listed = await client.applications.list({ friendlyName: "Node" });
  holds(listed.some((it) => it.sid === application.sid), listed);
  const call = await client.calls.create({ to: ANNA, from: OURS, applicationSid: application.sid });
  await hasStatus(call.sid, "completed");
  holds(await heard(call.sid, "This is the application."), await exchange.story(call.sid));
  const [number] = await client.incomingPhoneNumbers.list({ phoneNumber: SPARE });
  await number.update({ voiceApplicationSid: application.sid });
  const sid = await exchange.call(SPARE);
  await hasStatus(sid, "completed");
  holds(await heard(sid, "This is the application."), await exchange.story(sid));
  await number.update({ voiceApplicationSid: "" });
  equal(await client.applications(application.sid).remove(), true);
  await refused(404, 20404, () => client.applications(application.sid).fetch());
});

check("node: a call that is over can be deleted", async () => {
  const call = await client.calls.create({ to: ANNA, from: OURS, twiml: say("Forget me.") });
  await hasStatus(call.sid, "completed");
  equal(await client.calls(call.sid).remove(), true);
  await refused(404, 20404, () => client.calls(call.sid).fetch());
});

// Recordings

check("node: a recording is started, paused, taken up again, stopped, fetched, and told of", async () => {
  const call = await underWay();
  const started = await client.calls(call.sid).recordings.create({
    recordingStatusCallback: answers.url("/recording"),
    recordingStatusCallbackEvent: ["in-progress", "completed"],
  });
  equal([started.callSid, started.status, started.source], [call.sid, "in-progress", "StartCallRecordingAPI"]);
  const current = client.calls(call.sid).recordings("Twilio.CURRENT");
  equal((await current.update({ status: "paused", pauseBehavior: "skip" })).status, "paused");
  equal((await current.update({ status: "in-progress" })).sid, started.sid);
  await exchange.speak(call.sid, "These words are worth keeping, so please keep them.");
  await until("it is spoken", async () => (await exchange.story(call.sid)).did("speaks", "worth keeping").length);
  // To say it takes time, which the recording is to have.
  await new Promise((resolve) => setTimeout(resolve, 300));
  equal((await current.update({ status: "stopped" })).sid, started.sid);
  equal((await client.calls(call.sid).recordings.list()).map((it) => it.sid), [started.sid]);
  const done = await until("it can be fetched", async () => {
    const recording = await client.recordings(started.sid).fetch();
    return recording.status === "completed" && recording;
  });
  holds(Number(done.duration) > 0 && done.callSid === call.sid, done);
  await answers.waitFor("/recording", 2);
  const told = answers.at("/recording");
  equal(told.map((it) => it.params.RecordingStatus).sort(), ["completed", "in-progress"]);
  holds(told.every((it) => it.params.RecordingSid === started.sid && isSigned(it, TOKEN)), told);
});

check("node: the sound of a recording is fetched by whoever may, and deleted", async () => {
  const [recording] = await client.recordings.list({ limit: 1 });
  const url = `https://api.twilio.com/2010-04-01/Accounts/${SID}/Recordings/${recording.sid}`;
  const headers = { Authorization: `Basic ${btoa(`${SID}:${TOKEN}`)}` };
  for (const address of [url, `${url}.wav`, recording.mediaUrl]) {
    const answer = await fetch(address, { headers });
    equal([answer.status, answer.headers.get("content-type")], [200, "audio/x-wav"]);
    const sound = Buffer.from(await answer.arrayBuffer());
    equal([sound.toString("latin1", 0, 4), sound.toString("latin1", 8, 12)], ["RIFF", "WAVE"]);
  }
  equal((await fetch(`${url}.wav`)).status, 401);
  equal(await client.recordings(recording.sid).remove(), true);
  await refused(404, 20404, () => client.recordings(recording.sid).fetch());
  equal((await fetch(`${url}.wav`, { headers })).status, 404);
  holds(!(await client.recordings.list()).some((it) => it.sid === recording.sid), "it is still listed");
});

check("node: a call that is recorded from its beginning has a recording in the end", async () => {
  const twiml = "<Response><Pause length='5'/></Response>";
  const call = await client.calls.create({ to: ANNA, from: OURS, record: true, twiml });
  await hasStatus(call.sid, "completed");
  const list = () => client.recordings.list({ callSid: call.sid });
  const recording = await until("it is listed", async () => (await list())[0]);
  equal([recording.callSid, recording.source], [call.sid, "OutboundAPI"]);
});

// Conferences

/** A conference of two, whom we have called into it. */
class Room {
  static async open(name, ofCustomer = {}) {
    const room = new Room();
    room.name = name;
    room.customer = await room.add(ANNA, { label: "customer", ...ofCustomer });
    room.sid = room.customer.conferenceSid;
    room.agent = await room.add(BEN, { label: "agent" });
    await room.connected("customer");
    await room.connected("agent");
    return room;
  }

  add(to, options = {}, name = this.name) {
    return client.conferences(name).participants.create({ from: OURS, to, beep: "false", ...options });
  }

  at(label) {
    return client.conferences(this.sid).participants(label);
  }

  connected(label) {
    return until(`${label} is connected`, async () => {
      try {
        const participant = await this.at(label).fetch();
        return participant.status === "connected" && participant;
      } catch (error) {
        if (error.status !== 404) throw error;
        return null;
      }
    });
  }

  /** Whom or what somebody hears now: participants, or a kind. */
  hears({ label, callSid }, what) {
    const wanted = Array.isArray(what) ? what.map((it) => it.callSid).sort() : what;
    return until(`${label} hears ${wanted}`, async () => {
      return JSON.stringify((await exchange.story(callSid)).now()) === JSON.stringify(wanted);
    });
  }
}

check("node: people are called into a room, by its name and by its sid, and hear each other", async () => {
  const room = await Room.open("Node, by name and sid");
  const { customer, agent } = room;
  equal([customer.label, customer.muted, customer.hold], ["customer", false, false]);
  holds(room.sid.startsWith("CF"), room.sid);
  await room.hears(customer, [agent]);
  await room.hears(agent, [customer]);
  const [listed] = await client.conferences.list({ friendlyName: room.name });
  equal([listed.sid, listed.status], [room.sid, "in-progress"]);
  equal((await client.conferences(room.sid).fetch()).friendlyName, room.name);
  const third = await room.add(OLIVIA, { label: "third" }, room.sid);
  equal(third.conferenceSid, room.sid);
  await room.connected("third");
  const people = (await client.conferences(room.sid).participants.list()).map((it) => it.callSid);
  equal(people.sort(), [customer.callSid, agent.callSid, third.callSid].sort());
  await room.hears(customer, [agent, third]);
  equal((await room.at(third.callSid).fetch()).label, "third");
  const here = (await exchange.rooms()).find((it) => it.conference_sid === room.sid);
  equal([here.friendly_name, here.participants.length], [room.name, 3]);
});

check("node: who is on hold hears the document for it and nobody, and then everybody again", async () => {
  const room = await Room.open("Node, hold");
  const holdUrl = answers.put("/hold", "<Response><Say>Please hold the line.</Say><Redirect/></Response>");
  equal((await room.at("customer").update({ hold: true, holdUrl, holdMethod: "POST" })).hold, true);
  await answers.waitFor("/hold");
  await room.hears(room.customer, "words");
  await room.hears(room.agent, "silence");
  const held = await client.conferences(room.sid).participants.list({ hold: true });
  equal(held.map((it) => it.label), ["customer"]);
  equal((await room.at("customer").update({ hold: false })).hold, false);
  await room.hears(room.customer, [room.agent]);
  await room.hears(room.agent, [room.customer]);
  const { callSid } = room.agent;
  (await exchange.story(room.customer.callSid)).inOrder(callSid, "Please hold", callSid);
});

check("node: who is muted hears the others, who do not hear them", async () => {
  const room = await Room.open("Node, mute");
  equal((await room.at("agent").update({ muted: true })).muted, true);
  const muted = await client.conferences(room.sid).participants.list({ muted: true });
  equal(muted.map((it) => it.label), ["agent"]);
  await room.hears(room.customer, "silence");
  await room.hears(room.agent, [room.customer]);
  equal((await room.at("agent").update({ muted: false })).muted, false);
  await room.hears(room.customer, [room.agent]);
});

check("node: an announcement is heard by one, or by all of them", async () => {
  const room = await Room.open("Node, announcements");
  const one = answers.put("/announcement-for-one", say("This is for one of you."));
  await room.at("customer").update({ announceUrl: one, announceMethod: "POST" });
  await until("one hears it", () => heard(room.customer.callSid, "for one of you"));
  const everybody = answers.put("/announcement-for-all", say("This is for all of you."));
  await client.conferences(room.sid).update({ announceUrl: everybody, announceMethod: "POST" });
  for (const { callSid } of [room.customer, room.agent]) {
    await until("all hear it", () => heard(callSid, "for all of you"));
  }
  holds(!(await heard(room.agent.callSid, "for one of you")), "the other heard it, too");
});

check("node: a coach is heard by whom they coach alone, until they barge in", async () => {
  const room = await Room.open("Node, coach");
  const coaching = { label: "coach", coaching: true, callSidToCoach: room.agent.callSid };
  const coach = await room.add(OLIVIA, coaching);
  const seen = await room.connected("coach");
  equal([seen.coaching, seen.callSidToCoach], [true, room.agent.callSid]);
  await room.hears(room.agent, [room.customer, coach]);
  await room.hears(room.customer, [room.agent]);
  await room.hears(coach, [room.customer, room.agent]);
  equal((await room.at("coach").update({ coaching: false })).coaching, false);
  await room.hears(room.customer, [room.agent, coach]);
});

check("node: one participant is removed, and the room stays", async () => {
  const room = await Room.open("Node, removal");
  await room.add(OLIVIA, { label: "third" });
  await room.connected("third");
  equal(await room.at("third").remove(), true);
  await until("two are left", async () => (await client.conferences(room.sid).participants.list()).length === 2);
  await refused(404, 20404, () => room.at("third").fetch());
  equal((await client.conferences(room.sid).fetch()).status, "in-progress");
  await room.hears(room.customer, [room.agent]);
});

check("node: a room is ended, and everybody in it with it", async () => {
  const room = await Room.open("Node, the end", {
    conferenceStatusCallback: answers.url("/room"),
    conferenceStatusCallbackEvent: ["start", "end", "join", "leave"],
  });
  equal((await client.conferences(room.sid).update({ status: "completed" })).sid, room.sid);
  for (const { callSid } of [room.customer, room.agent]) await hasStatus(callSid, "completed");
  equal((await client.conferences(room.sid).fetch()).status, "completed");
  equal(await client.conferences(room.sid).participants.list(), []);
  const ended = await client.conferences.list({ status: "completed", friendlyName: room.name });
  equal(ended.map((it) => it.sid), [room.sid]);
  equal(await client.conferences.list({ friendlyName: room.name, status: "in-progress" }), []);
  const told = () => answers.at("/room").sort((one, other) => one.params.SequenceNumber - other.params.SequenceNumber);
  await until("its end is told", () => told().at(-1)?.params.StatusCallbackEvent === "conference-end");
  const joinAndLeave = ["participant-join", "participant-leave"];
  const kinds = ["conference-start", ...joinAndLeave, ...joinAndLeave, "conference-end"];
  equal(told().map((it) => it.params.StatusCallbackEvent).sort(), kinds.sort());
  equal(told().at(-1).params.ReasonConferenceEnded, "conference-ended-via-api");
  holds(told().every((it) => isSigned(it, TOKEN)), told());
  const again = await room.add(OLIVIA);
  holds(again.conferenceSid !== room.sid, "a room that has ended is there again");
});

check("node: a room refuses what it can't do", async () => {
  const room = await Room.open("Node, refusals");
  await refused(400, 16026, () => room.add(OLIVIA, { label: "agent" }));
  await refused(400, 16024, () => room.add(OLIVIA, { label: "a/b" }));
  await refused(405, 20004, () => client.conferences(room.name).participants.list());
  await refused(404, 20404, () => client.conferences(`CF${UNKNOWN}`).fetch());
  await refused(404, 20404, () => room.at("nobody").fetch());
  await refused(400, 21201, () => room.add(""));
});

// Queues

check("node: a queue is made, somebody waits in it, and is sent on", async () => {
  const queue = await client.queues.create({ friendlyName: "Node", maxSize: 10 });
  equal([queue.friendlyName, queue.maxSize, queue.currentSize], ["Node", 10, 0]);
  await refused(400, 22003, () => client.queues.create({ friendlyName: "Node" }));
  await refused(404, 20404, () => client.queues(queue.sid).members("Front").fetch());
  const wait = answers.put("/wait", say("You are waiting."));
  const document = `<Response><Enqueue waitUrl="${wait}">Node</Enqueue><Say>You waited.</Say></Response>`;
  const members = () => client.queues(queue.sid).members.list();
  const first = await underWay(ANNA, document);
  await until("one waits", async () => (await members()).length === 1);
  const second = await underWay(BEN, document);
  await until("two wait", async () => (await members()).length === 2);
  equal((await members()).map((it) => [it.callSid, it.position]), [[first.sid, 1], [second.sid, 2]]);
  equal((await client.queues(queue.sid).members(second.sid).fetch()).position, 2);
  const front = await client.queues(queue.sid).members("Front").fetch();
  holds(front.callSid === first.sid && front.waitTime >= 0, front);
  equal((await client.queues(queue.sid).fetch()).currentSize, 2);
  const asked = await answers.waitFor("/wait");
  equal([asked.params.QueueSid, asked.params.QueuePosition], [queue.sid, "1"]);
  const kept = await client.queues(queue.sid).remove().then(() => null, (error) => error.status);
  holds(kept >= 400 && kept < 500, "a queue with people in it was deleted");
  const url = answers.put("/done", say("It is your turn."));
  equal((await client.queues(queue.sid).members("Front").update({ url, method: "POST" })).callSid, first.sid);
  await client.queues(queue.sid).members(second.sid).update({ url, method: "POST" });
  for (const { sid } of [first, second]) {
    await hasStatus(sid, "completed");
    (await exchange.story(sid)).inOrder("You are waiting.", "It is your turn.");
  }
  equal((await client.queues(queue.sid).update({ friendlyName: "Nobody here" })).friendlyName, "Nobody here");
  holds((await client.queues.list()).some((it) => it.sid === queue.sid), "it is not listed");
  equal(await client.queues(queue.sid).remove(), true);
  await refused(404, 20404, () => client.queues(queue.sid).fetch());
});

check("node: who takes the first of a queue talks with them", async () => {
  const queue = await client.queues.create({ friendlyName: "Node, talk" });
  const waiting = await underWay(ANNA, "<Response><Enqueue>Node, talk</Enqueue></Response>");
  await until("one waits", async () => (await client.queues(queue.sid).members.list()).length);
  const agent = await underWay(BEN, "<Response><Dial><Queue>Node, talk</Queue></Dial></Response>");
  const talks = async (one, other) => String((await exchange.story(one.sid)).now()) === other.sid;
  await until("they talk", async () => (await talks(agent, waiting)) && talks(waiting, agent));
  equal((await client.queues(queue.sid).fetch()).currentSize, 0);
  await exchange.endAll();
  equal(await client.queues(queue.sid).remove(), true);
});

// Refusals

const LONG = say("a".repeat(4000));
const create = (changes) => client.calls.create({ to: ANNA, from: OURS, url: HELLO, ...changes });
for (const [sentence, status, code, ask] of [
  ["there is no such call", 404, 20404, () => client.calls(`CA${UNKNOWN}`).fetch()],
  ["a call that is not there is not led elsewhere", 404, 20404, () => client.calls(`CA${UNKNOWN}`).update({ url: HELLO })],
  ["a call goes to nobody", 400, 21201, () => create({ to: "" })],
  ["a call comes from nobody", 400, 21213, () => create({ from: "" })],
  ["a call comes from a number that is not ours", 400, 21210, () => create({ from: "+14155559999" })],
  ["a call goes to what is no number", 400, 21211, () => create({ to: "+1" })],
  ["a call comes from what is no number", 400, 21212, () => create({ from: "+1" })],
  ["a URL is none", 400, 21205, () => create({ url: "not a url" })],
  ["there is no such application", 400, 21218, () => create({ url: undefined, applicationSid: `AP${UNKNOWN}` })],
  ["a document of a call is too long", 400, 32018, () => create({ url: undefined, twiml: LONG })],
  ["a day is none", 400, 20001, () => client.recordings.list({ dateCreatedAfter: "yesterday" })],
  ["there is no such recording", 404, 20404, () => client.recordings(`RE${UNKNOWN}`).fetch()],
  ["there is no such queue", 404, 20404, () => client.queues(`QU${UNKNOWN}`).fetch()],
  ["there is no such number", 404, 20404, () => client.incomingPhoneNumbers(`PN${UNKNOWN}`).fetch()],
]) {
  check(`node: ${sentence}: ${status}, ${code}`, () => refused(status, code, ask));
}

check("node: a call that is over is not led elsewhere, not ended again, and not recorded: 400, 21220", async () => {
  const { sid } = await client.calls.create({ to: ANNA, from: OURS, twiml: say("Good-bye.") });
  await hasStatus(sid, "completed");
  await refused(400, 21220, () => client.calls(sid).update({ url: HELLO }));
  await refused(400, 21220, () => client.calls(sid).update({ twiml: say("Too late.") }));
  await refused(400, 21220, () => client.calls(sid).update({ status: "completed" }));
  await refused(400, 21220, () => client.calls(sid).recordings.create());
});

check("node: the document for a call under way is too long: 400, 32018", async () => {
  const { sid } = await underWay();
  await refused(400, 32018, () => client.calls(sid).update({ twiml: LONG }));
  equal((await client.calls(sid).fetch()).status, "in-progress");
});

await run(() => exchange.endAll());
