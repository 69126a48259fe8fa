"""`%endpoint`: the region's API over HTTP, for boto3, the AWS CLI and everything else."""

from IPython.core.error import UsageError
from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.api.endpoint import PORT, Address, Endpoint
from lambda_magic.magics.parser import MagicParser, magic, port
from lambda_magic.magics.session import SessionMagics


def parser() -> MagicParser:
    """The options of %endpoint."""
    made = MagicParser(
        "%endpoint",
        description="Serve the Lambda API on a port of this machine; alone, show where it is.",
        example="%endpoint start --port 9001",
    )
    add = made.add_argument
    add("action", nargs="?", choices=["start", "stop"], help="nothing shows the endpoint")
    add("--port", type=port, default=PORT, metavar="N", help=f"0 takes a free one ({PORT})")
    return made


_PARSER = parser()


@magics_class
class EndpointMagic(SessionMagics):
    """Registers `%endpoint`."""

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def endpoint(self, line: str) -> Endpoint | None:
        """Start, stop or show the endpoint."""
        arguments = _PARSER.parse(line)
        if self._session.endpoint is not None and not self._session.endpoint.is_serving:
            self._session.endpoint = None  # its region has been closed
        if arguments.action == "start":
            return self._start(arguments.port)
        if self._session.endpoint is None:
            print("Nothing is served; %endpoint start does.")
            return None
        if arguments.action == "stop":
            self._session.endpoint.stop()
        return self._session.endpoint

    def _start(self, port: int) -> Endpoint:
        if self._session.endpoint is not None:
            if port in (0, PORT, self._session.endpoint.address.port):
                return self._session.endpoint
            raise UsageError(
                f"The endpoint is {self._session.endpoint.url}: %endpoint stop comes first"
            )
        try:
            self._session.endpoint = Endpoint(self._session.region, Address(port=port))
        except OSError as error:
            raise UsageError(
                f"Port {port}: {error.strerror} (%endpoint start --port 0 takes a free one)"
            ) from None
        return self._session.endpoint
