"""The real engine and the real Nova, where a test asks for them."""

from real.conftest import node_modules, nova, nova_box, nova_python, pulumi_engine, sdk_modules

__all__ = ["node_modules", "nova", "nova_box", "nova_python", "pulumi_engine", "sdk_modules"]
