"""Verifies tokens with PyJWT as a service would: one JSON object a line in, one answer a line out."""
import json
import socket
import sys

import jwt

setup = json.loads(sys.stdin.readline())
# PyJWKClient has its own timeout from 2.7 on.
socket.setdefaulttimeout(setup["timeoutSeconds"])
keys = jwt.PyJWKClient(setup["jwksUri"], lifespan=setup["cacheSeconds"])

for line in sys.stdin:
    asked = json.loads(line)
    try:
        jwt.decode(
            asked["token"],
            keys.get_signing_key_from_jwt(asked["token"]).key,
            algorithms=[asked["alg"]],
            issuer=setup["issuer"],
            audience=asked["audience"],
            options={"verify_exp": asked["checkExp"], "verify_iat": False},
        )
        answer = "ok"
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"
    print(answer.replace("\n", " "), flush=True)
