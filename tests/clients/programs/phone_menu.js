// A menu in two levels, for keys and for speech.
const express = require("express");
const twilio = require("twilio");

const { VoiceResponse } = twilio.twiml;
const app = express();
app.use(express.urlencoded({ extended: false }));
const fromTwilio = twilio.webhook();

const send = (res, response) => res.type("text/xml").send(response.toString());

/** Asks, and begins anew where nobody says anything. */
function ask(action, question, options = {}) {
  const response = new VoiceResponse();
  const gather = response.gather({ input: "dtmf speech", numDigits: 1, timeout: 30, action, ...options });
  gather.say(question);
  response.say("We did not hear you.");
  response.redirect("/voice");
  return response;
}

/** What was said or pressed, by its meaning. */
function choice({ Digits, SpeechResult = "" }, meanings) {
  const chosen = ([key, word]) => Digits === key || SpeechResult.toLowerCase().includes(word);
  return Object.entries(meanings).find(chosen)?.[1];
}

app.post("/voice", fromTwilio, (req, res) => {
  const question = "For sales, press 1 or say sales. For support, press 2 or say support.";
  send(res, ask("/menu", question, { hints: "sales, support" }));
});

app.post("/menu", fromTwilio, (req, res) => {
  switch (choice(req.body, { 1: "sales", 2: "support" })) {
    case "sales":
      return send(res, ask("/sales", "This is sales. For our opening hours, press 1 or say hours. To go back, press 9."));
    case "support":
      return send(res, ask("/support", "This is support. To talk to somebody, press 1 or say agent. To go back, press 9."));
    default: {
      const response = new VoiceResponse();
      response.say("That is not on the menu.");
      response.redirect("/voice");
      return send(res, response);
    }
  }
});

app.post("/sales", fromTwilio, (req, res) => {
  const response = new VoiceResponse();
  if (choice(req.body, { 1: "hours" })) {
    response.say("We are open from nine to five. Good-bye.");
    response.hangup();
  } else {
    response.redirect("/voice");
  }
  send(res, response);
});

app.post("/support", fromTwilio, (req, res) => {
  const response = new VoiceResponse();
  if (choice(req.body, { 1: "agent" })) {
    response.say("We are connecting you.");
    response.dial({ action: "/after-agent", timeout: 20 }, process.env.AGENT_NUMBER);
  } else {
    response.redirect("/voice");
  }
  send(res, response);
});

app.post("/after-agent", fromTwilio, (req, res) => {
  const response = new VoiceResponse();
  const talked = req.body.DialCallStatus === "completed";
  response.say(talked ? "Thank you for calling support." : "Nobody is there. Please try again.");
  response.hangup();
  send(res, response);
});

app.listen(process.env.PORT || 3000, "127.0.0.1");
