import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from IPython.core.error import UsageError

from lambda_magic.magics.parser import MagicParser, magic, positive_integer, without_comment


def a_parser() -> MagicParser:
    parser = MagicParser("%thing", description="Do a thing.", example="%thing a")
    parser.add_argument("name")
    parser.add_argument("--count", type=positive_integer)
    parser.add_argument("--quiet", action="store_true")
    return parser


def test_words_are_quoted_as_in_a_shell() -> None:
    assert a_parser().parse("'a b' --count 2").name == "a b"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "the following arguments are required: name"),
        ("a --nope", "unrecognized arguments: --nope"),
        ("a --count x", "'x' is not a positive number"),
        ("a --count 0", "'0' is not a positive number"),
        ("a --qui", "unrecognized arguments: --qui"),
        ("'a", "No closing quotation"),
    ],
)
def test_a_mistyped_line_is_a_usage_error_that_tells_about_the_help(
    line: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        a_parser().parse(line)
    # IPython shows a subclass of UsageError with a traceback.
    assert type(caught.value) is UsageError
    assert message in str(caught.value)
    assert "(%thing -h shows how to use it)" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("hello:LIVE 1 --route 2=0.1      # 90 % to version 1", "hello:LIVE 1 --route 2=0.1"),
        ("# nothing else", ""),
        ("", ""),
        ("hello", "hello"),
        ('hello {"tag": "# 1", "of": \'# 2\'}  # "three"', 'hello {"tag": "# 1", "of": \'# 2\'}'),
        ('hello {"text": "say \\"hi\\" # no"}', 'hello {"text": "say \\"hi\\" # no"}'),
        ("hello sqs:a#b #c", "hello sqs:a#b"),
        ("hello \\# yes", "hello \\# yes"),
        ("hello 'never closed # here", "hello 'never closed # here"),
    ],
)
def test_a_comment_at_the_end_is_for_readers(line: str, rest: str) -> None:
    assert without_comment(line) == rest


def test_knows_its_flags_and_which_of_them_take_a_value() -> None:
    parser = a_parser()
    assert parser.flags == ["-h", "--help", "--count", "--quiet"]
    assert [flag for flag in [*parser.flags, "--nope"] if parser.takes_value(flag)] == ["--count"]


def test_help_is_printed_and_nothing_else_happens(capsys: pytest.CaptureFixture[str]) -> None:
    @magic(a_parser())
    def thing(magics: object, line: str) -> str:
        a_parser().parse(line)
        return "went on"

    assert thing(None, "-h  # how was that?") is None
    assert capsys.readouterr().out.startswith("usage: %thing")


def test_a_magic_is_documented_by_its_parser() -> None:
    @magic(a_parser())
    def thing() -> None: ...

    assert "Do a thing." in (thing.__doc__ or "")
    assert "example:\n%thing a" in (thing.__doc__ or "")


def test_an_error_of_aws_shows_itself_in_one_line_and_can_be_caught() -> None:
    error = ClientError({"Error": {"Code": "Nope", "Message": "It is\nnot so."}}, "GetFunction")

    @magic(a_parser())
    def thing(magics: object, line: str) -> None:
        raise error

    with pytest.raises(ClientError) as caught:
        thing(None, "")
    assert caught.value is error
    assert vars(error)["_render_traceback_"]() == ["Nope: It is not so."]


def test_an_error_of_botocore_shows_itself_in_one_line() -> None:
    error = EndpointConnectionError(endpoint_url="http://localhost")

    @magic(a_parser())
    def thing(magics: object, line: str) -> None:
        raise error

    with pytest.raises(EndpointConnectionError):
        thing(None, "")
    (line,) = vars(error)["_render_traceback_"]()
    assert line.startswith("EndpointConnectionError: Could not connect")
