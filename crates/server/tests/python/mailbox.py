"""A mail server on loopback that takes mail, or does not, as it is told line by line.

Prints {"port": …} first and then a line of JSON for each mail it has taken.
Usage: mailbox.py [certificate key [wrapped]]; with both it offers STARTTLS and takes nothing
without, and `wrapped` it speaks TLS from the first byte.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys
import threading

from aiosmtpd.controller import Controller

STATE = {"mode": "take"}


def told():
    for line in sys.stdin:
        STATE["mode"] = line.strip()


class Box:
    async def handle_RCPT(self, server, session, envelope, address, options):
        word, _, rest = STATE["mode"].partition(" ")
        if word == "rcpt":
            return f"{rest} no"
        if word == "garbage":
            return "hello, is this the web?"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        word, _, rest = STATE["mode"].partition(" ")
        if word == "data":
            return f"{rest} no"
        if word == "slow":
            await asyncio.sleep(float(rest))
        raw = envelope.content
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        parts = {part.get_content_type(): part.get_content() for part in mail.walk()
                 if not part.is_multipart()}
        print(json.dumps({
            "to": envelope.rcpt_tos,
            "tls": server.transport.get_extra_info("ssl_object") is not None,
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "text": parts.get("text/plain", ""),
            "html": parts.get("text/html", ""),
            "raw": raw.decode("latin-1"),
        }), flush=True)
        return "250 taken"


def main():
    context = None
    wrapped = sys.argv[3:] == ["wrapped"]
    if len(sys.argv) >= 3:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*sys.argv[1:3])
    import socket
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    tls = {"ssl_context": context} if wrapped else {
        "tls_context": context, "require_starttls": context is not None}
    controller = Controller(Box(), hostname="127.0.0.1", port=port, **tls)
    controller.start()
    print(json.dumps({"port": port}), flush=True)
    threading.Thread(target=told).run()
    controller.stop()


main()
