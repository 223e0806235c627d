import json
import os
from datetime import datetime, timezone

import boto3
from fastapi import FastAPI, Request, Response
from mangum import Mangum
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Dial, VoiceResponse

account = json.loads(os.environ["TWILIO_SECRET"])["accounts"][0]
validator = RequestValidator(account["auth_tokens"][0])
dynamodb = boto3.client("dynamodb")
app = FastAPI()


@app.post("/webhook/voice")
async def voice(request: Request):
    form = dict(await request.form())
    url = f"https://{request.headers['host']}{request.url.path}"
    if not validator.validate(url, form, request.headers.get("x-twilio-signature", "")):
        return Response(status_code=403)
    found = dynamodb.get_item(
        TableName=os.environ["NUMBERS_TABLE"],
        Key={"number": {"S": form["To"]}, "item": {"S": "settings"}},
    )
    answer = VoiceResponse()
    if "Item" not in found:
        answer.say("This number is not in use.")
        answer.hangup()
        return Response(str(answer), media_type="text/xml")
    dynamodb.put_item(
        TableName=os.environ["CALLS_TABLE"],
        Item={
            "call_sid": {"S": form["CallSid"]},
            "number": {"S": form["To"]},
            "caller": {"S": form["From"]},
            "began_at": {"S": datetime.now(timezone.utc).isoformat()},
        },
    )
    answer.say("One moment, please. We are connecting you.")
    dial = Dial(timeout=20, answer_on_bridge=True, caller_id=form["To"], action="/webhook/dial-outcome")
    dial.number(found["Item"]["forwarding"]["M"]["targets"]["L"][0]["S"])
    answer.append(dial)
    return Response(str(answer), media_type="text/xml")


handler = Mangum(app, lifespan="off")
