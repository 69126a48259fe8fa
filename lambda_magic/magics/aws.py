"""`%aws`: the rest of AWS, embedded here or somewhere else."""

from IPython.core.error import UsageError
from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.magics.aws_session import AwsSession, AwsStatus
from lambda_magic.magics.parser import MagicParser, magic, port
from lambda_magic.magics.session import Session, SessionMagics


def parser() -> MagicParser:
    """The options of %aws."""
    made = MagicParser(
        "%aws",
        description=(
            "Run an embedded AWS (S3, SQS, SNS, DynamoDB, Kinesis, EventBridge, ...), or point at\n"
            "another one: LocalStack, ElasticMQ, AWS itself. In cells and in functions a plain\n"
            'boto3.client("s3") finds it from then on.'
        ),
        example='%aws start\nboto3.client("sqs").create_queue(QueueName="orders")\n'
        "%aws use http://localhost:4566\n%aws stop",
    )
    add = made.add_argument
    add(
        "action",
        nargs="?",
        choices=["start", "stop", "status", "use"],
        default="status",
        help="status is the default",
    )
    add("url", nargs="?", metavar="URL", help="of use: an endpoint, or aws for AWS itself")
    add("--port", type=port, default=0, metavar="N", help="of start; a free one is the default")
    return made


_PARSER = parser()


@magics_class
class AwsMagic(SessionMagics):
    """Registers `%aws`."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._aws = AwsSession(session)

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def aws(self, line: str) -> AwsStatus | None:
        """Start, stop, show or choose the rest of AWS."""
        arguments = _PARSER.parse(line)
        if (arguments.url is None) == (arguments.action == "use"):
            raise UsageError("%aws use URL takes a URL, the others take none (%aws -h)")
        if arguments.action == "start":
            return self._aws.start(arguments.port)
        if arguments.action == "use":
            return self._aws.use(arguments.url)
        status = self._aws.status
        if status is None:
            print("There is no AWS but Lambda here; %aws start starts one.")
        elif arguments.action == "stop":
            self._aws.stop()
            print("Stopped.")
            return None
        return status
