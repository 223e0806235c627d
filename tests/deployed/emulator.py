"""Starts the emulator, with what it gets wrong about AWS put right.

SQS has no permissions of their own for its batch operations: whoever may send a message may send ten,
"specifying SendMessage, DeleteMessage, or ChangeMessageVisibility ... also grants permissions for the
corresponding batch versions" (AddPermission, Amazon SQS API reference). The emulator asks for a permission
that no policy on AWS could give.
"""

import sys

from ministack import app
from ministack.core import iam_actions

asked_for = iam_actions.extract_iam_action


def as_on_aws(service, *request):
    action = asked_for(service, *request)
    return action.removesuffix("Batch") if service == "sqs" and action else action


iam_actions.extract_iam_action = as_on_aws
sys.exit(app.main())
