"""docker-py is there when it is asked for, and not before."""

import subprocess
import sys

import docker

from lambda_magic.environments import docker_py


def test_it_is_the_library_itself():
    assert docker_py.APIClient is docker.APIClient
    assert docker_py.errors.NotFound is docker.errors.NotFound


def test_whoever_has_no_containers_does_not_wait_for_it():
    program = "import sys, lambda_magic; print('docker' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")
