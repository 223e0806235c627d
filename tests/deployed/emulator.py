"""Starts the emulator, with what it gets wrong about AWS put right.

SQS has no permissions of their own for its batch operations: whoever may send a message may send ten,
"specifying SendMessage, DeleteMessage, or ChangeMessageVisibility ... also grants permissions for the
corresponding batch versions" (AddPermission, Amazon SQS API reference). The emulator asks for a permission
that no policy on AWS could give.

EventBridge's pipes bring records of a stream to a queue as well, each as a message of its own ("Amazon SQS queue"
is among the targets; a batch is sent by SendMessageBatch). The emulator's keep them back.

A number that is a parameter comes as text where it is used ("the parameter value becomes a string", Parameters,
CloudFormation user guide), and CloudFormation makes an integer of it where a resource's schema has one. The
emulator's event sources keep the text, and compare it with a number.
"""

import json
import sys

from ministack import app
from ministack.core import iam_actions
from ministack.core.arn import parse_arn
from ministack.services import lambda_svc, pipes, sqs

asked_for = iam_actions.extract_iam_action


def as_on_aws(service, *request):
    action = asked_for(service, *request)
    return action.removesuffix("Batch") if service == "sqs" and action else action


iam_actions.extract_iam_action = as_on_aws
passed_on = pipes._deliver_batch


def to_queues_too(pipe, records):
    target = parse_arn(pipe["Target"])
    if target.service != "sqs":
        return passed_on(pipe, records)
    for record in records:
        sqs._act_send_message({"MessageBody": json.dumps(record)}, sqs._queue_url(target.resource))
    return True


pipes._deliver_batch = to_queues_too
at_most = lambda_svc._sqs_esm_concurrency


def as_a_number(source, *others):
    scaling = source.get("ScalingConfig") or {}
    return at_most({**source, "ScalingConfig": {name: int(value) for name, value in scaling.items()}}, *others)


lambda_svc._sqs_esm_concurrency = as_a_number
sys.exit(app.main())
