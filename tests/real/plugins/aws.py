"""A stand-in for the plugin of the published `pulumi-aws` package: EC2 instances, on any EC2.

Behaves as https://github.com/hashicorp/terraform-provider-aws does below that package, in what matters to a
placement: an instance that EC2 ends instead of starting fails the launch and stays in the state, tags are
changed in place, another place replaces, and an instance that another hand has terminated is gone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import Any

import boto3
from botocore.exceptions import ClientError

from real.plugins import aws_instance as instance
from real.plugins.invoking import InvokedPlugin
from real.plugins.stand_in import Failed, MadeButFailed, Values, serve

LOOK_EVERY = 0.1  # seconds
PATIENCE = 600.0


class Ec2:
    """The account and region of the provider's configuration, or of the environment."""

    def __init__(self) -> None:
        self._region: str | None = None
        self._lock = threading.Lock()
        self._client: Any = None

    def configure(self, settings: Values) -> None:
        self._region = settings.get("region")

    @property
    def client(self) -> Any:
        with self._lock:
            self._client = self._client or boto3.Session(region_name=self._region).client("ec2")
            return self._client

    def instance(self, id_: str) -> Values | None:
        """What EC2 shows of an instance; nothing where it knows none."""
        try:
            found = self.client.describe_instances(InstanceIds=[id_])["Reservations"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "InvalidInstanceID.NotFound":
                return None
            raise
        return dict(found[0]["Instances"][0]) if found else None

    def settled(self, id_: str, passing: Iterable[str]) -> Values | None:
        """The instance once it is in another state."""
        deadline = time.monotonic() + PATIENCE
        while (shown := self.instance(id_)) is None or shown["State"]["Name"] in passing:
            if time.monotonic() > deadline:
                raise Failed(f"timeout while waiting for state of {id_}")
            time.sleep(LOOK_EVERY)
        return shown

    def image(self, wanted: Values) -> Values:
        """The newest image that matches, or the only one."""
        filters = [{"Name": one["name"], "Values": one["values"]} for one in wanted.get("filters", [])]
        found = self.client.describe_images(Owners=wanted.get("owners", []), Filters=filters)["Images"]
        if not found:
            raise Failed("Your query returned no results. Please change your search criteria and try again.")
        if len(found) > 1 and not wanted.get("mostRecent"):
            raise Failed("Your query returned more than one result. Please try a more specific search")
        newest = max(found, key=lambda image: image.get("CreationDate", ""))
        return {"id": newest["ImageId"], "imageId": newest["ImageId"], "name": newest["Name"], **wanted}


class Instance:
    """aws:ec2/instance:Instance."""

    schema = instance.SCHEMA
    computed = instance.COMPUTED
    replaces = instance.REPLACES
    mixes = False

    def __init__(self, ec2: Ec2) -> None:
        self._ec2 = ec2

    def configure(self, settings: Values) -> None:
        self._ec2.configure(settings)

    def planned(self, inputs: Values, outputs: Values) -> Values:
        return instance.planned(inputs, outputs)

    def drifted(self, news: Values, outputs: Values) -> list[str]:
        return []

    def create(self, urn: str, inputs: Values) -> tuple[str, Values]:
        try:
            answer = self._ec2.client.run_instances(**instance.request(inputs))
        except ClientError as error:
            raise Failed(said("creating EC2 Instance", "RunInstances", error)) from error
        id_ = answer["Instances"][0]["InstanceId"]
        shown = self._ec2.settled(id_, {"pending"})
        assert shown
        if shown["State"]["Name"] != "running":
            raise MadeButFailed(id_, instance.states(inputs, shown), unexpected(id_, shown))
        return id_, instance.states(inputs, shown)

    def read(self, id_: str, inputs: Values, outputs: Values) -> tuple[Values, Values] | None:
        shown = self._ec2.instance(id_)
        if shown is None or shown["State"]["Name"] == "terminated":
            return None
        states = instance.states(inputs, shown)
        return {key: states[key] for key in inputs or instance.IMPORTED if key in states}, states

    def update(self, id_: str, urn: str, outputs: Values, olds: Values, news: Values) -> Values:
        """Tags alone are changed in place here."""
        if news["instanceType"] != olds["instanceType"]:
            raise Failed("the stand-in changes no instance type")
        gone = {*olds.get("tags", {})} - {*news.get("tags", {})}
        if gone:
            self._ec2.client.delete_tags(Resources=[id_], Tags=[{"Key": key} for key in gone])
        if news.get("tags"):
            self._ec2.client.create_tags(Resources=[id_], Tags=instance.tag_list(news["tags"]))
        shown = self._ec2.instance(id_)
        assert shown
        return instance.states(news, shown)

    def delete(self, id_: str, outputs: Values) -> None:
        if self._ec2.instance(id_) is None:
            return
        self._ec2.client.terminate_instances(InstanceIds=[id_])
        self._ec2.settled(id_, {"pending", "running", "stopping", "stopped", "shutting-down"})


def said(doing: str, operation: str, error: ClientError) -> str:
    """EC2's refusal in the words of AWS's SDK for Go, on which the provider stands."""
    told = error.response["Error"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    request = error.response["ResponseMetadata"].get("RequestId", "")
    return (
        f"{doing}: operation error EC2: {operation}, https response error StatusCode: {status}, "
        f"RequestID: {request}, api error {told['Code']}: {told['Message']}"
    )


def unexpected(id_: str, shown: Values) -> str:
    why = shown.get("StateReason", {}).get("Message", "")
    state = shown["State"]["Name"]
    return (
        f"waiting for EC2 Instance ({id_}) create: unexpected state '{state}', wanted target 'running'. "
        f"last error: {why}"
    )


if __name__ == "__main__":
    ec2 = Ec2()
    serve(
        InvokedPlugin(
            "aws",
            "7.51.1",
            {"aws:ec2/instance:Instance": Instance(ec2)},
            {"aws:ec2/getAmi:getAmi": ec2.image},
        )
    )
