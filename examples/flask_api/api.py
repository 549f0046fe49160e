import os
from functools import wraps

import jwt
from flask import Flask, g, jsonify, request

ISSUER = os.environ.get("ISSUER", "http://localhost:3000")
AUDIENCE = os.environ.get("AUDIENCE", "https://api.example.com")

keys = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json")
app = Flask(__name__)


def refuse(status, challenge=None):
    return "", status, {"WWW-Authenticate": challenge} if challenge else {"Retry-After": "5"}


def verify(token):
    if jwt.get_unverified_header(token).get("typ") != "at+jwt":  # PyJWT does not check it
        raise jwt.InvalidTokenError("not an access token")
    return jwt.decode(
        token,
        keys.get_signing_key_from_jwt(token).key,
        algorithms=["ES256"],
        issuer=ISSUER,
        audience=AUDIENCE,
        options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        leeway=10,
    )


def require_token(role=None):
    def behind_token(view):
        @wraps(view)
        def checked(*args, **kwargs):
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme.lower() != "bearer":
                return refuse(401, 'Bearer realm="api"')
            try:
                g.claims = verify(token)
            except jwt.PyJWTError as error:
                if isinstance(error.__context__, OSError):  # the key set could not be fetched
                    return refuse(503)
                return refuse(401, 'Bearer realm="api", error="invalid_token"')
            if role and role not in g.claims.get("roles", []):
                return refuse(403, 'Bearer realm="api", error="insufficient_scope"')
            return view(*args, **kwargs)

        return checked

    return behind_token


@app.get("/")
def public():
    return jsonify(hello="whoever you are")


@app.get("/me")
@require_token()
def me():
    return jsonify(hello=g.claims["sub"])


@app.get("/admin")
@require_token(role="admin")
def admin():
    return jsonify(hello="admin")
