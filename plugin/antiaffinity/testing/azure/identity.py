"""Microsoft Entra's part: tokens for who logs in with a client's secret.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

import re

from werkzeug.wrappers import Request

from antiaffinity.testing.azure.http import Answer
from antiaffinity.testing.azure.nouns import TENANT, Principal
from antiaffinity.testing.azure.state import State

CLIENT, SECRET = "9e7c3a52-4d1b-4c8f-9f63-2a1b0c9d8e7f", "not-to-be-printed"
CONFIGURATION = re.compile(rf"/{TENANT}/v2\.0/\.well-known/openid-configuration")
TOKEN = re.compile(rf"/{TENANT}/oauth2/v2\.0/token")


def answered(state: State, request: Request) -> Answer | None:
    """The answer to a request for a token or for where to get one; None for all others."""
    if CONFIGURATION.fullmatch(request.path):
        return Answer(_configuration(request.host_url.rstrip("/")))
    return _token(state, request) if TOKEN.fullmatch(request.path) else None


def _configuration(root: str) -> dict[str, str]:
    return {
        "issuer": f"{root}/{TENANT}/v2.0",
        "token_endpoint": f"{root}/{TENANT}/oauth2/v2.0/token",
        "authorization_endpoint": f"{root}/{TENANT}/oauth2/v2.0/authorize",
    }


def _token(state: State, request: Request) -> Answer:
    if (request.form.get("client_id"), request.form.get("client_secret")) != (CLIENT, SECRET):
        words = "AADSTS7000215: Invalid client secret provided."
        return Answer({"error": "invalid_client", "error_description": words, "error_codes": [7000215]}, 401)
    token = state.new_id()
    state.tokens[token] = Principal(CLIENT)
    return Answer({"token_type": "Bearer", "expires_in": 3599, "access_token": token})
