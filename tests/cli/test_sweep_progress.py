import pytest
import typer

from golive.cli.sweep_progress import interruptible
from golive.runtime.sweep_cluster import ClusterLost


@pytest.mark.parametrize(
    ("error", "said"), [(KeyboardInterrupt(), "stopped; what"), (ClusterLost("the cluster is gone"), "the cluster is gone; what")]
)
def test_what_ends_a_sweep_early_says_that_it_goes_on_and_exits_with_6(
    error: BaseException, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, interruptible():
        raise error
    assert ended.value.exit_code == 6
    told = capsys.readouterr().err
    assert told.startswith(said)
    assert "the same command goes on" in told
    assert told.count("\n") == 1
