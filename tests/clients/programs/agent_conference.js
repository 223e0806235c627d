// Callers wait with music in a conference of their own, into which an agent is called.
const express = require("express");
const twilio = require("twilio");

const { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_PHONE_NUMBER, AGENT_NUMBER, BASE_URL } = process.env;
const client = twilio(TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN);
const { VoiceResponse } = twilio.twiml;

const app = express();
app.use(express.urlencoded({ extended: false }));
const fromTwilio = twilio.webhook();
const events = [];

app.post("/voice", fromTwilio, (req, res) => {
  const response = new VoiceResponse();
  response.dial().conference(
    {
      startConferenceOnEnter: true,
      endConferenceOnExit: true,
      beep: false,
      statusCallback: `${BASE_URL}/conference-events`,
      statusCallbackEvent: ["start", "end", "join", "leave"],
    },
    req.body.CallSid,
  );
  response.say("Thank you for calling. Good-bye.");
  res.type("text/xml").send(response.toString());
});

app.post("/conference-events", fromTwilio, async (req, res) => {
  const { StatusCallbackEvent: event, FriendlyName: room, CallSid, ParticipantLabel: label } = req.body;
  events.push({ event, room, label, reason: req.body.ReasonConferenceEnded, status: req.body.ParticipantCallStatus });
  res.sendStatus(204);
  // The caller is there: call the agent.
  if (event === "participant-join" && CallSid === room) {
    await client.conferences(room).participants.create({
      from: TWILIO_PHONE_NUMBER,
      to: AGENT_NUMBER,
      label: "agent",
      timeout: 15,
      earlyMedia: false,
      endConferenceOnExit: true,
    });
  }
  // The agent did not come.
  if (event === "participant-leave" && label === "agent" && req.body.ParticipantCallStatus !== "completed") {
    await client.calls(room).update({ url: `${BASE_URL}/nobody`, method: "POST" });
  }
});

app.post("/nobody", fromTwilio, (req, res) => {
  const response = new VoiceResponse();
  response.say("Nobody is free at the moment. Please call again later.");
  response.hangup();
  res.type("text/xml").send(response.toString());
});

app.get("/log", (req, res) => res.json(events));

app.listen(process.env.PORT || 3000, "127.0.0.1");
