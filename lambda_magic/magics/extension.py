"""`%%extension`: a cell becomes an external extension, in a layer of its own."""

from IPython.core.magic import cell_magic, magics_class, no_var_expand

from lambda_magic.deployment import extension, layers, package
from lambda_magic.deployment.layer_contents import LayerContents
from lambda_magic.deployment.layers import LayerDefinition
from lambda_magic.magics.layer_version import ShownLayerVersion
from lambda_magic.magics.parser import MagicParser, magic
from lambda_magic.magics.session import SessionMagics


def parser() -> MagicParser:
    """The options of %%extension."""
    made = MagicParser(
        "%%extension",
        description=(
            "Make this cell an external Lambda extension: a program that runs beside a function.\n"
            "It is published as a version of a layer. A cell that begins with #! may be in any\n"
            "language; any other is Python."
        ),
        example=(
            "%%extension watch --function hello\n"
            "import json, os\n"
            "from urllib.request import Request, urlopen\n\n"
            'API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2020-01-01/extension/"\n'
            'body = json.dumps({"events": ["INVOKE", "SHUTDOWN"]}).encode()\n'
            'name = {"Lambda-Extension-Name": "watch"}\n'
            'registered = urlopen(Request(API + "register", body, name))\n'
            'me = {"Lambda-Extension-Identifier": '
            'registered.headers["Lambda-Extension-Identifier"]}\n'
            "while True:\n"
            '    event = json.load(urlopen(Request(API + "event/next", headers=me)))\n'
            '    print(event["eventType"], flush=True)\n'
            '    if event["eventType"] == "SHUTDOWN":\n'
            "        break"
        ),
    )
    add = made.add_argument
    add("name", metavar="NAME", help="the extension's name, and its layer's")
    add(
        "--function",
        dest="functions",
        action="append",
        default=[],
        metavar="NAME",
        help="give it to $LATEST of this function; may be repeated",
    )
    add("--description", default="", help="kept with the layer version")
    return made


_PARSER = parser()


@magics_class
class ExtensionMagic(SessionMagics):
    """Registers `%%extension`."""

    @no_var_expand
    @cell_magic
    @magic(_PARSER)
    def extension(self, line: str, cell: str) -> ShownLayerVersion:
        """Publish a cell as an extension, and give it to functions."""
        arguments = _PARSER.parse(line)
        functions = [self._session.function_name(name) for name in arguments.functions]
        client = self._session.client
        definition = LayerDefinition(
            layer_name=arguments.name,
            zip_file=package.build_zip(extension.extension_files(arguments.name, cell)),
            description=arguments.description,
        )
        for name in functions:
            # Complains before anything changes if there is none.
            client.get_function_configuration(FunctionName=name)
        published = layers.publish(client, definition)
        outcome = ["published" if published.is_new_version else "unchanged"]
        for name in functions:
            arn = published.configuration["LayerVersionArn"]
            news = extension.attach(client, name, arn)
            outcome.append(f"{'given to' if news else 'already in'} {name}")
        contents = LayerContents.of(published.configuration)
        return ShownLayerVersion(published.configuration, contents, ", ".join(outcome))
