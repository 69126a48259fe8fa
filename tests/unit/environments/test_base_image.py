import pytest

from lambda_magic.environments.base_image import aws_image_name, base_image_name, python_for


@pytest.mark.parametrize(
    ("runtime", "name"),
    [
        ("python3.12", "python:3.12"),
        ("nodejs20.x", "nodejs:20"),
        ("java8.al2", "java:8.al2"),
        ("java21", "java:21"),
        ("ruby3.3", "ruby:3.3"),
        ("dotnet8", "dotnet:8"),
        ("provided.al2023", "provided:al2023"),
    ],
)
def test_images_are_named_as_awss_are(runtime: str, name: str) -> None:
    assert aws_image_name(runtime) == f"public.ecr.aws/lambda/{name}"
    assert base_image_name(runtime) == f"lambda-magic/{name}"


def test_only_pythons_are_made_here() -> None:
    with pytest.raises(FileNotFoundError, match=r"public\.ecr\.aws/lambda/nodejs:20"):
        python_for("nodejs20.x")
