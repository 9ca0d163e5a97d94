"""moto's tables of one account, made quickly: its images are read when somebody asks for them."""

from __future__ import annotations

from typing import Any

from moto.ec2.models import EC2Backend, ec2_backends


class Tables(EC2Backend):
    """As moto's own; few tests look at an image, and reading them all takes a tenth of a second."""

    images_read = False

    def _load_amis(self) -> None:
        if self.images_read:
            super()._load_amis()

    def read_images(self) -> None:
        """Fill the table of images, once."""
        if not self.images_read:
            self.images_read = True
            self._load_amis()

    def create_subnet(self, *given: Any, **named: Any) -> Any:
        """Of its addresses only those of IPv4 are counted, so one of IPv6 alone shows none.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html (AvailableIpAddressCount).
        """
        made = super().create_subnet(*given, **named)
        if made.ipv6_native:
            made._available_ip_addresses = 0
        return made


def tables(account: str, region: str) -> Any:
    """New tables, known to the rest of moto under this account."""
    ec2_backends[account][region] = Tables(region, account_id=account)
    return ec2_backends[account][region]


def forget(account: str) -> None:
    del ec2_backends[account]
