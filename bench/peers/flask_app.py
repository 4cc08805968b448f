"""The service that identity-backend replaces, in essence: Flask and PyJWT."""

import os
import time
import uuid

import jwt
from flask import Flask, jsonify, request

ISSUER = "identity-backend"
LIFETIME_SECONDS = 900
SECRET = os.environ["JWT_SECRET_KEY"]

app = Flask(__name__)


@app.get("/ping")
def ping():
    return "OK"


@app.post("/token")
def token():
    body = request.get_json()
    if not body.get("sub") or not body.get("aud"):
        return jsonify(error="Missing required claims (sub, aud)"), 400
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "sub": body["sub"],
        "aud": body["aud"],
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "jti": str(uuid.uuid4()),
    }
    encoded = jwt.encode(claims, SECRET, algorithm="HS256")
    return jsonify(token=encoded, token_type="Bearer", expires_in=LIFETIME_SECONDS)


@app.post("/verify")
def verify():
    body = request.get_json()
    try:
        claims = jwt.decode(body["token"], SECRET, algorithms=["HS256"], audience=body["aud"], issuer=ISSUER)
    except jwt.InvalidTokenError as error:
        return jsonify(valid=False, error=str(error)), 401
    return jsonify(valid=True, claims=claims)
