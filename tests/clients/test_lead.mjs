// What a Node program sends to Twilio is led elsewhere, and nothing else is changed.

import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { promisify } from "node:util";

import { check, equal, holds, run } from "./checks.mjs";

// Answers with the request.
const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const { method, url: target, headers } = request;
  const moved = target === "/moved";
  response.writeHead(moved ? 302 : 200, {
    "Content-Type": "application/json",
    ...(moved ? { Location: "https://api.twilio.com/here?from=there" } : {}),
  });
  response.end(JSON.stringify({ method, target, headers, body }));
});
await new Promise((listens) => server.listen(0, "127.0.0.1", listens));
const { port } = server.address();

/** What a program prints that is led to the echo. */
async function node(program, { type = "commonjs", ...environment } = {}) {
  const env = { ...process.env, AFTERTONE_EXCHANGE: `http://127.0.0.1:${port}`, ...environment };
  const options = { env, cwd: import.meta.dirname, timeout: 60_000 };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [`--input-type=${type}`, "-e", program], options);
  equal(stderr, "");
  return stdout.trim();
}

const echoed = async (program, environment) => JSON.parse(await node(program, environment));
const PRINT = "(answer) => { let text = ''; answer.on('data', (it) => (text += it)).on('end', () => console.log(text)); }";

check("node: method, path, query, headers and body arrive as they were sent", async () => {
  const seen = await echoed(`
    const https = require("https");
    const headers = { "I-Am": "here", Host: "api.twilio.com", "Content-Type": "application/x-www-form-urlencoded" };
    const options = { method: "POST", auth: "AC1:token", headers, agent: new https.Agent({ keepAlive: true }) };
    https.request("https://api.twilio.com/2010-04-01/a%20b/x.json?DateCreated%3E=1&b=%C3%A9", options, ${PRINT})
      .end("To=%2B1");
  `);
  equal(seen.method, "POST");
  equal(seen.target, "/2010-04-01/a%20b/x.json?DateCreated%3E=1&b=%C3%A9");
  equal(seen.body, "To=%2B1");
  const { authorization, host } = seen.headers;
  equal([authorization, host], ["Basic QUMxOnRva2Vu", `127.0.0.1:${port}`]);
  equal([seen.headers["i-am"], seen.headers["x-forwarded-host"]], ["here", "api.twilio.com"]);
});

check("node: every API host of Twilio's is led, whatever its edge and region", async () => {
  for (const hostname of ["voice.twilio.com", "verify.twilio.com", "messaging.twilio.com", "api.dublin.ie1.twilio.com"]) {
    const seen = await echoed(`require("https").get({ hostname: "${hostname}", path: "/v1/x" }, ${PRINT})`);
    equal([seen.target, seen.headers["x-forwarded-host"]], ["/v1/x", hostname]);
  }
});

check("node: the library of Twilio itself sends there, with edge and region", async () => {
  const seen = await echoed(`
    const client = require("twilio")("AC" + "1".repeat(32), "token", { region: "ie1", edge: "dublin" });
    client.request({ method: "post", uri: "https://api.twilio.com/x.json", data: { To: "+1", Event: ["a", "b"] } })
      .then((answer) => console.log(JSON.stringify(answer.body)));
  `);
  equal(seen.headers["x-forwarded-host"], "api.dublin.ie1.twilio.com");
  equal(seen.body, "To=%2B1&Event=a&Event=b");
  holds(seen.headers["user-agent"].startsWith("twilio-node/"), seen);
});

check("node: what is sent with fetch and by imported names arrives there, too", async () => {
  const fetched = await echoed(`
    const answer = await fetch("https://api.twilio.com/a%20b?x=%2B1", {
      method: "POST", body: new URLSearchParams({ To: "+1" }), headers: { "I-Am": "here" },
    });
    console.log(await answer.text());
  `, { type: "module" });
  equal([fetched.method, fetched.target, fetched.body], ["POST", "/a%20b?x=%2B1", "To=%2B1"]);
  equal([fetched.headers["i-am"], fetched.headers["x-forwarded-host"]], ["here", "api.twilio.com"]);
  const imported = await echoed(`import { get } from "node:https"; get(new URL("https://api.twilio.com/x"), ${PRINT});`, {
    type: "module",
  });
  equal(imported.target, "/x");
});

check("node: a redirect within Twilio is followed", async () => {
  const seen = await echoed(`
    require("axios").get("https://api.twilio.com/moved").then((answer) => console.log(JSON.stringify(answer.data)));
  `);
  equal([seen.target, seen.headers["x-forwarded-host"]], ["/here?from=there", "api.twilio.com"]);
});

check("node: other hosts are left alone, and what makes no sense fails as it did", async () => {
  const seen = await echoed(`require("http").get("http://localhost:${port}/x", ${PRINT})`);
  holds(!("x-forwarded-host" in seen.headers), seen);
  const fetched = await echoed(`fetch("http://127.0.0.1:${port}/x").then((it) => it.text()).then(console.log)`);
  holds(!("x-forwarded-host" in fetched.headers), fetched);
  equal(await node(`try { require("https").get("nonsense") } catch (error) { console.log(error.code) }`), "ERR_INVALID_URL");
  const program = `require("https").get("https://api.twilio.com.invalid/").on("error", (error) => console.log(error.hostname))`;
  equal(await node(program), "api.twilio.com.invalid");
});

check("node: without an exchange nothing is led", async () => {
  const program = `console.log(require("https").get.toString().includes("elsewhere"))`;
  equal(await node(program, { AFTERTONE_EXCHANGE: "" }), "false");
  equal(await node(program), "true");
});

await run();
