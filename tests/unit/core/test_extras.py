import json

import pytest

from lambda_magic.core.extras import MissingExtra, require


def test_what_is_installed_is_imported() -> None:
    assert require("json", extra="plot") is json


def test_what_is_missing_is_said_with_the_way_to_get_it() -> None:
    with pytest.raises(MissingExtra) as caught:
        require("nosuchlibrary.part", extra="plot")
    assert caught.value._render_traceback_() == [
        "MissingExtra: nosuchlibrary is not installed: pip install 'lambda-magic[plot]' brings it"
    ]


def test_a_part_that_a_library_lacks_is_not_a_missing_library() -> None:
    with pytest.raises(ModuleNotFoundError) as caught:
        require("json.nosuchpart", extra="plot")
    assert not isinstance(caught.value, MissingExtra)
