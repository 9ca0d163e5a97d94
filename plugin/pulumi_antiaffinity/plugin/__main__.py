"""What Pulumi runs in an installed plugin's folder: the provider."""

from pulumi_antiaffinity.server import main

main()
