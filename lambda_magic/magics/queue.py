"""`%queue`: queues to try triggers with."""

from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.magics.parser import MagicParser, magic, positive_integer
from lambda_magic.magics.session import SessionMagics
from lambda_magic.magics.sources import Services
from lambda_magic.magics.table import Table

_COLUMNS = ("Queue", "Messages", "In flight", "Delayed", "Visibility timeout", "URL")
_COUNTS = {
    "Messages": "ApproximateNumberOfMessages",
    "In flight": "ApproximateNumberOfMessagesNotVisible",
    "Delayed": "ApproximateNumberOfMessagesDelayed",
    "Visibility timeout": "VisibilityTimeout",
}


def parser() -> MagicParser:
    """The options of %queue."""
    made = MagicParser(
        "%queue",
        description=(
            "Make a queue, if it is not there, and show it; without a name, show all of them.\n"
            "A name that ends in .fifo makes a FIFO queue."
        ),
        example="%queue orders --visibility 60 --dead-letters orders-failed\n"
        '%trigger hello sqs:orders\n%send sqs:orders {"id": 1}',
    )
    add = made.add_argument
    add("name", nargs="?", metavar="NAME", help="the queue")
    add("--visibility", type=positive_integer, metavar="S", help="the visibility timeout (30 s)")
    add("--dead-letters", metavar="NAME", help="where messages go that fail; made, too")
    add("--attempts", type=positive_integer, default=3, help="before that (3)")
    add("--purge", action="store_true", help="delete its messages")
    add("-d", "--delete", action="store_true", help="delete the queue")
    return made


_PARSER = parser()


@magics_class
class QueueMagic(SessionMagics):
    """Registers `%queue`."""

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def queue(self, line: str) -> Table:
        """Make, show, purge or delete a queue."""
        arguments = _PARSER.parse(line)
        if arguments.name is None and (arguments.delete or arguments.purge):
            raise UsageError("Which queue? %queue NAME --delete (%queue -h)")
        services = Services(self._session.configuration.settings())
        client = services.client("sqs")
        try:
            if arguments.delete:
                client.delete_queue(QueueUrl=services.queue_url(arguments.name))
                return _table(client, None)
            if arguments.name is not None:
                url = _make(client, arguments.name, _attributes(client, arguments))
                if arguments.purge:
                    client.purge_queue(QueueUrl=url)
            return _table(client, arguments.name)
        finally:
            services.close()


def _attributes(client: Any, arguments: Any) -> dict[str, str]:
    """The attributes that the options stand for; a queue for dead letters is made."""
    attributes = {}
    if arguments.visibility is not None:
        attributes["VisibilityTimeout"] = str(arguments.visibility)
    if arguments.dead_letters is not None:
        url = _make(client, arguments.dead_letters, {})
        asked = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = asked["Attributes"]["QueueArn"]
        attributes["RedrivePolicy"] = (
            f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": {arguments.attempts}}}'
        )
    return attributes


def _make(client: Any, name: str, attributes: dict[str, str]) -> str:
    """The URL of a queue that is there, with these attributes, afterwards."""
    fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    try:
        url = str(client.get_queue_url(QueueName=name)["QueueUrl"])
    except client.exceptions.QueueDoesNotExist:
        made = client.create_queue(
            QueueName=name, Attributes=attributes | (fifo if name.endswith(".fifo") else {})
        )
        return str(made["QueueUrl"])
    if attributes:
        client.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    return url


def _table(client: Any, name: str | None) -> Table:
    pages = client.get_paginator("list_queues").paginate()
    urls = [url for page in pages for url in page.get("QueueUrls", ())]
    rows = []
    for url in urls:
        queue_name = url.rpartition("/")[2]
        if name in (None, queue_name):
            found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            counts = {column: int(found[member]) for column, member in _COUNTS.items()}
            rows.append({"Queue": queue_name, **counts, "URL": url})
    return Table("Queues", _COLUMNS, rows, empty="None yet: %queue NAME makes one.")
