"""A stand-in for what is not known yet."""


class Output:
    """What Pulumi hands around before a value is known: comparing or testing it is a mistake."""

    def __eq__(self, other: object) -> bool:
        raise TypeError("an Output was compared")

    def __hash__(self) -> int:
        raise TypeError("an Output was hashed")

    def __bool__(self) -> bool:
        raise TypeError("an Output was tested")

    def __repr__(self) -> str:
        return "Output()"
