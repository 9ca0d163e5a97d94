"""Every call of the engine: decoded, answered by a resource or a function, encoded.

What each call must answer: https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from msgspec.structs import replace

from antiaffinity import __version__
from antiaffinity.errors import AntiaffinityError, InvalidRequest
from pulumi_antiaffinity import provider
from pulumi_antiaffinity.ask import Ask, Change, Diff, Failure, HalfMade, Resource
from pulumi_antiaffinity.attachments import Attachments
from pulumi_antiaffinity.codec import Plain, decode, encode, secrets
from pulumi_antiaffinity.failures import refuse, refuse_half_made, text_of
from pulumi_antiaffinity.functions import Functions
from pulumi_antiaffinity.groups import Groups
from pulumi_antiaffinity.inputs import CLOUDS, credentials
from pulumi_antiaffinity.logs import Log
from pulumi_antiaffinity.messages import plugin_pb2, provider_pb2, provider_pb2_grpc
from pulumi_antiaffinity.verifications import Verifications

pb = provider_pb2
Context: TypeAlias = grpc.ServicerContext
KINDS: dict[Change, provider_pb2.PropertyDiff.Kind.ValueType] = {
    "add": pb.PropertyDiff.ADD,
    "add-replace": pb.PropertyDiff.ADD_REPLACE,
    "delete": pb.PropertyDiff.DELETE,
    "delete-replace": pb.PropertyDiff.DELETE_REPLACE,
    "update": pb.PropertyDiff.UPDATE,
    "update-replace": pb.PropertyDiff.UPDATE_REPLACE,
}


@cache
def schema() -> str:
    """The package's schema, as it is shipped."""
    return files("pulumi_antiaffinity").joinpath("schema.json").read_text(encoding="utf-8")


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """One provider instance, as the engine sees it."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.provider = provider.Provider(log)
        self.functions = Functions(self.provider)
        self.resources: Mapping[str, Resource] = {
            "antiaffinity:index:Group": Groups(self.provider),
            "antiaffinity:index:Attachment": Attachments(self.provider),
            "antiaffinity:index:Verification": Verifications(self.provider),
        }

    # About the provider

    def Handshake(
        self, request: pb.ProviderHandshakeRequest, context: Context
    ) -> pb.ProviderHandshakeResponse:
        self.log.dial(request.engine_address)
        return pb.ProviderHandshakeResponse(accept_secrets=True, accept_resources=False, accept_outputs=False)

    def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> Empty:
        self.log.dial(request.address)
        return Empty()

    def GetPluginInfo(self, request: Empty, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=__version__)

    def GetSchema(self, request: pb.GetSchemaRequest, context: Context) -> pb.GetSchemaResponse:
        if request.version not in (0, 1):
            error = InvalidRequest(f"there is no version {request.version} of the schema", path="version")
            refuse(context, error, text_of(error))
        return pb.GetSchemaResponse(schema=schema())

    def Cancel(self, request: Empty, context: Context) -> Empty:
        return Empty()

    # Its configuration

    def CheckConfig(self, request: pb.CheckRequest, context: Context) -> pb.CheckResponse:
        with self._answering(context):
            news = decode(request.news)
            self.log.secrets.hide(credentials(provider.parsed(news)))
            failures = [self._failure(one, news) for one in provider.config_failures(news)]
            return pb.CheckResponse(inputs=encode(provider.hidden(news)), failures=failures)

    def DiffConfig(self, request: pb.DiffRequest, context: Context) -> pb.DiffResponse:
        with self._answering(context):
            old = decode(request.old_inputs) or decode(request.olds)
            return _diff(Diff(provider.config_changes(old, decode(request.news))))

    def Configure(self, request: pb.ConfigureRequest, context: Context) -> pb.ConfigureResponse:
        with self._answering(context):
            self.provider.configure(decode(request.args))
        return pb.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    # Resources

    def Check(self, request: pb.CheckRequest, context: Context) -> pb.CheckResponse:
        with self._answering(context):
            inputs, failures = self._resource(request).check(self._ask(request, "news", old="olds"))
            self.log.secrets.hide(credentials(inputs))
            told = [self._failure(one, inputs) for one in failures]
            return pb.CheckResponse(inputs=encode(inputs), failures=told)

    def Diff(self, request: pb.DiffRequest, context: Context) -> pb.DiffResponse:
        with self._answering(context):
            ask = self._ask(request, "news", old="old_inputs", state="olds")
            return _diff(_without_ignored(self._resource(request).diff(ask), request.ignoreChanges))

    def Create(self, request: pb.CreateRequest, context: Context) -> pb.CreateResponse:
        with self._answering(context):
            made = self._resource(request).create(self._ask(request, "properties"))
            return pb.CreateResponse(id="" if request.preview else made.id, properties=encode(made.state))

    def Read(self, request: pb.ReadRequest, context: Context) -> pb.ReadResponse:
        with self._answering(context):
            made = self._resource(request).read(self._ask(request, "inputs", state="properties"))
            if made is None:
                return pb.ReadResponse()
            if made.reasons:
                raise HalfMade(made)
            return pb.ReadResponse(id=made.id, properties=encode(made.state), inputs=encode(made.inputs))

    def Update(self, request: pb.UpdateRequest, context: Context) -> pb.UpdateResponse:
        with self._answering(context):
            ask = self._ask(request, "news", old="old_inputs", state="olds")
            return pb.UpdateResponse(properties=encode(self._resource(request).update(ask).state))

    def Delete(self, request: pb.DeleteRequest, context: Context) -> Empty:
        with self._answering(context):
            self._resource(request).delete(self._ask(request, "old_inputs", state="properties"))
            return Empty()

    # Functions

    def Invoke(self, request: pb.InvokeRequest, context: Context) -> pb.InvokeResponse:
        functions: dict[str, Callable[[Plain], Plain]] = {
            "antiaffinity:index:plan": self.functions.plan,
            "antiaffinity:index:explain": self.functions.explain,
            "antiaffinity:index:leftovers": self.functions.leftovers,
        }
        with self._answering(context):
            try:
                function = functions[request.tok]
            except KeyError:
                raise InvalidRequest(f"there is no function {request.tok}", path="tok") from None
            try:
                answer = pb.InvokeResponse()
                getattr(answer, "return").CopyFrom(encode(function(self._decoded(request.args))))
                return answer
            except InvalidRequest as error:
                return pb.InvokeResponse(failures=[self._failure(Failure(error.path, error.message), {})])

    # What they share

    def _ask(self, request: Any, inputs: str, old: str = "", state: str = "") -> Ask:
        """What is asked; its properties are in the fields of these names. Not every request has the rest."""
        return Ask(
            request.urn,
            _name(request),
            getattr(request, "id", ""),
            inputs=self._decoded(getattr(request, inputs)),
            old_inputs=self._decoded(getattr(request, old)) if old else {},
            state=self._decoded(getattr(request, state)) if state else {},
            preview=getattr(request, "preview", False),
            timeout=getattr(request, "timeout", 0),
        )

    def _resource(self, request: Any) -> Resource:
        type_ = request.type or request.urn.split("::")[-2].split("$")[-1]
        if type_ not in self.resources:
            raise InvalidRequest(
                f"there is no resource {type_} here; known: {', '.join(self.resources)}", path="type"
            )
        return self.resources[type_]

    def _decoded(self, struct: Struct) -> Plain:
        """The properties; what is secret in them is hidden from now on."""
        properties = decode(struct)
        self.log.secrets.hide(credentials(properties))
        return properties

    def _failure(self, failure: Failure, inputs: Plain) -> pb.CheckFailure:
        """The engine prints the value of the property that is named, what is secret in it too."""
        reason = self.log.secrets.redact(failure.reason)
        if _may_hold_secrets(failure.path, inputs.get(failure.path)):
            return pb.CheckFailure(reason=f"{failure.path}: {reason}")
        return pb.CheckFailure(property=failure.path, reason=reason)

    @contextmanager
    def _answering(self, context: Context) -> Iterator[None]:
        """Every error as the engine takes it; one that is no word of ours is a bug, and says so."""
        redact = self.log.secrets.redact
        try:
            yield
        except HalfMade as half:
            reasons = tuple(map(redact, half.made.reasons))
            text = redact(text_of(half.cause)) if half.cause else "; ".join(reasons)
            refuse_half_made(context, HalfMade(replace(half.made, reasons=reasons), half.cause), text)
        except AntiaffinityError as error:
            refuse(context, error, redact(text_of(error)))
        except Exception as error:
            if context.code() is not None:  # type: ignore[attr-defined]
                raise  # this is how a refusal ends the call
            import traceback

            self.log.debug(traceback.format_exc())
            text = f"{type(error).__name__}: {error}: this is a fault in antiaffinity, please report it"
            context.abort(grpc.StatusCode.INTERNAL, redact(text))


def _name(request: Any) -> str:
    return str(request.name or request.urn.split("::")[-1])


def _may_hold_secrets(key: str, value: object) -> bool:
    """A cloud's setting that is not where it belongs may be a password."""
    return any(secrets(value)) or (key in CLOUDS and value is not None)


def _without_ignored(diff: Diff, ignored: Any) -> Diff:
    """What the program wants ignored is no change."""
    heads = {path.replace("[", ".").split(".")[0] for path in ignored}
    return replace(diff, changes={key: change for key, change in diff.changes.items() if key not in heads})


def _diff(diff: Diff) -> pb.DiffResponse:
    replaces = [key for key, change in diff.changes.items() if change.endswith("replace")]
    return pb.DiffResponse(
        changes=pb.DiffResponse.DIFF_SOME if diff.changes else pb.DiffResponse.DIFF_NONE,
        diffs=list(diff.changes),
        replaces=replaces,
        stables=diff.stables,
        # Also where nothing here replaces, for ``replaceOnChanges`` does: two cannot be one group or member.
        deleteBeforeReplace=bool(diff.changes),
        detailedDiff={
            key: pb.PropertyDiff(kind=KINDS[change], inputDiff=True) for key, change in diff.changes.items()
        },
        hasDetailedDiff=True,
    )
