import itertools
import re
from pathlib import Path

import pytest

from lambda_magic.environments.states import (
    TRANSITIONS,
    EnvironmentState,
    InvalidTransitionError,
    Trigger,
    advance,
)

S, T = EnvironmentState, Trigger

#: The whole table once more, by hand and the other way round: trigger -> (from -> to).
EXPECTED: dict[Trigger, dict[EnvironmentState, EnvironmentState]] = {
    T.SANDBOX_CREATED: {S.CREATING: S.EXTENSION_INIT},
    T.EXTENSIONS_REGISTERED: {S.EXTENSION_INIT: S.RUNTIME_INIT},
    T.RUNTIME_STARTED: {S.RUNTIME_INIT: S.FUNCTION_INIT},
    T.NEXT: {S.FUNCTION_INIT: S.READY, S.RUNNING: S.READY, S.SUPPRESSED_INIT: S.RUNNING},
    T.INVOKE: {S.READY: S.RUNNING, S.FROZEN: S.RUNNING, S.RESET: S.SUPPRESSED_INIT},
    T.FREEZE: {S.READY: S.FROZEN},
    T.FAILED: {
        S.EXTENSION_INIT: S.RESETTING,
        S.RUNTIME_INIT: S.RESETTING,
        S.FUNCTION_INIT: S.RESETTING,
        S.READY: S.RESETTING,
        S.FROZEN: S.RESETTING,
        S.RUNNING: S.RESETTING,
        S.SUPPRESSED_INIT: S.RESETTING,
    },
    T.PROCESSES_GONE: {S.RESETTING: S.RESET},
    T.RETIRE: {state: S.SHUTDOWN for state in S if state not in (S.SHUTDOWN, S.TERMINATED)},
    T.SANDBOX_GONE: {state: S.TERMINATED for state in S if state is not S.TERMINATED},
}


@pytest.mark.parametrize(("state", "trigger"), list(itertools.product(S, T)))
def test_every_pair_of_state_and_trigger(state: EnvironmentState, trigger: Trigger) -> None:
    expected = EXPECTED[trigger].get(state)

    if expected is None:
        with pytest.raises(InvalidTransitionError, match=f"{state.value}.*{trigger.value}"):
            advance(state, trigger)
    else:
        assert advance(state, trigger) is expected


def test_every_state_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(S)


def test_a_walk_through_a_cold_start_a_timeout_and_the_next_invocation() -> None:
    walk = [
        T.SANDBOX_CREATED, T.EXTENSIONS_REGISTERED, T.RUNTIME_STARTED, T.NEXT,
        T.INVOKE, T.NEXT, T.FREEZE, T.INVOKE, T.FAILED, T.PROCESSES_GONE,
        T.INVOKE, T.NEXT, T.NEXT, T.RETIRE, T.SANDBOX_GONE,
    ]  # fmt: skip
    state = S.CREATING
    seen = [state := advance(state, trigger) for trigger in walk]

    assert seen == [
        S.EXTENSION_INIT, S.RUNTIME_INIT, S.FUNCTION_INIT, S.READY,
        S.RUNNING, S.READY, S.FROZEN, S.RUNNING, S.RESETTING, S.RESET,
        S.SUPPRESSED_INIT, S.RUNNING, S.READY, S.SHUTDOWN, S.TERMINATED,
    ]  # fmt: skip


def test_the_diagram_in_the_architecture_page_is_this_table() -> None:
    page = (Path(__file__).parents[3] / "ARCHITECTURE.md").read_text()
    drawn = set(re.findall(r"^    (\w+) --> (\w+): (.+)$", page, re.MULTILINE))

    # Retiring and losing the sandbox are possible nearly everywhere, so the page says that in
    # words and the diagram leaves them out, but for the last step.
    table = {
        (_box(source), _box(target), trigger.value)
        for source, transitions in TRANSITIONS.items()
        for trigger, target in transitions.items()
        if trigger is not T.RETIRE and (trigger is not T.SANDBOX_GONE or source is S.SHUTDOWN)
    }

    assert drawn == table


def _box(state: EnvironmentState) -> str:
    return "".join(word.capitalize() for word in state.value.split())
