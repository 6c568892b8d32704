"""How others read what we sign: exits with 0 where they find it right.

read.py dkim PUBLIC-KEY < mail        dkimpy, with the key as base64 DER
read.py webhook SECRET < {"headers": …, "body": …}   the reference library of Standard Webhooks
"""

import json
import sys

KIND, KEY = sys.argv[1:3]
DATA = sys.stdin.buffer.read()

if KIND == "dkim":
    import dkim

    record = f"v=DKIM1; k=rsa; p={KEY}".encode()
    sys.exit(0 if dkim.verify(DATA, dnsfunc=lambda name, timeout=5: record) else 1)

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

told = json.loads(DATA)
try:
    Webhook(KEY).verify(told["body"], told["headers"])
except WebhookVerificationError as error:
    sys.exit(str(error))
