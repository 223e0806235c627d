"use strict";

const express = require("express");
const serverless = require("serverless-http");
const twilio = require("twilio");
const { DynamoDBClient, GetItemCommand, PutItemCommand } = require("@aws-sdk/client-dynamodb");

const secret = JSON.parse(process.env.TWILIO_SECRET).accounts[0];
const dynamodb = new DynamoDBClient({});
const app = express();

app.use(express.urlencoded({ extended: false }));

app.post("/webhook/voice", async (request, response) => {
  const url = `https://${request.headers.host}${request.originalUrl}`;
  const signature = request.headers["x-twilio-signature"];
  if (!twilio.validateRequest(secret.auth_tokens[0], signature, url, request.body)) {
    return response.status(403).end();
  }
  const { CallSid, From, To } = request.body;
  const { Item } = await dynamodb.send(new GetItemCommand({
    TableName: process.env.NUMBERS_TABLE,
    Key: { number: { S: To }, item: { S: "settings" } },
  }));
  const answer = new twilio.twiml.VoiceResponse();
  if (!Item) {
    answer.say("This number is not in use.");
    answer.hangup();
    return response.type("text/xml").send(answer.toString());
  }
  await dynamodb.send(new PutItemCommand({
    TableName: process.env.CALLS_TABLE,
    Item: { call_sid: { S: CallSid }, number: { S: To }, caller: { S: From }, began_at: { S: new Date().toISOString() } },
  }));
  answer.say("One moment, please. We are connecting you.");
  const dial = answer.dial({ timeout: 20, answerOnBridge: true, callerId: To, action: "/webhook/dial-outcome" });
  dial.number(Item.forwarding.M.targets.L[0].S);
  response.type("text/xml").send(answer.toString());
});

module.exports.handler = serverless(app);
