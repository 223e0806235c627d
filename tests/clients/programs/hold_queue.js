// Forwards calls; whoever is put on hold waits in a queue, from which they are taken back.
const express = require("express");
const twilio = require("twilio");

const { AGENT_NUMBER, BASE_URL } = process.env;
const client = twilio();
const { VoiceResponse } = twilio.twiml;

const app = express();
app.use(express.urlencoded({ extended: false }));
const fromTwilio = twilio.webhook();
const onHold = new Map(); // the caller's call -> the agent's
const log = [];

const send = (res, response) => res.type("text/xml").send(response.toString());
const queueOf = (callSid) => `hold-${callSid}`;

app.post("/voice", fromTwilio, (req, res) => {
  const response = new VoiceResponse();
  response.dial({ action: "/after-dial", answerOnBridge: true }).number(AGENT_NUMBER);
  send(res, response);
});

// The agent is led away first: then the caller's dial ends, and we say where they go.
app.post("/hold/:callSid", async (req, res) => {
  const { callSid } = req.params;
  const [agent] = await client.calls.list({ parentCallSid: callSid, status: "in-progress", limit: 1 });
  onHold.set(callSid, agent.sid);
  await client.calls(agent.sid).update({ url: `${BASE_URL}/agent-waits`, method: "POST" });
  res.json({ agent: agent.sid });
});

app.post("/after-dial", fromTwilio, (req, res) => {
  const response = new VoiceResponse();
  const held = onHold.has(req.body.CallSid);
  log.push({ dial: req.body.DialCallStatus, held });
  if (held) {
    response.enqueue({ waitUrl: "/hold-music", action: "/after-hold" }, queueOf(req.body.CallSid));
  } else {
    response.hangup();
  }
  send(res, response);
});

app.post("/agent-waits", fromTwilio, (req, res) => {
  const response = new VoiceResponse();
  response.say("The caller is on hold.");
  response.pause({ length: 600 });
  send(res, response);
});

app.post("/hold-music", fromTwilio, (req, res) => {
  const response = new VoiceResponse();
  response.say("Please hold the line.");
  response.pause({ length: 10 });
  send(res, response);
});

app.post("/resume/:callSid", async (req, res) => {
  const agent = onHold.get(req.params.callSid);
  await client.calls(agent).update({ url: `${BASE_URL}/take/${req.params.callSid}`, method: "POST" });
  res.json({ agent });
});

app.post("/take/:callSid", fromTwilio, (req, res) => {
  const response = new VoiceResponse();
  response.dial().queue(queueOf(req.params.callSid));
  send(res, response);
});

app.post("/after-hold", fromTwilio, (req, res) => {
  log.push({ queue: req.body.QueueResult });
  const response = new VoiceResponse();
  response.say("Thank you for waiting. Good-bye.");
  response.hangup();
  send(res, response);
});

app.get("/log", (req, res) => res.json(log));

app.listen(process.env.PORT || 3000, "127.0.0.1");
