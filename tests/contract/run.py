"""Asks a real server what its OpenAPI document says, with each kind of key.

Usage: run.py path/to/habitue. Prints one line per kind of key; at most four minutes in all.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

URL = "https://habitue.example"
SECONDS = 70
LEAST_CASES = 2000
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,negative_data_rejection"
)


def part(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def token(keys):
    now = int(time.time())
    header = {"alg": "HS256", "kid": keys["token_key"]["id"]}
    claims = {"iss": keys["shop"], "aud": URL, "sub": "c1", "jti": "j1", "iat": now, "exp": now + 300}
    text = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"
    mac = hmac.new(keys["token_key"]["secret"].encode(), text.encode(), hashlib.sha256)
    return f"{text}.{part(mac.digest())}"


def post(base, path, bearer, body):
    headers = {
        "Authorization": f"Bearer {bearer}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"run {time.time()}",
    }
    request = urllib.request.Request(base + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def until_listening(server):
    for line in server.stdout:
        said = json.loads(line).get("fields", {})
        if said.get("message") == "listening":
            return f"http://{said['listen']}"
    sys.exit("the server ended early")


def of(document, scheme):
    """The document with the operations that are open to one kind of key."""
    chosen = json.loads(json.dumps(document))
    for path, item in list(chosen["paths"].items()):
        for method, operation in list(item.items()):
            ends_it = (method, path) == ("delete", "/v1/session")
            if ends_it or not any(scheme in rule for rule in operation["security"]):
                del item[method]
        if not item:
            del chosen["paths"][path]
    return chosen


def ask(folder, base, document, scheme, bearer):
    file = os.path.join(folder, f"{scheme}.json")
    with open(file, "w", encoding="utf-8") as to:
        json.dump(of(document, scheme), to)
    program = os.path.join(os.path.dirname(sys.executable), "schemathesis")
    done = subprocess.run(
        [program, "run", file, "-u", base, "-H", f"Authorization: Bearer {bearer}"]
        + ["--phases", "coverage,fuzzing", "--checks", CHECKS, "-n", "60", "--seed", "1"]
        + ["--max-time", str(SECONDS), "--no-shrink", "--suppress-health-check", "all"]
        + ["--continue-on-failure", "--warnings", "off"],
        cwd=folder, capture_output=True, text=True, timeout=4 * SECONDS, check=False,
    )
    cases = re.search(r"(\d+) generated", done.stdout)
    cases = int(cases.group(1)) if cases else 0
    if done.returncode:
        print(done.stdout, done.stderr)
    print(f"contract: {'FAILED' if done.returncode else 'ok'}, {scheme}: {cases} cases", flush=True)
    return cases


def main():
    habitue = os.path.abspath(sys.argv[1])
    program = os.path.abspath("crates/demo/program.toml")
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:{os.path.join(folder, 'habitue.db')}"
        env = {**os.environ, "HABITUE_MASTER_KEY": "k" * 32, "HABITUE_DATABASE": database}
        env["RUST_LOG"] = "warn,habitue_server::cli=info"
        add = [habitue, "shop", "add", "--json", "--name", "S", "--origin", "https://s.example"]
        keys = json.loads(subprocess.check_output(add + ["--program", program], env=env))
        document = json.loads(subprocess.check_output([habitue, "openapi"]))
        serve = [habitue, "serve", "--listen", "127.0.0.1:0", "--public-url", URL]
        serve += ["--limit-misses", "0", "--limit-shopper", "0", "--limit-visitor", "0"]
        server = subprocess.Popen(serve, env=env, stdout=subprocess.PIPE, text=True)
        try:
            base = until_listening(server)
            session = post(base, "/v1/session", keys["public_key"], {"token": token(keys)})
            session = session["session"]
            terms = terms_of(base, keys)
            post(base, "/v1/me/join", session, {"terms_version": terms})
            kinds = {"session": session, "public_key": keys["public_key"]}
            kinds["secret_key"] = keys["secret_key"]
            cases = sum(ask(folder, base, document, *kind) for kind in kinds.items())
        finally:
            server.terminate()
            server.wait()
        enough = "ok" if cases >= LEAST_CASES else "FAILED"
        print(f"contract: {enough}, {cases} cases in all, at least {LEAST_CASES} wanted")


def terms_of(base, keys):
    """The version of the terms in force."""
    headers = {"Authorization": f"Bearer {keys['public_key']}"}
    request = urllib.request.Request(f"{base}/v1/program", headers=headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["terms"]["version"]


if __name__ == "__main__":
    main()
